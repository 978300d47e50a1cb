//! Until when a process may rely on its Lease, by its own clocks. No IO.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use crate::operator::kubernetes::lease::seen::LEASE_DURATION;

/// The two clocks of this machine may differ by so much since the process started. More: the machine slept, or its clock was set.
const DRIFT: SignedDuration = SignedDuration::from_secs(5);

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

    /// A moment so long ago.
    #[cfg(test)]
    pub(crate) fn ago(length: Duration) -> Self {
        let Self { monotonic, wall } = Self::now();
        Self { monotonic: monotonic.checked_sub(length).unwrap(), wall: wall - length }
    }

    /// So much later, by both clocks.
    #[cfg(test)]
    pub(crate) fn later(self, length: Duration) -> Self {
        Self { monotonic: self.monotonic + length, wall: self.wall + length }
    }

    /// Whether both clocks went on since then as they should: what was read and the time that is written down are as old as they seem.
    pub(crate) fn is_steady(&self, now: Self) -> bool {
        let passed = now.monotonic.saturating_duration_since(self.monotonic);
        let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
        now.wall.duration_since(self.wall).saturating_sub(passed).abs() <= DRIFT
    }

    /// How long ago it was for sure: while the machine sleeps, no time passes.
    fn elapsed_awake(&self, now: Self) -> Duration {
        now.monotonic.saturating_duration_since(self.monotonic)
    }

    /// How long ago it was at most: what the clock says by which more time has passed.
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

/// What a process knows of its Lease, and of whoever held it before.
pub(crate) struct LeaseState {
    started: Moment,
    /// Until when no other process takes over.
    pub(crate) lease: LeaseHold,
    /// When the Lease was taken from another process that may have been alive, until its writes have ended; absent: nobody's writes are awaited.
    pub(crate) taken_at: Option<Moment>,
}

impl LeaseState {
    /// A process starts.
    pub(crate) fn started(now: Moment) -> Self {
        Self { started: now, lease: LeaseHold::None, taken_at: None }
    }

    /// Whether the clocks of this machine went on since the start as they should.
    pub(crate) fn is_steady(&self, now: Moment) -> bool {
        self.started.is_steady(now)
    }

    /// Whether a write may be sent that ends after this length of time at the latest: no other process writes from `now` until then, and
    /// what it was planned from is as old as it seems.
    pub(crate) fn may_write(&self, now: Moment, length: Duration) -> bool {
        self.is_steady(now) && self.taken_at.is_none() && self.lease.is_certain(now, length)
    }

    /// Whether the writes have ended by now of the process that the Lease was taken from: it began none without the Lease, and its last
    /// renewal was before.
    pub(crate) fn is_other_over(&self, now: Moment) -> bool {
        self.taken_at.is_some_and(|taken| taken.elapsed_awake(now) >= LEASE_DURATION)
    }
}

/// Tells whether a write may be sent, by what its candidate knows of the Lease.
#[derive(Clone)]
pub(crate) struct Fence(Arc<Mutex<LeaseState>>);

impl Fence {
    /// The fence of a Lease.
    pub(crate) fn new(state: &Arc<Mutex<LeaseState>>) -> Self {
        Self(Arc::clone(state))
    }

    /// Whether a write may be sent that ends after a given time at the latest.
    pub(crate) fn is_open(&self, length: Duration) -> bool {
        self.0.lock().may_write(Moment::now(), length)
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

    fn moment(monotonic: u64, wall: i64) -> Moment {
        let start = Moment::ago(Duration::ZERO);
        Moment {
            monotonic: start.monotonic + Duration::from_secs(monotonic),
            wall: start.wall + SignedDuration::from_secs(wall),
        }
    }

    #[test]
    fn the_clocks_are_steady_until_the_machine_slept_or_its_clock_was_set() {
        let started = moment(0, 0);
        for (monotonic, wall, expected) in [
            (0, 0, true),
            (86_400, 86_400, true),
            // A leap second, or a correction.
            (86_400, 86_404, true),
            (60, 57, true),
            // It slept for an hour.
            (60, 3660, false),
            // It started before the time was known.
            (1, 1_700_000_000, false),
            (60, -3540, false),
        ] {
            assert_eq!(started.is_steady(moment(monotonic, wall)), expected, "{monotonic} {wall}");
            for lease in [LeaseHold::Since(moment(monotonic, wall)), LeaseHold::WithoutLease] {
                let hold = LeaseState { started, lease, taken_at: None };
                assert_eq!(hold.may_write(moment(monotonic, wall), Duration::ZERO), expected, "{monotonic} {wall}");
            }
        }
    }

    #[test]
    fn a_process_that_took_the_lease_waits_until_the_writes_of_the_other_have_ended() {
        let mut hold = LeaseState { taken_at: Some(moment(10, 10)), ..LeaseState::started(moment(0, 0)) };
        for (second, expected) in [(10, false), (24, false), (26, true)] {
            let now = moment(second, 26);
            hold.lease = LeaseHold::Since(now);
            assert_eq!(hold.is_other_over(now), expected);
            assert!(!hold.may_write(now, Duration::ZERO), "until what was read before is forgotten");
        }
        hold.taken_at = None;
        assert!(hold.may_write(moment(26, 26), Duration::ZERO));
    }
}
