//! How long to wait after a failure: longer each time, with jitter, forgotten on success.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_mins(5);

/// Failures in a row, by uid.
#[derive(Default)]
pub(super) struct Retries(Mutex<HashMap<String, u32>>);

impl Retries {
    /// Counts a failure; says how long to wait.
    pub(super) fn failed(&self, uid: &str) -> Duration {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(uid.to_owned()).or_default();
        let pause = FIRST.saturating_mul(1 << (*count).min(16)).min(LONGEST);
        *count += 1;
        jittered(pause)
    }

    pub(super) fn succeeded(&self, uid: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }

    pub(super) fn is_failing(&self, uid: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(uid)
    }
}

/// Up to a tenth longer, so that many do not come at once.
pub(super) fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(1.0 + fastrand::f64() / 10.0)
}
