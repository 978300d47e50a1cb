//! Whose the objects are if nothing says it. Manifests in Git have no ids, so a plan of manifests that are applied and made would stop at
//! each name: an object of exactly the name that no other manifest claims is presumed to be made from this one.
//!
//! Only the id is presumed. What the manifest said before is not known: nobody is given up, and no difference is drift.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};

use crate::api::kinds::Kind;
use crate::api::policies::AdoptionPolicy;
use crate::api::resource_key::ResourceKey;
use crate::cli::manifest_set::{ManifestEntry, with_entries};
use crate::cli::plan::others::Others;
use crate::cli::plan::participant::Participant;
use crate::cli::plan::previous::altered;
use crate::cli::plan::recorded::Previous;
use crate::cli::plan::simulate::Simulation;
use crate::plan::identity::NamedObject;
use crate::plan::managed::Managed;
use crate::plan::references::ReferredTeam;
use crate::plan::state::State;
use crate::provider::model::ids::TeamId;

impl Simulation<'_> {
    /// Presumes the object of each resource of which nothing is recorded: those of references first.
    ///
    /// # Errors
    /// A read that failed.
    pub(crate) async fn presume(&mut self) -> Result<(), String> {
        let set = self.set;
        for kind in Kind::ALL {
            with_entries!(kind in set, entries => self.presume_of(entries).await?);
        }
        self.forget();
        Ok(())
    }

    async fn presume_of<T: Managed>(&mut self, entries: &[ManifestEntry<T>]) -> Result<(), String> {
        // A suspended one has its object, too.
        let working = entries.iter().filter_map(|entry| altered(entry, &[("suspend", json!(false))]));
        let mut participants: Vec<_> =
            working.filter_map(|entry| self.participant(self.set, &entry, true).ok()).collect();
        let found = self.named_objects(&mut participants).await?;
        for Participant { result, simulation, .. } in participants {
            let named = found.get(&result.key);
            let id = simulation.external_id().or(named.map(|named| named.id.as_str()));
            if result.key.kind == Kind::Team {
                let id = id.and_then(TeamId::parse);
                self.teams.insert(result.key.clone(), ReferredTeam { is_ready: id.is_some(), id });
            }
            // The other policies decide by themselves, as they would for the operator.
            if let Some(NamedObject { id, adoption: AdoptionPolicy::Never }) = named {
                let status = json!({ "externalId": id });
                let previous =
                    Previous { spec: Value::Null, status, create_record: None, created: None, was_ready: false };
                self.previous.insert(result.key.clone(), previous);
                self.presumed.insert(result.key);
            }
        }
        Ok(())
    }

    /// The objects that bear the names of participants of which nothing is recorded. Of two that mean one object the first has it.
    ///
    /// # Errors
    /// A read that failed.
    pub(crate) async fn named_objects<T: Managed>(
        &mut self,
        participants: &mut [Participant<T>],
    ) -> Result<BTreeMap<ResourceKey, NamedObject>, String> {
        let others = Others::of(participants, None);
        let (mut found, mut taken) = (BTreeMap::new(), HashSet::new());
        loop {
            let needed = self.visit(participants, &others, |participant, context, inventory| {
                if let Some(resolved) = participant.resolved.as_ref().filter(|_| !participant.simulation.has_record())
                    && let Some(named) = participant.simulation.named_object(resolved, context, inventory)?
                    && taken.insert((participant.account.clone(), named.id.clone()))
                {
                    found.insert(participant.result.key.clone(), named);
                }
                participant.state = Some(State::Available);
                Ok(())
            });
            if needed.is_empty() {
                return Ok(found);
            }
            self.read(needed).await?;
        }
    }
}
