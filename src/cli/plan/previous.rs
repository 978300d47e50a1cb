//! What the operator has recorded of manifests that were applied before. What comes from a cluster has it in `status`. Manifests in Git
//! have no status, so applying them is simulated: each resource adopts the object of its name. Then all predictions are forgotten.

use std::collections::BTreeMap;

use kube::ResourceExt;
use serde_json::{Value, json};

use crate::api::annotations::CREATE_INTENT;
use crate::api::conditions::{ConditionType, NewCondition, updated};
use crate::api::kinds::Kind;
use crate::api::reason::Reason;
use crate::api::status::Status;
use crate::cli::manifest_set::{ManifestEntry, ManifestSet, spec, with_entries};
use crate::cli::plan::accounts::OpenAccount;
use crate::cli::plan::participant::{Participant, SimulatedResource};
use crate::cli::plan::recorded::Previous;
use crate::cli::plan::simulate::Simulation;
use crate::cli::plan::unknown::PreviousSpecs;
use crate::plan::managed::Managed;
use crate::plan::simulation::predicted::is_predicted;

impl Simulation<'_> {
    /// Finds the objects of every resource of the old manifests: those of references first.
    ///
    /// # Errors
    /// A read that failed.
    pub(crate) async fn simulate_previous(&mut self, old: &ManifestSet) -> Result<(), String> {
        self.previous_specs = PreviousSpecs::of(old);
        for kind in Kind::ALL {
            with_entries!(kind in old, entries => self.simulate_applied(old, entries).await?);
        }
        self.forget();
        Ok(())
    }

    /// Forgets what was only simulated; what was found out of resources stays.
    pub(crate) fn forget(&mut self) {
        self.teams.clear();
        self.accounts.known.values_mut().for_each(OpenAccount::forget);
    }

    async fn simulate_applied<T: Managed>(
        &mut self,
        old: &ManifestSet,
        entries: &[ManifestEntry<T>],
    ) -> Result<(), String> {
        let specs: BTreeMap<_, _> = entries.iter().map(|entry| (entry.key.clone(), spec(&entry.resource))).collect();
        self.previous.extend(entries.iter().filter_map(|entry| Some((entry.key.clone(), recorded(&entry.resource)?))));
        self.find_unchanged(old, entries).await?;
        // As applied, it adopts an object of its name that no other resource claims.
        let applied = [("adoptionPolicy", json!("IfUnique")), ("suspend", json!(false))];
        let mut participants = Vec::new();
        for entry in entries.iter().filter_map(|entry| altered(entry, &applied)) {
            let is_recorded = self.previous.contains_key(&entry.key);
            let participant = self.participant(old, &entry, true).ok();
            participants.extend(participant.map(|one| if is_recorded { one.beside() } else { one }));
        }
        self.run(&mut participants).await?;
        for Participant { result: SimulatedResource { key, .. }, simulation, is_beside, .. } in participants {
            if !is_beside && simulation.external_id().is_some_and(|id| !is_predicted(id)) {
                let status = serde_json::to_value(simulation.resource().status()).unwrap_or_default();
                let spec = specs.get(&key).cloned().unwrap_or_default();
                self.previous
                    .insert(key, Previous { spec, status, create_record: None, created: None, was_ready: true });
            }
        }
        Ok(())
    }

    /// The resource of an entry, with what the operator would have recorded of it before.
    pub(crate) fn with_previous_status<T: Managed>(&self, entry: &ManifestEntry<T>) -> T {
        let mut resource = entry.resource.clone();
        if let (None, Some(previous)) = (resource.status(), self.previous.get(&entry.key)) {
            let mut status: Status<T::Facts> = serde_json::from_value(previous.status.clone()).unwrap_or_default();
            // The same spec was applied before: a difference now is drift.
            let is_same = previous.was_ready && previous.spec == spec(&resource);
            let ready = is_same.then(|| NewCondition::new(ConditionType::Ready, true, Reason::Available, ""));
            let generation = resource.metadata().generation.unwrap_or(0);
            status.common.conditions = updated(&[], ready.into_iter().collect(), generation, self.now);
            *resource.status_mut() = Some(status);
            if let Some(record) = &previous.create_record {
                resource.annotations_mut().entry(CREATE_INTENT.to_owned()).or_insert_with(|| record.clone());
            }
        }
        resource
    }
}

/// What a resource from a cluster says itself: nothing is guessed.
fn recorded<T: Managed>(resource: &T) -> Option<Previous> {
    let status = serde_json::to_value(resource.status()?).unwrap_or_default();
    let create_record = resource.annotations().get(CREATE_INTENT).cloned();
    let created = resource.metadata().creation_timestamp.as_ref().map(|created| created.0);
    let was_ready = resource.was_ready_for_generation();
    Some(Previous { spec: spec(resource), status, create_record, created, was_ready })
}

/// The same resource with other values in some fields of its spec.
pub(crate) fn altered<T: Managed>(entry: &ManifestEntry<T>, fields: &[(&str, Value)]) -> Option<ManifestEntry<T>> {
    let mut value = serde_json::to_value(&entry.resource).ok()?;
    let spec = value.get_mut("spec").and_then(Value::as_object_mut)?;
    spec.extend(fields.iter().map(|(field, value)| ((*field).to_owned(), value.clone())));
    let resource = serde_json::from_value(value).ok()?;
    Some(ManifestEntry { manifest: entry.manifest.clone(), key: entry.key.clone(), resource, is_deleted: false })
}
