//! The state of one account of a provider, whatever configs, namespaces and tokens lead to it: what was observed, locks, rate
//! limiter, and the pauses that the provider asks for.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use crate::api::provider_config::Provider;
use crate::api::reason::Reason;
use crate::connection::circuit_breaker::{CircuitBreaker, Probe, Tripped};
use crate::connection::endpoints::ResolvedEndpoints;
use crate::connection::error::CallError;
use crate::connection::keyed_lock::KeyedLocks;
use crate::connection::lane::Lane;
use crate::connection::options::{ConnectionOptions, FirstBurst, Observation, Observer, Paused};
use crate::connection::rate_limiter::{Closed, RateLimiter, RatePermit};
use crate::connection::shared_lane::SharedLane;
use crate::connection::single_flight::SingleFlight;
use crate::inventory::Inventory;
use crate::inventory::last_read::CollectionKind;
use crate::provider::call::Call;
use crate::provider::failure::{Class, Failure};

/// A call that waits as long for a permit is throttled.
const LONG_WAIT: Duration = Duration::from_secs(10);

/// Where an account is, and which one it is there.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct AccountKey {
    /// The provider.
    pub(crate) provider: Provider,
    /// The base URLs.
    pub(crate) endpoints: ResolvedEndpoints,
    /// The id that the provider shows to the token.
    pub(crate) id: String,
}

/// The permit for one call to an account; its place is free again when it is dropped.
pub(crate) struct Permit {
    /// The permit of the rate limiter.
    pub(super) rate: RatePermit,
    /// The lane of those who wait for the call.
    pub(super) lane: SharedLane,
    /// The call shows whether a pause may end.
    _probe: Option<Probe>,
}

/// The state of one account.
pub(crate) struct Account {
    /// Which account it is; `None`: a command reads it, which does not ask for it.
    pub(crate) key: Option<AccountKey>,
    /// Since when its state is kept.
    pub(crate) since: Timestamp,
    /// Limits the calls.
    pub(super) rate_limiter: RateLimiter,
    /// Open while the provider asks for fewer calls.
    circuit_breaker: Arc<CircuitBreaker>,
    /// What was observed.
    pub(super) inventory: Mutex<Inventory>,
    /// The reads in progress.
    pub(super) single_flight: SingleFlight,
    /// Locks of names and owners.
    pub(super) locks: KeyedLocks,
    /// When a call succeeded last.
    last_success: Mutex<Option<Timestamp>>,
    /// Is told of pauses.
    observer: Observer,
}

impl Account {
    /// An account of which nothing is known.
    pub(crate) fn new(key: Option<AccountKey>, options: &ConnectionOptions) -> Self {
        let rate_limiter = RateLimiter::new(options.concurrency);
        if options.is_closing() {
            rate_limiter.close();
        }
        match options.first_burst {
            FirstBurst::Whole => {}
            FirstBurst::Nothing => rate_limiter.empty(),
        }
        Self {
            key,
            since: options.clock.now(),
            rate_limiter,
            circuit_breaker: Arc::default(),
            inventory: Mutex::default(),
            single_flight: SingleFlight::default(),
            locks: KeyedLocks::default(),
            last_success: Mutex::default(),
            observer: Arc::clone(&options.observer),
        }
    }

    /// Waits for the permit of one call; `caller` keeps its place ([`RateLimiter::acquire`]).
    pub(super) async fn acquire(&self, lane: SharedLane, caller: Option<&str>) -> Result<Permit, CallError> {
        self.ensure_closed()?;
        let rate = self.rate_limiter.acquire(&lane, caller).await.map_err(|Closed| CallError::Closing)?;
        self.waited(&rate);
        Ok(Permit { rate, lane, _probe: self.circuit_breaker.pass().await? })
    }

    /// A call got its permit. The periodic checks may wait as long as they must.
    fn waited(&self, permit: &RatePermit) {
        if let Some(AccountKey { provider, endpoints: _, id }) = &self.key
            && permit.lane != Lane::Resync
            && permit.waited_in_lane >= LONG_WAIT
        {
            let took = permit.waited_in_lane;
            (self.observer)(&Observation::Throttled { account: id, provider: *provider, took });
        }
    }

    /// An error while the provider asks for fewer calls.
    pub(super) fn ensure_closed(&self) -> Result<(), CallError> {
        self.circuit_breaker.open_because(Instant::now()).map_or(Ok(()), |failure| Err(failure.into()))
    }

