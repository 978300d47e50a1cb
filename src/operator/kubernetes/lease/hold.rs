//! Until when a process may rely on its Lease, by its own clocks. No IO.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::operator::kubernetes::lease::seen::LEASE_DURATION;

/// A moment by both clocks of this machine: the monotonic one stands still while the machine sleeps, and the other one may be set.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    monotonic: Instant,
    wall: Timestamp,
}

impl Moment {
    /// This moment.
    pub(crate) fn now() -> Self {
        Self { monotonic: Instant::now(), wall: Timestamp::now() }
    }

    /// How long ago it was: what the clock says by which more time has passed.
    fn elapsed(&self, now: Self) -> Duration {
        let by_wall = Duration::try_from(now.wall.duration_since(self.wall)).unwrap_or_default();
        now.monotonic.saturating_duration_since(self.monotonic).max(by_wall)
    }
}

/// Until when no other process takes over.
#[derive(Clone, Copy)]
pub(crate) enum LeaseHold {
    /// Another one may have.
    None,
    /// For the duration of the Lease since its last renewal began: no candidate can have seen the renewal earlier.
    Since(Moment),
    /// This process has no right to write Leases, and does without.
    WithoutLease,
}

impl LeaseHold {
    /// Whether no other process takes over for a length of time from `now` on.
    pub(crate) fn is_certain(self, now: Moment, length: Duration) -> bool {
        match self {
            Self::None => false,
            Self::Since(renewed) => renewed.elapsed(now) + length < LEASE_DURATION,
            Self::WithoutLease => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_counts_no_more_when_either_clock_says_that_its_time_is_over() {
        let now = Moment::now();
        let ago = |monotonic: u64, wall: i64| {
            let monotonic = now.monotonic.checked_sub(Duration::from_secs(monotonic)).unwrap();
            LeaseHold::Since(Moment { monotonic, wall: now.wall - jiff::SignedDuration::from_secs(wall) })
        };
        let length = Duration::from_secs(10);
        for (hold, expected) in [
            (ago(4, 4), true),
            (ago(5, 5), false),
            // The machine slept.
            (ago(3, 180), false),
            // Somebody set the clock back.
            (ago(6, -3600), false),
            (ago(3, -3600), true),
            (LeaseHold::None, false),
            (LeaseHold::WithoutLease, true),
        ] {
            assert_eq!(hold.is_certain(now, length), expected);
        }
    }
}
