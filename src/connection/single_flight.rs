//! Single flight: while a collection is being read, other callers with the same token wait for the same read.

use std::collections::HashMap;
use std::future::Future;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use jiff::Timestamp;
use parking_lot::Mutex;
use tracing::Instrument;

use crate::connection::error::CallError;
use crate::connection::shared_lane::SharedLane;
use crate::inventory::collection::Collection;
use crate::provider::failure::{Class, Failure};

/// The end of a read; when it began.
type Landing = Shared<BoxFuture<'static, Result<Timestamp, CallError>>>;

/// A read that several wait for.
#[derive(Clone)]
struct Flight {
    landing: Landing,
    /// The lane of those who wait for it.
    lane: SharedLane,
}

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
    /// Joins the read in progress, or starts `read` in a lane of its own; returns when it began. While this waits, that lane is not below
    /// `lane`. The caller decides whether the read is fresh enough.
    pub(crate) async fn join<R>(
        &self,
        key: FlightKey,
        lane: &SharedLane,
        read: impl FnOnce(SharedLane) -> R,
    ) -> Result<Timestamp, CallError>
    where
        R: Future<Output = Result<Timestamp, CallError>> + Send + 'static,
    {
        let flight = {
            let mut single_flight = self.0.lock();
            let in_progress = single_flight.get(&key).filter(|flight| flight.landing.peek().is_none()).cloned();
            in_progress.unwrap_or_else(|| {
                let own = SharedLane::from(lane.best());
                let flight = Flight { landing: detached(read(own.clone())), lane: own };
                single_flight.retain(|_, flight| flight.landing.peek().is_none());
                single_flight.insert(key, flight.clone());
                flight
            })
        };
        tokio::select! {
            landed = flight.landing => landed,
            never = lane.lifts(&flight.lane) => match never {},
        }
    }
}

/// A task of its own, in the span of its first caller: the read continues if that caller is cancelled.
fn detached(read: impl Future<Output = Result<Timestamp, CallError>> + Send + 'static) -> Landing {
    let task = tokio::spawn(read.in_current_span());
    let landed =
        async { task.await.unwrap_or_else(|_| Err(Failure::new(Class::Retry, "the read ended unexpectedly").into())) };
    landed.boxed().shared()
}
