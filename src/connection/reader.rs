//! What may only read from a provider.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use secrecy::SecretString;

use crate::connection::circuit_breaker::CircuitBreaker;
use crate::connection::error::CallError;
use crate::connection::keyed_lock::KeyedLocks;
use crate::connection::options::ConnectionOptions;
use crate::connection::rate_limiter::{Lane, RateLimiter};
use crate::connection::shared::Shared;
use crate::connection::single_flight::SingleFlight;
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::provider::answer::Answer;
use crate::provider::failure::Failure;
use crate::provider::model::channel::Channel;
use crate::provider::model::ids::ChannelOwner;
use crate::provider::pinghome::call::PinghomeCall;
use crate::provider::request::Host;

/// Asks the provider; cannot change anything.
#[derive(Clone)]
pub(crate) struct Reader(pub(super) Arc<Shared>);

impl Reader {
    /// A connection that has not been used yet.
    pub(crate) fn new(parts: ConnectionOptions) -> Self {
        let ConnectionOptions { http, clock, endpoints, token, observer, concurrency, leadership } = parts;
        Self(Arc::new(Shared {
            leadership,
            http,
            clock,
            endpoints,
            token: Mutex::new((token, clock.now())),
            observer,
            rate_limiter: RateLimiter::new(concurrency),
            circuit_breaker: CircuitBreaker::default(),
            inventory: Mutex::default(),
            single_flight: SingleFlight::default(),
            locks: KeyedLocks::default(),
            last_success: Mutex::default(),
        }))
    }

    /// Looks at what is known. The inventory is locked meanwhile: `look` does no IO by its type.
    pub(crate) fn known<R>(&self, look: impl FnOnce(&Inventory) -> R) -> R {
        look(&self.0.inventory.lock())
    }

    /// Reads a collection. Everybody who needs it meanwhile shares one request.
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
    /// A list with a filter proves no absence, so it is never part of what is known.
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
        Ok(if let Answer::Channels(channels) = answer { channels } else { Vec::new() })
    }

    /// What a collection is now. It is not kept: whoever plans ahead keeps what is known by itself.
    pub(crate) async fn fetch(&self, collection: &Collection, lane: Lane) -> Result<Answer, CallError> {
        let permit = self.0.acquire(lane).await?;
        Ok(self.0.send(&collection.call(), permit).await?.0)
    }

    /// The host and port that a call goes to.
    pub(crate) fn authority(&self, host: Host) -> String {
        self.0.endpoints.authority(host)
    }

    /// Whether the provider answered with success since `time`.
    pub(crate) fn succeeded_since(&self, time: Timestamp) -> bool {
        self.0.last_success.lock().is_some_and(|at| at >= time)
    }

    /// The failure for which nothing is sent now, if there is one.
    pub(crate) fn open_because(&self) -> Option<Failure> {
        self.0.open_because()
    }

    /// Takes the settings of a changed config.
    pub(crate) fn configure(&self, requests_per_second: f64, burst: f64, read_lag: SignedDuration) {
        self.0.rate_limiter.configure(requests_per_second, burst);
        self.0.inventory.lock().set_read_lag(read_lag);
    }

    /// A process before this one may have deleted something at a time.
    pub(crate) fn doubt_positions(&self, at: Timestamp) {
        self.0.inventory.lock().distrust_positions(at);
    }

    /// Takes another token, and tries it although the last one was refused.
    pub(crate) fn set_token(&self, token: SecretString) {
        *self.0.token.lock() = (token, self.0.clock.now());
        self.0.circuit_breaker.open();
    }

    /// Since when the present token is used.
    pub(crate) fn token_since(&self) -> Timestamp {
        self.0.token.lock().1
    }

    /// Lets nobody begin a call any more; calls under way finish.
    pub(crate) fn close(&self) {
        self.0.rate_limiter.close();
    }
}
