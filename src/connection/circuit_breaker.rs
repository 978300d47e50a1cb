//! The circuit breaker of one credential. After a 429 no call is sent for as long as the provider asks; after the provider
//! rejected the token, none for a minute or until the token changes.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::provider::failure::{Class, Failure};

/// The pause after a 429 without `Retry-After`.
const PAUSE: Duration = Duration::from_secs(5);
/// The longest pause, whatever `Retry-After` says.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// The pause after the provider rejected the token.
const REJECTED: Duration = Duration::from_mins(1);

/// Why no call is sent now.
struct Pause {
    failure: Failure,
    until: Instant,
}

/// Open while no call may be sent.
#[derive(Default)]
pub(crate) struct CircuitBreaker(Mutex<Option<Pause>>);

impl CircuitBreaker {
    /// Opens the circuit breaker if the failure of a call calls for a pause.
    pub(crate) fn on_failure(&self, failure: &Failure, now: Instant) {
        let pause = match failure.class {
            Class::Wait => failure.retry_after.unwrap_or(PAUSE).min(LONGEST_PAUSE),
            Class::Credential => REJECTED,
            _ => return,
        };
        *self.0.lock() = Some(Pause { failure: failure.clone(), until: now + pause });
    }

    /// The failure that opened it, with the rest of the pause in `retry_after`; `None`: calls may be sent.
    pub(crate) fn open_because(&self, now: Instant) -> Option<Failure> {
        let mut pause = self.0.lock();
        let Pause { failure, until } = pause.as_ref()?;
        if *until <= now {
            *pause = None;
            return None;
        }
        Some(Failure { retry_after: Some(*until - now), ..failure.clone() })
    }

    /// Lets calls be sent again.
    pub(crate) fn reset(&self) {
        *self.0.lock() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_429_closes_the_credential_for_as_long_as_the_provider_asks_and_at_most_an_hour() {
        let (circuit_breaker, now) = (CircuitBreaker::default(), Instant::now());
        for (asked, pause) in [(None, 5), (Some(30), 30), (Some(1_000_000), 3600)] {
            let retry_after = asked.map(Duration::from_secs);
            circuit_breaker.on_failure(&Failure { retry_after, ..Failure::new(Class::Wait, "x") }, now);
            assert!(circuit_breaker.open_because(now + Duration::from_secs(pause - 1)).is_some(), "{asked:?}");
            assert!(circuit_breaker.open_because(now + Duration::from_secs(pause)).is_none(), "{asked:?}");
        }
    }

    #[test]
    fn a_refused_token_is_tried_again_after_a_minute_or_when_it_is_replaced() {
        let (circuit_breaker, now) = (CircuitBreaker::default(), Instant::now());
        circuit_breaker.on_failure(&Failure::new(Class::Credential, "x"), now);
        assert!(circuit_breaker.open_because(now + Duration::from_secs(59)).is_some());
        circuit_breaker.reset();
        assert!(circuit_breaker.open_because(now).is_none());
    }

    #[test]
    fn other_failures_leave_the_credential_open() {
        let (circuit_breaker, now) = (CircuitBreaker::default(), Instant::now());
        for class in [Class::Retry, Class::Invalid, Class::Gone, Class::Uncertain] {
            circuit_breaker.on_failure(&Failure::new(class, "x"), now);
            assert!(circuit_breaker.open_because(now).is_none(), "{class:?}");
        }
    }
}
