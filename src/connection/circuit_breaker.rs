//! Whether a credential may be used at all: a 429 closes it for as long as the provider asks, a
//! refused token for a minute, or until another token comes.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::provider::failure::{Class, Failure};

/// The pause after a 429 that does not say how long.
const PAUSE: Duration = Duration::from_secs(5);
/// No provider's wish is followed for longer.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// A refused token is tried again at most this often.
const REFUSED: Duration = Duration::from_mins(1);

#[derive(Default)]
pub(crate) struct CircuitBreaker(Mutex<Option<(Failure, Instant)>>);

impl CircuitBreaker {
    /// Draws the conclusion from a failed call.
    pub(crate) fn on_failure(&self, failure: &Failure, now: Instant) {
        let pause = match failure.class {
            Class::Wait => failure.retry_after.unwrap_or(PAUSE).min(LONGEST_PAUSE),
            Class::Credential => REFUSED,
            _ => return,
        };
        *self.0.lock() = Some((failure.clone(), now + pause));
    }

    /// The failure that closed it; what is left of the pause is in `retry_after`.
    pub(crate) fn open_because(&self, now: Instant) -> Option<Failure> {
        let mut closed = self.0.lock();
        let (failure, until) = closed.as_ref()?;
        if *until <= now {
            *closed = None;
            return None;
        }
        Some(Failure { retry_after: Some(*until - now), ..failure.clone() })
    }

    pub(crate) fn open(&self) {
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
        circuit_breaker.open();
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
