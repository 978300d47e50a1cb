//! Resources that are not looked at. What they claim, and whom they name, counts all the same for those that are.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::api::kinds::Kind;
use crate::api::resource_key::ResourceKey;
use crate::cli::manifest_set::{ManifestEntry, ManifestSet, spec, with_entries};
use crate::cli::plan::participant::Participant;
use crate::cli::plan::previous::altered;
use crate::cli::plan::recorded::Previous;
use crate::cli::plan::simulate::Simulation;
use crate::plan::managed::Managed;
use crate::plan::references::{Reference, ReferredTeam};
use crate::provider::model::ids::TeamId;

impl Simulation<'_> {
    /// A resource of which only the others must know.
    pub(crate) fn beside<T: Managed>(&mut self, entry: &ManifestEntry<T>) -> Option<Participant<T>> {
        self.participant(self.set, entry, true).ok().map(Participant::beside)
    }

    /// Whether nothing is simulated for a resource: nothing of it changes, and the team that it refers to is the same.
    pub(crate) fn is_beside<T: Managed>(&self, entry: &ManifestEntry<T>) -> bool {
        let recorded =
            |key: &ResourceKey| self.previous.get(key)?.status.get("externalId")?.as_str().map(str::to_owned);
        let is_same = |key: ResourceKey| {
            let now = self.teams.get(&key).and_then(|team| team.id.as_ref()).map(ToString::to_string);
            self.unchanged.contains(&key) || (now.is_some() && now == recorded(&key))
        };
        self.unchanged.contains(&entry.key) && referred_teams(entry).into_iter().all(is_same)
    }

    /// The Teams that resources refer to which are looked at: the lists of these are read anyway.
    fn changed_teams(&self) -> BTreeSet<ResourceKey> {
        let (set, mut needed) = (self.set, BTreeSet::new());
        for kind in Kind::ALL {
            with_entries!(kind in set, entries => {
                let changed = entries.iter().filter(|entry| !self.unchanged.contains(&entry.key));
                needed.extend(changed.flat_map(referred_teams));
            });
        }
        needed
    }

    /// Finds the objects of unchanged resources of which nothing is recorded, by their names. Only lists are read that are one for the
    /// whole account, or that changed resources need, too.
    ///
    /// # Errors
    /// A read that failed.
    pub(crate) async fn find_unchanged<T: Managed>(
        &mut self,
        applied: &ManifestSet,
        entries: &[ManifestEntry<T>],
    ) -> Result<(), String> {
        let needed = self.changed_teams();
        let as_applied = [("adoptionPolicy", json!("IfUnique")), ("suspend", json!(false))];
        let mut participants = Vec::new();
        let unrecorded = entries.iter().filter(|entry| self.unchanged.contains(&entry.key));
        let unrecorded: Vec<_> = unrecorded.filter(|entry| !self.previous.contains_key(&entry.key)).collect();
        for entry in &unrecorded {
            let is_listed = referred_teams(entry).into_iter().all(|team| needed.contains(&team));
            let working = altered(entry, &as_applied).filter(|_| is_listed);
            participants.extend(working.and_then(|entry| self.participant(applied, &entry, true).ok()));
        }
        let found = self.named_objects(&mut participants).await?;
        for entry in unrecorded {
            let id = found.get(&entry.key).map(|named| named.id.clone());
            if T::KIND == Kind::Team {
                let id = id.as_deref().and_then(TeamId::parse);
                self.teams.insert(entry.key.clone(), ReferredTeam { is_ready: id.is_some(), id });
            }
            let status = id.map_or(Value::Null, |id| json!({ "externalId": id }));
            let spec = spec(&entry.resource);
            let previous = Previous { spec, status, create_record: None, created: None, was_ready: true };
            self.previous.insert(entry.key.clone(), previous);
        }
        Ok(())
    }
}

/// The Teams that a resource refers to.
fn referred_teams<T: Managed>(entry: &ManifestEntry<T>) -> Vec<ResourceKey> {
    let namespace = &entry.key.namespace;
    let team = |reference: Reference| match reference {
        Reference::Team(team) => Some(ResourceKey { kind: Kind::Team, namespace: namespace.clone(), name: team.name }),
        Reference::Secret(_) | Reference::Code(_) => None,
    };
    entry.resource.references().into_iter().filter_map(team).collect()
}
