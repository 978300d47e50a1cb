//! A circuit breaker: after some failures no call is sent for a while. Each account has one for the pauses that the provider
//! asks for, and each credential has one for a refused token.
//!
//! When a pause is over, one call is sent as a probe; the other calls wait for its result.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::api::reason::Reason;
use crate::provider::failure::{Class, Failure};

/// The first pause after a 429 that asks for none.
const PAUSE: Duration = Duration::from_secs(5);
/// The first pause after a 429 that asks for a shorter one.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause that repeated failures lead to, if the provider does not ask for a longer one.
const LONGEST_GROWN: Duration = Duration::from_mins(5);
/// The longest pause, whatever `Retry-After` says.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// So long after a pause calls go one at a time, unless the operation that led to it succeeds.
const ONE_BY_ONE: Duration = Duration::from_mins(1);
/// The pause after the provider refused the token.
const REFUSED: Duration = Duration::from_mins(1);
/// The first and the longest pause after a call that shows nothing of the token.
const UNKNOWN: Duration = Duration::from_millis(500);
const LONGEST_UNKNOWN: Duration = Duration::from_secs(15);

/// Why no call is sent now.
struct Pause {
    failure: Failure,
    until: Instant,
}

#[derive(Default)]
struct Circuit {
    pause: Option<Pause>,
    /// Whether a call is in progress that shows whether the pause may end.
    is_probed: bool,
    /// How many failures came one after the other.
    failures: u32,
    /// The operation that failed last, and when its pause ended.
    last: Option<(&'static str, Instant)>,
}

/// What a call may do.
enum Admission {
    /// It may be sent.
    Closed,
    /// It may be sent, and the others wait for its result.
    Probe,
    /// It waits for the result of the probe.
    Wait,
    /// It is not sent.
    Open(Failure),
}

/// Open while no call may be sent.
#[derive(Default)]
pub(crate) struct CircuitBreaker {
    circuit: Mutex<Circuit>,
    /// Signals that a probe is over.
    settled: Notify,
}

/// A failure that a circuit breaker took note of.
pub(crate) struct Tripped {
    /// The failure, with the pause in `retry_after`.
    pub(crate) failure: Failure,
    /// Whether it was closed, or its last pause was over.
    pub(crate) is_new: bool,
}

/// The right to send the call that shows whether a pause may end; given back when it is dropped.
pub(crate) struct Probe(Arc<CircuitBreaker>);

impl Drop for Probe {
    fn drop(&mut self) {
        self.0.circuit.lock().is_probed = false;
        self.0.settled.notify_waiters();
    }
}

impl CircuitBreaker {
    /// Waits until a call may be sent, but not for the end of a pause: then it is an error at once.
    pub(crate) async fn pass(self: &Arc<Self>) -> Result<Option<Probe>, Failure> {
        loop {
            let settled = self.settled.notified();
            match self.enter(Instant::now()) {
                Admission::Closed => return Ok(None),
                Admission::Probe => return Ok(Some(Probe(Arc::clone(self)))),
                Admission::Wait => settled.await,
                Admission::Open(failure) => return Err(failure),
            }
        }
    }

    fn enter(&self, now: Instant) -> Admission {
        let mut circuit = self.circuit.lock();
        match &circuit.pause {
            None => Admission::Closed,
            Some(pause) if pause.until > now => Admission::Open(pause.rest(now)),
            Some(_) if circuit.is_probed => Admission::Wait,
            Some(_) => {
                circuit.is_probed = true;
                Admission::Probe
            }
        }
    }

    /// The failure that opened it, with the rest of the pause in `retry_after`; `None`: there is no pause, or it is over.
    pub(crate) fn open_because(&self, now: Instant) -> Option<Failure> {
        self.circuit.lock().pause.as_ref().filter(|pause| pause.until > now).map(|pause| pause.rest(now))
    }

    /// Why calls pause, from the failure on until a call has succeeded: also while the pause is over and nothing was sent yet.
    pub(crate) fn pauses_because(&self) -> Option<Reason> {
        self.circuit.lock().pause.as_ref().map(|pause| pause.failure.reason())
    }

