//! Exponential backoff with jitter after failed reconciles; a success resets it.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

/// The pause after the first failure.
const FIRST: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST: Duration = Duration::from_mins(5);

/// How many reconciles in a row failed, by uid.
#[derive(Default)]
pub(crate) struct Backoff(Mutex<HashMap<String, u32>>);

impl Backoff {
    /// Counts a failure; returns how long to wait.
    pub(crate) fn failed(&self, uid: &str) -> Duration {
        let mut counts = self.0.lock();
        let count = counts.entry(uid.to_owned()).or_default();
        let pause = FIRST.saturating_mul(2_u32.saturating_pow(*count)).min(LONGEST);
        *count = count.saturating_add(1);
        jittered(pause)
    }

    /// Resets the count.
    pub(crate) fn succeeded(&self, uid: &str) {
        self.0.lock().remove(uid);
    }

    /// How many resources fail.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }

    /// Whether the last reconcile failed.
    pub(crate) fn is_failing(&self, uid: &str) -> bool {
        self.0.lock().contains_key(uid)
    }
}

/// The pause, longer by up to a tenth, so that many reconciles do not come at once.
pub(crate) fn jittered(pause: Duration) -> Duration {
    pause.saturating_add((pause / 10).mul_f64(fastrand::f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pause_overflows() {
        assert_eq!(jittered(Duration::MAX), Duration::MAX);
        let (second, tenth) = (Duration::from_secs(1), Duration::from_millis(100));
        assert!((second..=second + tenth).contains(&jittered(second)));
        let backoff = Backoff::default();
        let longest = (0..100).map(|_| backoff.failed("x")).max();
        assert!(longest.is_some_and(|longest| (LONGEST..=LONGEST + LONGEST / 10).contains(&longest)));
    }
}
