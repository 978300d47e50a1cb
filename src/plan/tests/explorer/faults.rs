//! The faults of one reconcile, drawn from a number. No IO.

use crate::plan::tests::explorer::mutants::Mutant;

/// What goes wrong in one reconcile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum FaultChoice {
    /// Nothing.
    None,
    /// What is drawn from this number.
    Drawn(u64),
    /// The decisions of these numbers, counted from one, go wrong and no others; zero is none.
    At(u16, u16),
}

impl FaultChoice {
    /// So many decisions that may go wrong a reconcile has at most.
    pub(crate) const MOST: u16 = 48;
    /// How likely a drawn one is, in percent.
    const LIKELY: u8 = 12;
}

/// Decides the faults of one reconcile.
pub(crate) struct Faults {
    pub(crate) now: i64,
    pub(crate) mutant: Option<Mutant>,
    fault_choice: FaultChoice,
    random: fastrand::Rng,
    /// How many decisions were made.
    made: u16,
}

impl Faults {
    pub(crate) fn of(fault_choice: FaultChoice, now: i64, mutant: Option<Mutant>) -> Self {
        let seed = if let FaultChoice::Drawn(seed) = fault_choice { seed } else { now.unsigned_abs() };
        Self { now, mutant, fault_choice, random: fastrand::Rng::with_seed(seed), made: 0 }
    }

    /// Whether this mistake is made.
    pub(crate) fn has(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// Whether this decision goes wrong, which is so likely where it is drawn.
    fn goes_wrong(&mut self, percent: u8) -> bool {
        self.made += 1;
        match self.fault_choice {
            FaultChoice::None => false,
            FaultChoice::Drawn(_) => self.random.u8(0..100) < percent,
            FaultChoice::At(one, other) => {
                assert!(self.made <= FaultChoice::MOST, "a reconcile has more decisions than are tried");
                self.made == one || self.made == other
            }
        }
    }

    pub(crate) fn may_crash(&mut self) -> Result<(), Crash> {
        if self.goes_wrong(FaultChoice::LIKELY / 2) { Err(Crash) } else { Ok(()) }
    }

    pub(crate) fn fails(&mut self) -> bool {
        self.goes_wrong(FaultChoice::LIKELY)
    }

    pub(crate) fn flips(&mut self) -> bool {
        self.goes_wrong(50)
    }

    /// How stale a read is, in seconds.
    pub(crate) fn staleness(&mut self, most: i64) -> i64 {
        match self.fault_choice {
            FaultChoice::Drawn(_) => self.random.i64(0..=most),
            FaultChoice::None | FaultChoice::At(..) => i64::from(self.goes_wrong(0)) * most,
        }
    }

    /// What goes wrong in a reconcile of another process meanwhile.
    pub(crate) fn forked(&mut self) -> FaultChoice {
        match self.fault_choice {
            FaultChoice::Drawn(_) => FaultChoice::Drawn(self.random.u64(..)),
            FaultChoice::None | FaultChoice::At(..) => FaultChoice::None,
        }
    }

    /// A number that no other reconcile has.
    pub(crate) fn number(&mut self) -> u64 {
        self.random.u64(..)
    }
}

/// The process crashed in the middle of a reconcile.
pub(crate) struct Crash;
