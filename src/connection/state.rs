//! The state that readers and writers of one credential share. Only this file sends calls.

use std::time::Instant;

use jiff::Timestamp;
use parking_lot::Mutex;
use secrecy::SecretString;

use crate::connection::circuit_breaker::CircuitBreaker;
use crate::connection::clock::Clock;
use crate::connection::endpoints::ResolvedEndpoints;
use crate::connection::error::CallError;
use crate::connection::http;
use crate::connection::http::Http;
use crate::connection::keyed_lock::KeyedLocks;
use crate::connection::options::{LeadershipCheck, Observer, RequestSample};
use crate::connection::rate_limiter::{Closed, Lane, Permit, RateLimiter};
use crate::connection::single_flight::SingleFlight;
use crate::inventory::Inventory;
use crate::provider::answer::Answer;
use crate::provider::call::Call;

/// The token in use.
pub(super) struct CurrentToken {
    /// The token.
    pub(super) token: SecretString,
    /// Since when it is used.
    pub(super) since: Timestamp,
}

/// The state that readers and writers of one credential share.
pub(super) struct ConnectionState {
    /// Whether this process is the leader.
    pub(super) leadership: LeadershipCheck,
    /// The HTTP client.
    pub(super) http: Http,
    /// The source of time.
    pub(super) clock: Clock,
    /// The provider's base URLs.
    pub(super) endpoints: ResolvedEndpoints,
    /// The token, and since when it is used.
    pub(super) token: Mutex<CurrentToken>,
    /// Is called after each request.
    pub(super) observer: Observer,
    /// Limits the calls of this credential.
    pub(super) rate_limiter: RateLimiter,
    /// Stops the calls of this credential.
    pub(super) circuit_breaker: CircuitBreaker,
    /// What was observed.
    pub(super) inventory: Mutex<Inventory>,
    /// The reads in progress.
    pub(super) single_flight: SingleFlight,
    /// Locks of names and owners.
    pub(super) locks: KeyedLocks,
    /// When a call succeeded last.
    pub(super) last_success: Mutex<Option<Timestamp>>,
}

impl ConnectionState {
    /// Waits for the permit of one call.
    pub(super) async fn acquire(&self, lane: Lane) -> Result<Permit, CallError> {
        self.must_be_closed()?;
        let permit = self.rate_limiter.acquire(lane).await.map_err(|Closed| CallError::Closing)?;
        // The circuit breaker may have opened while this call waited.
        self.must_be_closed()?;
        Ok(permit)
    }

    /// An error while the circuit breaker is open.
    fn must_be_closed(&self) -> Result<(), CallError> {
        self.circuit_breaker.open_because(Instant::now()).map_or(Ok(()), |failure| Err(failure.into()))
    }

    /// Sends one call; returns the answer and when it was sent. The permit is released after the answer.
    pub(super) async fn send(&self, call: &Call, permit: Permit) -> Result<(Answer, Timestamp), CallError> {
        let (began, sent) = (self.clock.now(), Instant::now());
        let token = self.token.lock().token.clone();
        let response = self.http.send(&call.request(), &self.endpoints, &token).await;
        let code = response.as_ref().map_or(0, |response| response.status);
        let (provider, took, waited) = (call.provider(), sent.elapsed(), permit.waited);
        (self.observer)(&RequestSample { provider, operation: call.operation(), code, took, waited });
        let answer = http::parse(call, response);
        match &answer {
            Ok(_) => *self.last_success.lock() = Some(self.clock.now()),
            Err(failure) => self.circuit_breaker.on_failure(failure, Instant::now()),
        }
        Ok((answer?, began))
    }
}
