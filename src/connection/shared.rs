//! What readers and writers of one credential share. Only this file sends a call.

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
use crate::provider::failure::Failure;

/// What readers and writers of one credential share.
pub(super) struct Shared {
    pub(super) leadership: LeadershipCheck,
    pub(super) http: Http,
    pub(super) clock: Clock,
    pub(super) endpoints: ResolvedEndpoints,
    pub(super) token: Mutex<(SecretString, Timestamp)>,
    pub(super) observer: Observer,
    pub(super) rate_limiter: RateLimiter,
    pub(super) circuit_breaker: CircuitBreaker,
    pub(super) inventory: Mutex<Inventory>,
    pub(super) single_flight: SingleFlight,
    pub(super) locks: KeyedLocks,
    pub(super) last_success: Mutex<Option<Timestamp>>,
}

impl Shared {
    /// The failure for which nothing is sent now, if there is one.
    pub(super) fn open_because(&self) -> Option<Failure> {
        self.circuit_breaker.open_because(Instant::now())
    }

    /// Waits for the turn of one call.
    pub(super) async fn acquire(&self, lane: Lane) -> Result<Permit, CallError> {
        self.must_be_open()?;
        let permit = self.rate_limiter.acquire(lane).await.map_err(|Closed| CallError::Closing)?;
        // The gate may have closed while this call waited.
        self.must_be_open()?;
        Ok(permit)
    }

    fn must_be_open(&self) -> Result<(), CallError> {
        self.open_because().map_or(Ok(()), |failure| Err(failure.into()))
    }

    /// Sends one call; says when it left. The turn's slot is taken until the answer is there.
    pub(super) async fn send(&self, call: &Call, permit: Permit) -> Result<(Answer, Timestamp), CallError> {
        let (began, sent) = (self.clock.now(), Instant::now());
        let token = self.token.lock().0.clone();
        let response = self.http.send(&call.request(), &self.endpoints, &token).await;
        let code = response.as_ref().map_or(0, |response| response.status);
        let (provider, took, waited) = (call.provider(), sent.elapsed(), permit.waited());
        (self.observer)(&RequestSample { provider, operation: call.operation(), code, took, waited });
        let answer = http::stop_non_converging(call, response);
        match &answer {
            Ok(_) => *self.last_success.lock() = Some(self.clock.now()),
            Err(failure) => self.circuit_breaker.on_failure(failure, Instant::now()),
        }
        Ok((answer?, began))
    }
}
