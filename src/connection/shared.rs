//! What readers and writers of one credential share. Only this file sends a call.

use std::time::Instant;

use jiff::Timestamp;
use parking_lot::Mutex;
use secrecy::SecretString;

use crate::connection::circuit_breaker::Gate;
use crate::connection::clock::Clock;
use crate::connection::endpoints::Endpoints;
use crate::connection::error::Stop;
use crate::connection::http;
use crate::connection::http::Http;
use crate::connection::keyed_lock::Locks;
use crate::connection::options::{Observer, Sample, Tenure};
use crate::connection::rate_limiter::{Budget, Denied, Lane, Turn};
use crate::connection::single_flight::Flights;
use crate::inventory::Inventory;
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::failure::Failure;

/// What readers and writers of one credential share.
pub(super) struct Shared {
    pub(super) tenure: Tenure,
    pub(super) http: Http,
    pub(super) clock: Clock,
    pub(super) endpoints: Endpoints,
    pub(super) token: Mutex<(SecretString, Timestamp)>,
    pub(super) observer: Observer,
    pub(super) budget: Budget,
    pub(super) gate: Gate,
    pub(super) inventory: Mutex<Inventory>,
    pub(super) flights: Flights,
    pub(super) locks: Locks,
    pub(super) last_success: Mutex<Option<Timestamp>>,
}

impl Shared {
    /// The failure for which nothing is sent now, if there is one.
    pub(super) fn closed_by(&self) -> Option<Failure> {
        self.gate.closed_by(Instant::now())
    }

    /// Waits for the turn of one call.
    pub(super) async fn turn(&self, lane: Lane) -> Result<Turn, Stop> {
        self.must_be_open()?;
        let turn = self.budget.turn(lane).await.map_err(|Denied| Stop::Closing)?;
        // The gate may have closed while this call waited.
        self.must_be_open()?;
        Ok(turn)
    }

    fn must_be_open(&self) -> Result<(), Stop> {
        self.closed_by().map_or(Ok(()), |failure| Err(failure.into()))
    }

    /// Sends one call; says when it left. The turn's slot is taken until the answer is there.
    pub(super) async fn send(&self, call: &Call, turn: Turn) -> Result<(Answer, Timestamp), Stop> {
        let (began, sent) = (self.clock.now(), Instant::now());
        let token = self.token.lock().0.clone();
        let response = self.http.send(&call.request(), &self.endpoints, &token).await;
        let code = response.as_ref().map_or(0, |response| response.status);
        let (provider, took, waited) = (call.provider(), sent.elapsed(), turn.waited());
        (self.observer)(&Sample { provider, operation: call.operation(), code, took, waited });
        let answer = http::judged(call, response);
        match &answer {
            Ok(_) => *self.last_success.lock() = Some(self.clock.now()),
            Err(failure) => self.gate.heed(failure, Instant::now()),
        }
        Ok((answer?, began))
    }
}
