//! Single flight: while a collection is being read, other callers with the same token wait for the same read.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

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

/// The reads in progress. Each removes itself when it ends.
#[derive(Default)]
pub(crate) struct SingleFlight(Arc<Mutex<HashMap<FlightKey, Flight>>>);

impl SingleFlight {
    /// Joins the read in progress, or starts `read`; returns when it began. The caller decides whether that is fresh enough.
    pub(crate) async fn join(
        &self,
        key: FlightKey,
        read: impl Future<Output = Result<Timestamp, CallError>> + Send + 'static,
    ) -> Result<Timestamp, CallError> {
        let flight = {
            let mut flights = self.0.lock();
            flights.get(&key).cloned().unwrap_or_else(|| {
                let entry = FlightEntry { flights: Arc::clone(&self.0), key: key.clone() };
                let flight = detached(read, entry);
                flights.insert(key, flight.clone());
                flight
            })
        };
        flight.await
    }
}

/// The entry of a read in progress. It is removed when the read ends, also when that panics.
struct FlightEntry {
    flights: Arc<Mutex<HashMap<FlightKey, Flight>>>,
    key: FlightKey,
}

impl Drop for FlightEntry {
    fn drop(&mut self) {
        let ended = self.flights.lock().remove(&self.key);
        // Not while the map is locked: it may be the last one who knows the read.
        drop(ended);
    }
}

/// A task of its own, in the span of its first caller: the read continues if that caller is cancelled.
fn detached(read: impl Future<Output = Result<Timestamp, CallError>> + Send + 'static, entry: FlightEntry) -> Flight {
    let read = async move {
        let _entry = entry;
        read.await
    };
    let task = tokio::spawn(read.in_current_span());
    let landed =
        async { task.await.unwrap_or_else(|_| Err(Failure::new(Class::Retry, "the read ended unexpectedly").into())) };
    landed.boxed().shared()
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;
    use crate::provider::model::ids::TeamId;

    fn key(number: usize) -> FlightKey {
        let collection = Collection::Members(TeamId::parse(&format!("t{number}")).unwrap());
        FlightKey { credential: 1, collection }
    }

    #[tokio::test]
    async fn a_read_that_ended_leaves_nothing_behind_even_if_it_failed() {
        let flights = SingleFlight::default();
        let began = Timestamp::UNIX_EPOCH;
        let reads = (0..100).map(|number| flights.join(key(number), async move { Ok(began) }));
        assert!(join_all(reads).await.into_iter().all(|read| read.is_ok()));
        assert_eq!(flights.0.lock().len(), 0);
        assert!(flights.join(key(1), async { panic!("a fault in a read") }).await.is_err());
        assert_eq!(flights.0.lock().len(), 0);
    }
}
