//! The status that the operator would have written for manifests that were applied before. Manifests in Git have no status.
//! So applying them is simulated: each resource adopts the object of its name. Then all predictions are forgotten.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::conditions::{ConditionType, NewCondition, updated};
use crate::api::kinds::Kind;
use crate::api::reason::Reason;
use crate::api::status::Status;
use crate::cli::manifest_set::{ManifestEntry, ManifestSet, spec, with_entries};
use crate::cli::plan::accounts::OpenAccount;
use crate::cli::plan::participant::{Participant, SimulatedResource};
use crate::cli::plan::simulate::{Previous, Simulation};
use crate::cli::plan::unknown::PreviousSpecs;
use crate::plan::managed::Managed;
use crate::plan::simulation::is_predicted;

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
        self.teams.clear();
        self.accounts.known.values_mut().for_each(OpenAccount::forget);
        Ok(())
    }

    async fn simulate_applied<T: Managed>(
        &mut self,
        old: &ManifestSet,
        entries: &[ManifestEntry<T>],
    ) -> Result<(), String> {
        let specs: BTreeMap<_, _> = entries.iter().map(|entry| (entry.key.clone(), spec(&entry.resource))).collect();
        let mut participants: Vec<_> =
            entries.iter().filter_map(|entry| self.participant(old, &applied(entry)?).ok()).collect();
        self.run(&mut participants).await?;
        for Participant { result: SimulatedResource { key, .. }, simulation, .. } in participants {
            if simulation.external_id().is_some_and(|id| !is_predicted(id)) {
                let status = serde_json::to_value(simulation.resource().status()).unwrap_or_default();
                let spec = specs.get(&key).cloned().unwrap_or_default();
                self.previous.insert(key, Previous { spec, status });
            }
        }
        Ok(())
    }

    /// The resource of an entry, with the status that the operator would have recorded for the old manifest of its name.
    pub(crate) fn with_previous_status<T: Managed>(&self, entry: &ManifestEntry<T>) -> T {
        let mut resource = entry.resource.clone();
        if let (None, Some(Previous { spec: old, status })) = (resource.status(), self.previous.get(&entry.key)) {
            let mut status: Status<T::Facts> = serde_json::from_value(status.clone()).unwrap_or_default();
            // The same spec was applied before: a difference now is drift.
            let is_same = *old == spec(&resource);
            let ready = is_same.then(|| NewCondition::new(ConditionType::Ready, true, Reason::Available, ""));
            let generation = resource.metadata().generation.unwrap_or(0);
            status.common.conditions = updated(&[], ready.into_iter().collect(), generation, self.now);
            *resource.status_mut() = Some(status);
        }
        resource
    }
}

/// The same resource as one that was applied: it adopts an object of its name that no other resource claims.
fn applied<T: Managed>(entry: &ManifestEntry<T>) -> Option<ManifestEntry<T>> {
    let mut value = serde_json::to_value(&entry.resource).ok()?;
    let spec = value.get_mut("spec").and_then(Value::as_object_mut)?;
    spec.insert("adoptionPolicy".to_owned(), json!("IfUnique"));
    spec.insert("suspend".to_owned(), json!(false));
    let resource = serde_json::from_value(value).ok()?;
    Some(ManifestEntry { manifest: entry.manifest.clone(), key: entry.key.clone(), resource, is_deleted: false })
}