    /// Whether a pause is over and no call has succeeded since.
    pub(crate) fn needs_probe(&self, now: Instant) -> bool {
        self.circuit.lock().pause.as_ref().is_some_and(|pause| pause.until <= now)
    }

    /// Opens it because an operation failed.
    pub(crate) fn on_failure(&self, operation: &'static str, failure: &Failure, now: Instant) -> Tripped {
        let mut circuit = self.circuit.lock();
        let was_open = circuit.pause.as_ref().map(|pause| pause.until).filter(|until| *until > now);
        if was_open.is_none() {
            let is_row = circuit.last.is_some_and(|(_, end)| now.saturating_duration_since(end) < LONGEST_GROWN);
            circuit.failures = if is_row { circuit.failures.saturating_add(1) } else { 0 };
        }
        let until = now.checked_add(length(failure, circuit.failures)).unwrap_or(now);
        // A call that was sent before it opened does not shorten the pause.
        let until = was_open.map_or(until, |open_until| open_until.max(until));
        circuit.last = Some((operation, until));
        let pause = Pause { failure: failure.clone(), until };
        let failure = pause.rest(now);
        circuit.pause = Some(pause);
        Tripped { failure, is_new: was_open.is_none() }
    }

    /// Closes it because the provider answered an operation. An answer to a call that was sent before it opened changes nothing.
    /// For a minute after a 429 the calls go one at a time until the operation that got it succeeds: it may have a limit of its own.
    /// Returns whether a pause ended with it.
    pub(crate) fn on_answer(&self, operation: &'static str, now: Instant) -> bool {
        let mut circuit = self.circuit.lock();
        let is_other = circuit
            .last
            .is_some_and(|(failed, end)| failed != operation && now.saturating_duration_since(end) < ONE_BY_ONE);
        let keeps = |pause: &Pause| pause.until > now || (pause.failure.class == Class::Wait && is_other);
        if circuit.pause.as_ref().is_some_and(keeps) {
            return false;
        }
        let has_paused = circuit.pause.take().is_some();
        if circuit.last.is_some_and(|(failed, _)| failed == operation) {
            (circuit.failures, circuit.last) = (0, None);
        }
        self.settled.notify_waiters();
        has_paused
    }
}

impl Pause {
    fn rest(&self, now: Instant) -> Failure {
        Failure { retry_after: Some(self.until.saturating_duration_since(now)), ..self.failure.clone() }
    }
}

/// How long no call is sent; `failures`: how many failures of the same sort came directly before.
fn length(failure: &Failure, failures: u32) -> Duration {
    let grown = |first: Duration, longest: Duration| first.saturating_mul(2_u32.saturating_pow(failures)).min(longest);
    match (failure.class, failure.retry_after.filter(|asked| !asked.is_zero())) {
        (Class::Wait, Some(asked)) => asked.max(grown(SHORTEST_PAUSE, LONGEST_GROWN)).min(LONGEST_PAUSE),
        (Class::Wait, None) => grown(PAUSE, LONGEST_GROWN),
        (Class::Credential, _) => REFUSED,
        (Class::Retry | Class::Denied | Class::Invalid | Class::Gone | Class::Uncertain, _) => {
            grown(UNKNOWN, LONGEST_UNKNOWN)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &str = "create team";

    fn too_many(asked: Option<u64>) -> Failure {
        Failure { retry_after: asked.map(Duration::from_secs), ..Failure::new(Class::Wait, "x") }
    }

    #[test]
    fn a_429_pauses_the_account_for_as_long_as_the_provider_asks_and_at_most_an_hour() {
        for (asked, pause) in [(None, 5), (Some(0), 5), (Some(1), 1), (Some(30), 30), (Some(u64::MAX), 3600)] {
            let (circuit_breaker, now) = (CircuitBreaker::default(), Instant::now());
            let failure = circuit_breaker.on_failure(POST, &too_many(asked), now).failure;
            assert_eq!(failure.retry_after, Some(Duration::from_secs(pause)), "{asked:?}");
            assert!(circuit_breaker.open_because(now + Duration::from_secs(pause - 1)).is_some(), "{asked:?}");
            assert!(circuit_breaker.open_because(now + Duration::from_secs(pause)).is_none(), "{asked:?}");
        }
    }

    #[test]
    fn each_further_429_doubles_the_pause_until_the_same_operation_succeeds() {
        let (circuit_breaker, mut now) = (CircuitBreaker::default(), Instant::now());
        for expected in [5, 10, 20, 40] {
            // Two calls in progress count as one.
            assert!(circuit_breaker.on_failure(POST, &too_many(None), now).is_new);
            let second = circuit_breaker.on_failure(POST, &too_many(Some(0)), now);
            assert!(!second.is_new);
            let pause = second.failure.retry_after.unwrap_or_default();
            assert_eq!(pause, Duration::from_secs(expected));
            now += pause;
            assert!(!circuit_breaker.on_answer("list teams", now));
        }
        assert!(circuit_breaker.on_answer(POST, now));
        let pause = circuit_breaker.on_failure(POST, &too_many(Some(0)), now).failure.retry_after;
        assert_eq!(pause, Some(PAUSE));
    }

    #[test]
    fn no_number_of_failures_overflows() {
        for failures in [0, 31, 32, 64, u32::MAX] {
            for class in [Class::Wait, Class::Credential, Class::Retry] {
                let failure = Failure { retry_after: Some(Duration::MAX), ..Failure::new(class, "x") };
                assert!(length(&failure, failures) <= LONGEST_PAUSE);
                assert!(length(&Failure::new(class, "x"), failures) <= LONGEST_GROWN);
            }
        }
    }

    #[tokio::test]
    async fn after_a_pause_one_call_is_sent_and_the_others_wait_for_its_result() {
        let circuit_breaker = Arc::new(CircuitBreaker::default());
        let before = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
        circuit_breaker.on_failure(POST, &too_many(Some(1)), before);
        let probe = circuit_breaker.pass().await.ok().flatten();
        assert!(probe.is_some());
        let other = tokio::spawn({
            let circuit_breaker = Arc::clone(&circuit_breaker);
            async move { circuit_breaker.pass().await.map(|probe| probe.is_some()) }
        });
        tokio::task::yield_now().await;
        assert!(!other.is_finished());
        circuit_breaker.on_answer(POST, Instant::now());
        drop(probe);
        assert!(matches!(other.await, Ok(Ok(false))));
    }

    #[tokio::test]
    async fn after_a_429_calls_go_one_at_a_time_until_its_operation_succeeds_or_a_minute_is_over() {
        let circuit_breaker = Arc::new(CircuitBreaker::default());
        let now = Instant::now();
        circuit_breaker.on_failure(POST, &too_many(Some(1)), now.checked_sub(Duration::from_secs(1)).unwrap());
        let is_probe = async || circuit_breaker.pass().await.ok().flatten().is_some();
        circuit_breaker.on_answer("list teams", now);
        assert!(is_probe().await);
        circuit_breaker.on_answer(POST, now);
        assert!(!is_probe().await);
        circuit_breaker.on_failure(POST, &too_many(Some(1)), now.checked_sub(Duration::from_secs(1)).unwrap());
        circuit_breaker.on_answer("list teams", now + ONE_BY_ONE);
        assert!(!is_probe().await);
    }

    #[test]
    fn an_answer_from_before_the_pause_does_not_end_it() {
        let (circuit_breaker, now) = (CircuitBreaker::default(), Instant::now());
        circuit_breaker.on_failure(POST, &Failure::new(Class::Credential, "x"), now);
        circuit_breaker.on_answer(POST, now);
        assert!(circuit_breaker.open_because(now + Duration::from_secs(59)).is_some());
        assert!(circuit_breaker.needs_probe(now + REFUSED));
    }
}
