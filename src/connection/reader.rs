//! Reads from a provider, and what was read so far.

use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use secrecy::SecretString;

use crate::connection::circuit_breaker::CircuitBreaker;
use crate::connection::error::CallError;
use crate::connection::keyed_lock::KeyedLocks;
use crate::connection::options::ConnectionOptions;
use crate::connection::rate_limiter::{Lane, RateLimiter};
use crate::connection::single_flight::SingleFlight;
use crate::connection::state::{ConnectionState, CurrentToken};
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::provider::answer::Answer;
use crate::provider::failure::{Class, Failure};
use crate::provider::model::channel::Channel;
use crate::provider::model::ids::ChannelOwner;
use crate::provider::model::list::List;
use crate::provider::pinghome::call::PinghomeCall;
use crate::provider::request::Host;

/// Reads from the provider; cannot change anything there.
#[derive(Clone)]
pub(crate) struct Reader(pub(super) Arc<ConnectionState>);

impl Reader {
    /// A connection that has not been used yet.
    pub(crate) fn new(options: ConnectionOptions) -> Self {
        let ConnectionOptions { http, clock, endpoints, token, observer, concurrency, leadership } = options;
        Self(Arc::new(ConnectionState {
            leadership,
            http,
            clock,
            endpoints,
            token: Mutex::new(CurrentToken { token, since: clock.now() }),
            observer,
            rate_limiter: RateLimiter::new(concurrency),
            circuit_breaker: CircuitBreaker::default(),
            inventory: Mutex::default(),
            single_flight: SingleFlight::default(),
            locks: KeyedLocks::default(),
            last_success: Mutex::default(),
        }))
    }

    /// What was observed so far. The inventory is locked while `query` runs, so `query` is synchronous.
    pub(crate) fn known<R>(&self, query: impl FnOnce(&Inventory) -> R) -> R {
        query(&self.0.inventory.lock())
    }

    /// Reads a collection unless it is fresh enough. Concurrent readers share one request.
    pub(crate) async fn read(&self, need: &Need, lane: Lane) -> Result<(), CallError> {
        let fresh =
            || self.known(|inventory| inventory.read_at(&need.collection)).is_some_and(|at| at >= need.not_before);
        while !fresh() {
            let call = need.collection.call();
            let reader = self.clone();
            let flight = async move {
                let permit = reader.0.acquire(lane).await?;
                let (answer, began) = reader.0.send(&call, permit).await?;
                reader.0.inventory.lock().record(&call, &answer, began);
                Ok(began)
            };
            self.0.single_flight.join(&need.collection, flight).await?;
        }
        Ok(())
    }

    /// The channels of an owner, of some types only: none of `exclude`, and only those of `include` if it names any.
    /// A filtered list proves no absence, so the inventory does not record it.
    pub(crate) async fn list_channels(
        &self,
        owner: &ChannelOwner,
        include: &[String],
        exclude: &[String],
        lane: Lane,
    ) -> Result<Vec<Channel>, CallError> {
        let call =
            PinghomeCall::ListChannels { owner: owner.clone(), include: include.to_vec(), exclude: exclude.to_vec() };
        let (answer, _) = self.0.send(&call.into(), self.0.acquire(lane).await?).await?;
        let Answer::Channels(List { items, unreadable }) = answer else { return Ok(Vec::new()) };
        let Some(item) = unreadable else { return Ok(items) };
        let message = format!("the list of notification channels has an item that cannot be read ({item})");
        Err(Failure::new(Class::Retry, message).into())
    }

    /// Reads a collection without recording it in the inventory: `plan` keeps an inventory of its own.
    pub(crate) async fn fetch(&self, collection: &Collection, lane: Lane) -> Result<Answer, CallError> {
        let permit = self.0.acquire(lane).await?;
        Ok(self.0.send(&collection.call(), permit).await?.0)
    }

    /// The host and port that a call goes to.
    pub(crate) fn authority(&self, host: Host) -> String {
        self.0.endpoints.authority(host)
    }

    /// Whether a call succeeded since `time`.
    pub(crate) fn succeeded_since(&self, time: Timestamp) -> bool {
        self.0.last_success.lock().is_some_and(|at| at >= time)
    }

    /// The failure that opened the circuit breaker; `None`: calls may be sent.
    pub(crate) fn open_because(&self) -> Option<Failure> {
        self.0.circuit_breaker.open_because(Instant::now())
    }

    /// Sets the rate limit, and the read lag of the inventory.
    pub(crate) fn configure(&self, requests_per_second: f64, burst: f64, read_lag: SignedDuration) {
        self.0.rate_limiter.configure(requests_per_second, burst);
        self.0.inventory.lock().set_read_lag(read_lag);
    }

    /// An earlier process may have deleted something at `at`, so positions that were read before may be wrong.
    pub(crate) fn doubt_positions(&self, at: Timestamp) {
        self.0.inventory.lock().distrust_positions(at);
    }

    /// Replaces the token and resets the circuit breaker.
    pub(crate) fn set_token(&self, token: SecretString) {
        *self.0.token.lock() = CurrentToken { token, since: self.0.clock.now() };
        self.0.circuit_breaker.reset();
    }

    /// Since when the current token is used.
    pub(crate) fn token_since(&self) -> Timestamp {
        self.0.token.lock().since
    }

    /// Lets no new call begin; calls in progress finish.
    pub(crate) fn close(&self) {
        self.0.rate_limiter.close();
    }
}
