//! The source of time: the wall clock at start plus the monotonic clock since then.
//!
//! Ages and intervals do not jump when the wall clock is set.

use std::time::Instant;

use jiff::Timestamp;

/// The time of this process.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    wall: Timestamp,
    monotonic: Instant,
}

impl Clock {
    /// Reads the wall clock once, at start.
    pub(crate) fn start() -> Self {
        Self { wall: Timestamp::now(), monotonic: Instant::now() }
    }

    /// The present time.
    pub(crate) fn now(&self) -> Timestamp {
        self.wall.checked_add(self.monotonic.elapsed()).unwrap_or(self.wall)
    }
}
