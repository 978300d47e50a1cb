//! How long to wait after a failure: longer each time, with jitter, forgotten on success.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_mins(5);

/// Failures in a row, by uid.
#[derive(Default)]
pub(crate) struct Backoff(Mutex<HashMap<String, u32>>);

impl Backoff {
    /// Counts a failure; says how long to wait.
    pub(crate) fn failed(&self, uid: &str) -> Duration {
        let mut counts = self.0.lock();
        let count = counts.entry(uid.to_owned()).or_default();
        let pause = FIRST.saturating_mul(1 << (*count).min(16)).min(LONGEST);
        *count += 1;
        jittered(pause)
    }

    pub(crate) fn succeeded(&self, uid: &str) {
        self.0.lock().remove(uid);
    }

    pub(crate) fn is_failing(&self, uid: &str) -> bool {
        self.0.lock().contains_key(uid)
    }
}

/// Up to a tenth longer, so that many do not come at once.
pub(crate) fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(1.0 + fastrand::f64() / 10.0)
}