    /// How long the pause still lasts that the provider asked for; `None`: there is none.
    pub(super) fn pause(&self, now: Instant) -> Option<Duration> {
        self.circuit_breaker.open_because(now)?.retry_after
    }

    /// Sets the rate limit, and how long a read may miss a write.
    pub(crate) fn configure(&self, requests_per_second: f64, burst: f64, read_lag: SignedDuration) {
        self.rate_limiter.configure(requests_per_second, burst);
        self.inventory.lock().set_read_lag(read_lag);
    }

    /// Status tells at `now` of a deletion that was reserved at this time, perhaps by another process: positions may be wrong.
    pub(crate) fn deletion_told(&self, reserved: Timestamp, now: Timestamp) {
        self.inventory.lock().deletion_told(reserved, now);
    }

    /// Another process may have written to the account until `now`.
    pub(crate) fn others_wrote_until(&self, now: Timestamp) {
        self.inventory.lock().others_wrote_until(now);
    }

    /// Another process may have sent calls to the account until `now`, as many at once as are allowed.
    pub(crate) fn taken_over(&self, now: Timestamp) {
        self.rate_limiter.empty();
        self.others_wrote_until(now);
    }

    /// Whether no call is in progress.
    pub(crate) fn is_idle(&self) -> bool {
        self.rate_limiter.is_idle()
    }

    /// Why the calls pause that the provider asked for fewer of, until one has succeeded again.
    pub(crate) fn pauses_because(&self) -> Option<Reason> {
        self.circuit_breaker.pauses_because()
    }

    /// How long the oldest call of a lane has waited in it for its permit; zero: none waits.
    pub(crate) fn queue_age(&self, lane: Lane) -> Duration {
        self.rate_limiter.queue_age(lane, Instant::now())
    }

    /// When the last successful read began of a collection of this kind; `None`: there was none.
    pub(crate) fn last_read(&self, kind: CollectionKind) -> Option<Timestamp> {
        self.inventory.lock().last_read(kind)
    }

    /// Whether a call succeeded since `time`.
    pub(crate) fn succeeded_since(&self, time: Timestamp) -> bool {
        self.last_success.lock().is_some_and(|at| at >= time)
    }

    /// Takes note of the result of a call; returns the failure with the pause that follows from it.
    pub(super) fn settle(&self, call: &Call, failure: Failure, now: Instant) -> Failure {
        if failure.class == Class::Wait {
            let Tripped { failure, is_new } = self.circuit_breaker.on_failure(call.operation(), &failure, now);
            if is_new {
                let (paused, provider, operation) = (self.paused(), call.provider(), call.operation());
                (self.observer)(&Observation::Pause { paused, provider, operation, failure: &failure });
            }
            return failure;
        }
        if failure.status != 0 {
            self.answered(call, now);
        }
        failure
    }

    /// Takes note of a success.
    pub(super) fn succeeded(&self, call: &Call, at: Timestamp) {
        *self.last_success.lock() = Some(at);
        self.answered(call, Instant::now());
    }

    /// The provider answered a call: a pause may end.
    fn answered(&self, call: &Call, now: Instant) {
        if self.circuit_breaker.on_answer(call.operation(), now) {
            (self.observer)(&Observation::Resume { paused: self.paused(), provider: call.provider() });
        }
    }

    fn paused(&self) -> Paused {
        Paused::Account(self.key.as_ref().map(|key| key.id.clone()))
    }
}

/// The accounts in use. One that nothing uses any more is forgotten.
#[derive(Default)]
pub(crate) struct Accounts(Mutex<HashMap<AccountKey, Weak<Account>>>);

impl Accounts {
    /// The state of an account; new if nothing uses it yet.
    pub(super) fn of(&self, key: AccountKey, options: &ConnectionOptions) -> Arc<Account> {
        let mut accounts = self.0.lock();
        if let Some(account) = accounts.get(&key).and_then(Weak::upgrade) {
            return account;
        }
        accounts.retain(|_, account| account.strong_count() > 0);
        let account = Arc::new(Account::new(Some(key.clone()), options));
        accounts.insert(key, Arc::downgrade(&account));
        account
    }

    /// The accounts that something uses.
    pub(crate) fn in_use(&self) -> Vec<Arc<Account>> {
        self.0.lock().values().filter_map(Weak::upgrade).collect()
    }

    /// Lets no new call to any account begin.
    pub(crate) fn close(&self) {
        for account in self.in_use() {
            account.rate_limiter.close();
        }
    }
}
