//! A model of a process that is frozen in the middle of a reconcile, as by a pause of its machine, and wakes. No IO.
//!
//! Its lease runs out meanwhile, and another process leads. Who wakes may write nothing: the API server refuses what was read before
//! others wrote, and the fence refuses the call.

use crate::plan::managed::Managed;
use crate::plan::tests::explorer::clock::LAG;
use crate::plan::tests::explorer::faults::{Crash, Faults};
use crate::plan::tests::explorer::gateway::Gateway;
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::operator::Process;
use crate::plan::tests::explorer::provider_model::ProviderModel;
use crate::plan::tests::explorer::stored::Stored;

/// After so many seconds another process leads.
const LEASE: i64 = 46;

impl Process {
    /// Freezes this process if a move says so now; another one reconciles the resource a few times meanwhile.
    pub(super) fn may_freeze<T: Managed>(
        &mut self,
        moment: Move,
        stored: &mut Stored<T>,
        provider: &mut Gateway<impl ProviderModel>,
        faults: &mut Faults,
    ) {
        if self.successor.is_some() || !provider.takes(moment) {
            return;
        }
        let mut other = Self::start(provider);
        other.asked_at = self.asked_at;
        other.clock = faults.now + LEASE;
        let mut left = None;
        for pause in [1, 1, LAG + 2, LAG + 2] {
            // Whoever leads, also after a crash, is told by the watches what all resources claim and mention.
            other.claims = self.claims.clone();
            other.other_mentions = self.other_mentions.clone();
            let now = other.clock + pause;
            let theirs = Faults::of(faults.forked(), now, faults.mutant);
            // Nothing is done if it has nothing to do.
            other.clock = now;
            left = other.reconcile(stored, provider, theirs).or(left);
        }
        faults.now = other.clock;
        self.successor = Some(Box::new(Self { left, ..other }));
    }

    /// Passes if this process leads.
    pub(super) fn leads(&self) -> Result<(), Crash> {
        if self.successor.is_some() { Err(Crash) } else { Ok(()) }
    }

    /// Passes if this process leads, or this mistake is made.
    pub(super) fn leads_or(&self, mutant: Mutant, faults: &Faults) -> Result<(), Crash> {
        if faults.has(mutant) { Ok(()) } else { self.leads() }
    }
}
