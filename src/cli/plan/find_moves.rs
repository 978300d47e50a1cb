//! Finds resources that were renamed in Git, among those that a plan simulates. No IO.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::api::reason::Reason;
use crate::cli::manifest_set::ManifestEntry;
use crate::cli::plan::moves::{HowMoved, Move};
use crate::cli::plan::participant::Participant;
use crate::cli::plan::simulate::Simulation;
use crate::plan::managed::Managed;
use crate::plan::simulation::SimulationContext;
use crate::plan::state::State;

impl Simulation<'_> {
    /// The resources that are to be deleted, of which those that stay must know: their objects are not free yet.
    pub(crate) fn ending<T: Managed>(&mut self, entries: &[ManifestEntry<T>]) -> Vec<Participant<T>> {
        let deleted = entries.iter().filter(|entry| entry.is_deleted);
        let participants = deleted.filter_map(|entry| self.beside(entry));
        // They come last: what a manifest claims by an id is left to it.
        participants.map(|one| Participant { created: Timestamp::MAX, order: usize::MAX, ..one }).collect()
    }

    /// Finds those that cannot begin because one that goes has the object of their name.
    pub(crate) fn find_moves<T: Managed>(&mut self, participants: &[Participant<T>]) {
        let mut ending = BTreeMap::new();
        for one in participants.iter().filter(|one| one.result.is_deleted) {
            ending
                .extend(one.simulation.external_id().map(|id| ((one.account.clone(), id.to_owned()), &one.result.key)));
        }
        if ending.is_empty() {
            return;
        }
        let waits =
            |one: &&Participant<T>| matches!(&one.state, Some(State::Stalled { reason: Reason::NameTaken, .. }));
        for one in participants.iter().filter(waits) {
            let Some((account, resolved)) = self.accounts.known.get(&one.account).zip(one.resolved.as_ref()) else {
                continue;
            };
            let context = SimulationContext {
                not_before: self.not_before,
                now: self.now,
                read_lag: account.read_lag,
                claimed_by: &|_| None,
                other_mentions: &|_| Vec::new(),
            };
            if let Ok(Some(named)) = one.simulation.named_object(resolved, &context, &account.inventory)
                && let Some(from) = ending.get(&(one.account.clone(), named.id.clone()))
            {
                let how =
                    if from.namespace == one.result.key.namespace { HowMoved::Renamed } else { HowMoved::ToNamespace };
                let (kind, from, to) = (T::KIND.to_string(), from.to_string(), one.result.key.to_string());
                self.moves.push(Move { kind, from, to, external_id: named.id, how });
            }
        }
    }
}
