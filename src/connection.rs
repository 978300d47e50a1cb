//! One credential: HTTP, budget, snapshots, locks. All provider IO is in this room.
//!
//! What may only read is given a [`Reader`]; only a [`Writer`] can send a call that changes something.

pub mod budget;
pub mod clock;
pub mod endpoints;
mod flights;
mod gate;
mod http;
mod locks;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

pub use budget::Lane;
pub use budget::Turn;
use budget::{Budget, Denied};
pub use clock::Clock;
pub use endpoints::{AllowedEndpoints, Endpoints};
use flights::Flights;
use gate::Gate;
pub use http::Http;
pub use locks::Held;
use locks::Locks;

use crate::api::provider_config::Provider;
use crate::inventory::{Channel, Collection, Inventory, Need, Owner};
use crate::pinghome;
use crate::wire::{Answer, Call, Class, Failure, Host};

/// Why a call was not made, or did not succeed.
#[derive(Clone, Debug)]
pub enum Stop {
    /// It failed.
    Failed(Failure),
    /// The operator is ending; nothing was sent.
    Closing,
    /// Whether this operator still leads when the call is over is not certain; nothing was sent.
    Unled,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// What is told of each request, for metrics.
pub struct Sample {
    /// Whose API.
    pub provider: Provider,
    /// Which call.
    pub operation: &'static str,
    /// HTTP status; 0: no answer.
    pub code: u16,
    /// From sending to the last byte.
    pub took: Duration,
    /// Whether it had to wait for its turn.
    pub waited: bool,
}

/// Hears of each request.
pub type Observer = Arc<dyn Fn(&Sample) + Send + Sync>;

/// Tells whether this process alone may write for at least so long: no other has taken over.
pub type Tenure = Arc<dyn Fn(Duration) -> bool + Send + Sync>;

/// What a connection is made of.
pub struct Parts {
    /// Shared by all connections.
    pub http: Http,
    /// The time.
    pub clock: Clock,
    /// Where the provider is.
    pub endpoints: Endpoints,
    /// How to present the token.
    pub token: SecretString,
    /// Hears of each request.
    pub observer: Observer,
    /// How many calls may be under way at once.
    pub concurrency: usize,
    /// Whether this process may write.
    pub tenure: Tenure,
}

struct Inner {
    tenure: Tenure,
    http: Http,
    clock: Clock,
    endpoints: Endpoints,
    token: Mutex<(SecretString, Timestamp)>,
    observer: Observer,
    budget: Budget,
    gate: Gate,
    inventory: Mutex<Inventory>,
    flights: Flights,
    locks: Locks,
    last_success: Mutex<Option<Timestamp>>,
}

/// Asks the provider; cannot change anything.
#[derive(Clone)]
pub struct Reader(Arc<Inner>);

/// Asks and changes.
#[derive(Clone)]
pub struct Writer {
    reader: Reader,
}

impl Reader {
    /// A connection that has not been used yet.
    pub fn new(parts: Parts) -> Self {
        let Parts { http, clock, endpoints, token, observer, concurrency, tenure } = parts;
        Self(Arc::new(Inner {
            tenure,
            http,
            clock,
            endpoints,
            token: Mutex::new((token, clock.now())),
            observer,
            budget: Budget::new(concurrency),
            gate: Gate::default(),
            inventory: Mutex::default(),
            flights: Flights::default(),
            locks: Locks::default(),
            last_success: Mutex::default(),
        }))
    }

    /// Looks at what is known. The inventory is locked meanwhile: `look` does no IO by its type.
    pub fn known<R>(&self, look: impl FnOnce(&Inventory) -> R) -> R {
        look(&locked(&self.0.inventory))
    }

    /// Reads a collection. Everybody who needs it meanwhile shares one request.
    pub async fn read(&self, need: &Need, lane: Lane) -> Result<(), Stop> {
        let fresh = || self.known(|inventory| inventory.read_at(&need.collection)).is_some_and(|at| at >= need.since);
        while !fresh() {
            let call = need.collection.call();
            let reader = self.clone();
            let flight = async move {
                let turn = reader.turn(lane).await?;
                let (answer, began) = reader.send(&call, turn).await?;
                locked(&reader.0.inventory).record(&call, &answer, began);
                Ok(began)
            };
            self.0.flights.join(&need.collection, flight).await?;
        }
        Ok(())
    }

    /// The channels of an owner, of some types only: none of `exclude`, and only those of `include` if it names any.
    /// A list with a filter proves no absence, so it is never part of what is known.
    pub async fn list_channels(
        &self,
        owner: &Owner,
        include: &[String],
        exclude: &[String],
        lane: Lane,
    ) -> Result<Vec<Channel>, Stop> {
        let call =
            pinghome::Call::ListChannels { owner: owner.clone(), include: include.to_vec(), exclude: exclude.to_vec() };
        let (answer, _) = self.send(&call.into(), self.turn(lane).await?).await?;
        Ok(if let Answer::Channels(channels) = answer { channels } else { Vec::new() })
    }

