//! The trouble of one visit, drawn from a number; and the known mistakes that a visit may make on purpose.

use super::operator::Crash;

/// A known mistake, which the explorer must find.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mutant {
    /// No create record before a create.
    NoIntent,
    /// The list is believed at once after a create.
    NoLagWait,
    /// One list that lacks the object proves that it is gone.
    AbsentByOneList,
    /// A create whose answer was lost counts as one that did not happen.
    BlindRetry,
    /// An invitation is not recorded before it is sent.
    NoRecord,
    /// A position is taken from a list that was read before the owner was locked.
    PriorityRemembered,
    /// The deletion guard's reservations are forgotten with the process.
    GuardInMemory,
    /// Any visit of a spec uses up the pause in which nobody is taken out, also one that failed.
    PauseSpent,
}

impl Mutant {
    /// What a story of a team finds.
    pub(super) const OF_TEAMS: [Self; 5] =
        [Self::NoIntent, Self::NoLagWait, Self::AbsentByOneList, Self::BlindRetry, Self::NoRecord];
    /// What a story of a move finds.
    pub(super) const OF_MOVES: [Self; 1] = [Self::PauseSpent];
    /// What a story of channels finds.
    pub(super) const OF_CHANNELS: [Self; 2] = [Self::PriorityRemembered, Self::GuardInMemory];
}

/// Draws the trouble of one visit.
pub(super) struct Chaos {
    pub(super) now: i64,
    pub(super) mutant: Option<Mutant>,
    random: fastrand::Rng,
    /// How likely trouble is, in percent.
    trouble: u8,
}

impl Chaos {
    pub(super) fn of(seed: u64, now: i64, mutant: Option<Mutant>, trouble: u8) -> Self {
        Self { now, mutant, random: fastrand::Rng::with_seed(seed), trouble }
    }

    pub(super) fn may_crash(&mut self) -> Result<(), Crash> {
        if self.random.u8(0..100) < self.trouble / 2 { Err(Crash) } else { Ok(()) }
    }

    pub(super) fn fails(&mut self) -> bool {
        self.random.u8(0..100) < self.trouble
    }

    pub(super) fn flips(&mut self) -> bool {
        self.trouble > 0 && self.random.bool()
    }

    pub(super) fn staleness(&mut self, most: i64) -> i64 {
        if self.trouble == 0 { 0 } else { self.random.i64(0..=most) }
    }

    pub(super) fn number(&mut self) -> u64 {
        self.random.u64(..)
    }
}
