//! The one source of time: the wall clock as it was at start, moved on by the monotonic clock.
//!
//! Ages and windows must not jump when somebody sets the wall clock.

use std::time::Instant;

use jiff::Timestamp;

/// Tells the time.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    wall: Timestamp,
    monotonic: Instant,
}

impl Clock {
    /// Reads the wall clock, for the only time.
    pub(crate) fn start() -> Self {
        Self { wall: Timestamp::now(), monotonic: Instant::now() }
    }

    /// The present time.
    pub(crate) fn now(&self) -> Timestamp {
        self.wall.checked_add(self.monotonic.elapsed()).unwrap_or(self.wall)
    }
}