    /// What a collection is now. It is not kept: whoever plans ahead keeps what is known by itself.
    pub async fn fetch(&self, collection: &Collection, lane: Lane) -> Result<Answer, Stop> {
        let turn = self.turn(lane).await?;
        Ok(self.send(&collection.call(), turn).await?.0)
    }

    /// The host and port that a call goes to.
    pub fn authority(&self, host: Host) -> String {
        self.0.endpoints.authority(host)
    }

    /// Whether the provider answered with success since `time`.
    pub fn succeeded_since(&self, time: Timestamp) -> bool {
        locked(&self.0.last_success).is_some_and(|at| at >= time)
    }

    /// The failure for which nothing is sent now, if there is one.
    pub fn closed_by(&self) -> Option<Failure> {
        self.0.gate.closed_by(Instant::now())
    }

    /// Takes the settings of a changed config.
    pub fn configure(&self, requests_per_second: f64, burst: f64, read_lag: SignedDuration) {
        self.0.budget.configure(requests_per_second, burst);
        locked(&self.0.inventory).set_read_lag(read_lag);
    }

    /// A process before this one may have deleted something at a time.
    pub fn doubt_positions(&self, at: Timestamp) {
        locked(&self.0.inventory).doubt_positions(at);
    }

    /// Takes another token, and tries it although the last one was refused.
    pub fn set_token(&self, token: SecretString) {
        *locked(&self.0.token) = (token, self.0.clock.now());
        self.0.gate.open();
    }

    /// Since when the present token is used.
    pub fn token_since(&self) -> Timestamp {
        locked(&self.0.token).1
    }

    /// Waits for the turn of one call.
    async fn turn(&self, lane: Lane) -> Result<Turn, Stop> {
        self.must_be_open()?;
        let turn = self.0.budget.turn(lane).await.map_err(|Denied| Stop::Closing)?;
        // The gate may have closed while this call waited.
        self.must_be_open()?;
        Ok(turn)
    }

    fn must_be_open(&self) -> Result<(), Stop> {
        self.closed_by().map_or(Ok(()), |failure| Err(failure.into()))
    }

    /// Sends one call; says when it left. The turn's slot is taken until the answer is there.
    async fn send(&self, call: &Call, turn: Turn) -> Result<(Answer, Timestamp), Stop> {
        let (began, sent) = (self.0.clock.now(), Instant::now());
        let token = locked(&self.0.token).0.clone();
        let response = self.0.http.send(&call.request(), &self.0.endpoints, &token).await;
        let code = response.as_ref().map_or(0, |response| response.status);
        let (provider, took, waited) = (call.provider(), sent.elapsed(), turn.waited());
        (self.0.observer)(&Sample { provider, operation: call.operation(), code, took, waited });
        let answer = http::judged(call, response);
        match &answer {
            Ok(_) => *locked(&self.0.last_success) = Some(self.0.clock.now()),
            Err(failure) => self.0.gate.heed(failure, Instant::now()),
        }
        Ok((answer?, began))
    }

    /// Lets nobody begin a call any more; calls under way finish.
    pub fn close(&self) {
        self.0.budget.close();
    }
}

impl Writer {
    /// A writer for the same credential.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }

    /// What only reads.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Locks a name or an owner, until what is returned is dropped.
    pub async fn lock(&self, key: &str) -> Held {
        self.reader.0.locks.lock(key).await
    }

    /// Waits for the turn of one call. What the call is to rest on is best looked at afterwards.
    pub async fn turn(&self, lane: Lane) -> Result<Turn, Stop> {
        self.reader.turn(lane).await
    }

    /// Makes one call and records what it did, and when. A task of its own: whoever waits for it may go away.
    pub async fn write(&self, call: &Call, turn: Turn) -> Result<(Answer, Timestamp), Stop> {
        let (reader, call) = (self.reader.clone(), call.clone());
        let task = tokio::spawn(async move {
            if !(reader.0.tenure)(http::WHOLE) {
                return Err(Stop::Unled);
            }
            let sent = reader.send(&call, turn).await;
            let at = reader.0.clock.now();
            if let Err(Stop::Failed(Failure { class: Class::Retry | Class::Uncertain, .. })) = &sent {
                locked(&reader.0.inventory).record_lost(&call, at);
            }
            let (answer, _) = sent?;
            locked(&reader.0.inventory).record(&call, &answer, at);
            Ok((answer, at))
        });
        task.await.unwrap_or_else(|_| Err(Failure::new(Class::Uncertain, "the call ended unexpectedly").into()))
    }
}

/// A lock is held for moments and never across a wait; what a panic left behind is still whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
