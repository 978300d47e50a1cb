//! When the API server answered a question last, by the monotonic clock.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// The time of the last answer; absent: there was none.
#[derive(Debug, Default)]
pub(crate) struct LastAnswer(Mutex<Option<Instant>>);

impl LastAnswer {
    /// There is an answer now.
    pub(crate) fn answered(&self) {
        *self.0.lock() = Some(Instant::now());
    }

    /// Whether the last answer is younger than this.
    pub(crate) fn is_within(&self, age: Duration) -> bool {
        self.0.lock().is_some_and(|at| at.elapsed() < age)
    }
}
