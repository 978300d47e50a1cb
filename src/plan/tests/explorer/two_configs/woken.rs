//! The end of the scenario of two configs: the older Team goes, and the younger one is reconciled only if the operator itself wants that,
//! because it is time or because the index wakes it. No IO.

use crate::plan::state::State;
use crate::plan::tests::explorer::clock::at;
use crate::plan::tests::explorer::faults::FaultChoice;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::two_configs::ConfigsEnvironment;

/// So many reconciles both may ask for before they rest.
const VISITS: usize = 24;

impl ConfigsEnvironment {
    /// Deletes the older Team, and lets both come to rest. `states`: how both rested before.
    pub(crate) fn older_goes(&mut self, states: &mut [Option<State>; 2], mutant: Option<Mutant>) {
        self.watch();
        self.process.claims.woken();
        self.provider.bounds.restart();
        self.stored[0].is_deleted = true;
        self.due = [Some(self.now), self.due[1]];
        for _ in 0..VISITS {
            let next = (0..2).filter_map(|place| Some((self.due[place]?, place))).min();
            let Some((due, place)) = next else { return };
            self.now = due.max(self.now + 1);
            let state = self.reconcile(place, FaultChoice::None, mutant);
            states[place] = state.or(states[place].take());
            self.watch();
            for namespace in self.process.claims.woken().iter().filter(|_| mutant != Some(Mutant::NobodyWoken)) {
                let place = usize::from(namespace == "n1");
                self.due[place] = Some(self.now);
            }
        }
        self.provider.bounds.break_off(format!("{VISITS} reconciles, and no rest: {states:?}"));
    }

    /// When the last reconcile of a Team wants another one.
    pub(crate) fn next_due(&self, place: usize) -> Option<i64> {
        let next = self.process.next_visit.filter(|_| !self.stored[place].is_gone)?;
        Some(next.as_second() - at(0).as_second())
    }
}
