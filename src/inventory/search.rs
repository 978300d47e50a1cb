//! From when on what is gone is forgotten. No IO.

use jiff::{SignedDuration, Timestamp};

/// For how long the id of something that is gone is remembered: it is never taken for that of something new.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// How many of what is gone for long are remembered, of each sort.
const REMEMBERED: usize = 1000;

/// A time at which the inventory is searched.
#[derive(Clone, Copy)]
pub(super) struct Search {
    /// The time.
    pub(super) now: Timestamp,
    /// For how long something must be gone until it is settled.
    pub(super) settling: SignedDuration,
}

impl Search {
    /// Whether what is gone since this time is settled.
    pub(super) fn is_settled(self, since: Timestamp) -> bool {
        self.now.duration_since(since) >= self.settling
    }

    /// Whether not even the id of what is gone since this time is remembered.
    pub(super) fn is_old(self, since: Timestamp) -> bool {
        self.now.duration_since(since) >= KEPT.max(self.settling)
    }

    /// What is remembered of all that is gone since these times: a day, and only the newest of what is settled.
    pub(super) fn remembers(self, times: Vec<Timestamp>) -> impl Fn(Timestamp) -> bool {
        let mut settled: Vec<_> = times.into_iter().filter(|since| self.is_settled(*since)).collect();
        settled.sort_unstable();
        let newest = settled.len().checked_sub(REMEMBERED).and_then(|at| settled.get(at)).copied();
        move |since| !self.is_old(since) && newest.is_none_or(|newest| since >= newest)
    }
}
