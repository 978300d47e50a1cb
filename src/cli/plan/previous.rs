//! What the operator has recorded of manifests that were applied before. In Git they have no status; so applying them is
//! rehearsed, with objects of their names as their own, and what is imagined meanwhile is forgotten.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::conditions::{Claim, updated};
use crate::api::status::Status;
use crate::cli::manifest_set::{Entry, Name, Organisation};
use crate::cli::plan::accounts::Account;
use crate::cli::plan::simulate::{Part, Stage};
use crate::plan::managed::Managed;
use crate::plan::simulation::is_imagined;

/// What is recorded of one resource.
pub(crate) struct Recalled {
    /// The old manifest's, as it was applied.
    spec: Value,
    status: Value,
}

impl Stage<'_> {
    /// Finds the objects of every resource of the old manifests: those of references first.
    ///
    /// # Errors
    /// A read that failed.
    pub(crate) async fn recall_all(&mut self, old: &Organisation) -> Result<(), String> {
        self.recall(old, &old.accounts).await?;
        self.recall(old, &old.customers).await?;
        self.recall(old, &old.teams).await?;
        self.recall(old, &old.services).await?;
        self.recall(old, &old.channels).await?;
        self.recall(old, &old.sub_accounts).await?;
        self.teams.clear();
        self.accounts.known.values_mut().for_each(Account::forget);
        Ok(())
    }

    async fn recall<T: Managed>(&mut self, old: &Organisation, entries: &[Entry<T>]) -> Result<(), String> {
        let specs: BTreeMap<_, _> = entries.iter().map(|entry| (entry.name.clone(), spec(&entry.resource))).collect();
        let mut parts: Vec<_> = entries.iter().filter_map(|entry| self.part(old, &applied(entry)?).ok()).collect();
        self.rehearse(&mut parts).await?;
        for Part { name, rehearsal, .. } in parts {
            if rehearsal.external_id().is_some_and(|id| !is_imagined(id)) {
                let status = serde_json::to_value(rehearsal.resource().status()).unwrap_or_default();
                let spec = specs.get(&name).cloned().unwrap_or_default();
                self.recalled.insert((T::kind(&()).into_owned(), name), Recalled { spec, status });
            }
        }
        Ok(())
    }

    /// The resource of an entry, with the status that the operator would have recorded for the old manifest of its name.
    pub(crate) fn remembered<T: Managed>(&self, entry: &Entry<T>) -> T {
        let mut resource = entry.resource.clone();
        let key: (String, Name) = (T::kind(&()).into_owned(), entry.name.clone());
        if let (None, Some(Recalled { spec: old, status })) = (resource.status(), self.recalled.get(&key)) {
            let mut status: Status<T::Facts> = serde_json::from_value(status.clone()).unwrap_or_default();
            // The same spec was made true before: what differs now is drift.
            let is_same = *old == spec(&resource);
            let ready = is_same.then(|| Claim::new("Ready", true, "Available", ""));
            let generation = resource.metadata().generation.unwrap_or(0);
            status.common.conditions = updated(&[], ready.into_iter().collect(), generation, self.now);
            *resource.status_mut() = Some(status);
        }
        resource
    }
}

fn spec<T: Managed>(resource: &T) -> Value {
    serde_json::to_value(resource).ok().and_then(|mut value| value.get_mut("spec").map(Value::take)).unwrap_or_default()
}

/// The same resource as one that was applied: an object of its name that nobody else claims is its own.
fn applied<T: Managed>(entry: &Entry<T>) -> Option<Entry<T>> {
    let mut value = serde_json::to_value(&entry.resource).ok()?;
    let spec = value.get_mut("spec").and_then(Value::as_object_mut)?;
    spec.insert("adoptionPolicy".to_owned(), json!("IfUnique"));
    spec.insert("suspend".to_owned(), json!(false));
    let resource = serde_json::from_value(value).ok()?;
    Some(Entry { manifest: entry.manifest.clone(), name: entry.name.clone(), resource, is_deleted: false })
}
