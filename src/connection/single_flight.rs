//! Single flight: while a collection is being read, other callers with the same token wait for the same read.

use std::collections::HashMap;
use std::future::Future;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use jiff::Timestamp;
use parking_lot::Mutex;
use tracing::Instrument;

use crate::connection::error::CallError;
use crate::inventory::collection::Collection;
use crate::provider::failure::{Class, Failure};

/// A read that several wait for; when it began.
type Flight = Shared<BoxFuture<'static, Result<Timestamp, CallError>>>;

/// What is read, and with which credential: a token that is refused must not fail the reads with another.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(crate) struct FlightKey {
    /// The number of the credential.
    pub(crate) credential: u64,
    /// The collection.
    pub(crate) collection: Collection,
}

/// The reads in progress.
#[derive(Default)]
pub(crate) struct SingleFlight(Mutex<HashMap<FlightKey, Flight>>);

impl SingleFlight {
    /// Joins the read in progress, or starts `read`; returns when it began. The caller decides whether that is fresh enough.
    pub(crate) async fn join(
        &self,
        key: FlightKey,
        read: impl Future<Output = Result<Timestamp, CallError>> + Send + 'static,
    ) -> Result<Timestamp, CallError> {
        let flight = {
            let mut single_flight = self.0.lock();
            let in_progress = single_flight.get(&key).filter(|flight| flight.peek().is_none()).cloned();
            in_progress.unwrap_or_else(|| {
                let flight = detached(read);
                single_flight.retain(|_, flight| flight.peek().is_none());
                single_flight.insert(key, flight.clone());
                flight
            })
        };
        flight.await
    }
}

/// A task of its own, in the span of its first caller: the read continues if that caller is cancelled.
fn detached(read: impl Future<Output = Result<Timestamp, CallError>> + Send + 'static) -> Flight {
    let task = tokio::spawn(read.in_current_span());
    let landed =
        async { task.await.unwrap_or_else(|_| Err(Failure::new(Class::Retry, "the read ended unexpectedly").into())) };
    landed.boxed().shared()
}
