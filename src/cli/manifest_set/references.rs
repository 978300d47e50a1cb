//! What the manifests refer to, looked up among them as the operator does in the cluster. No IO.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::api::did_you_mean::did_you_mean;
use crate::api::kinds::Kind;
use crate::api::references::SecretKeyRef;
use crate::api::resource_key::ResourceKey;
use crate::cli::manifest_set::{ManifestConfig, ManifestEntry, ManifestSet, with_entries};
use crate::cli::manifests::field::Field;
use crate::plan::managed::{Managed, config_key};
use crate::plan::references::{Reference, Referent, ReferredTeam, ResolvedRefs, Source, UnresolvedReference};

/// The key of the config that an entry names.
pub(crate) fn config_of_entry<T: Managed>(entry: &ManifestEntry<T>) -> ResourceKey {
    config_key(&entry.resource, &entry.key.namespace)
}

/// Where a reference that leads to nothing is written.
pub(crate) fn field_of<T>(entry: &ManifestEntry<T>, unresolved: &UnresolvedReference) -> Field {
    match &unresolved.referent {
        Referent::Config(_) => Field::dotted("spec.providerConfigRef.name"),
        Referent::Team(team) => written_at(entry, &json!(team)),
        Referent::Secret(secret) => written_at(entry, &json!(secret)),
    }
}

/// The field of the spec that refers to a Secret, such as `spec.valueFrom`.
pub(crate) fn field_of_secret<T>(entry: &ManifestEntry<T>, secret: &SecretKeyRef) -> String {
    let field = written_at(entry, &json!(secret)).to_string();
    field.split('.').take(2).collect::<Vec<_>>().join(".")
}

impl ManifestSet {
    /// The namespaces of the resources and of the configs.
    pub(crate) fn namespaces(&self) -> BTreeSet<String> {
        let mut all: BTreeSet<_> = self.configs.keys().map(|key| key.namespace.clone()).collect();
        for kind in Kind::ALL {
            with_entries!(kind in self, entries => all.extend(entries.iter().map(|entry| entry.key.namespace.clone())));
        }
        all.remove("");
        all
    }

    /// The Secrets that configs and resources refer to, by namespace and name.
    pub(crate) fn referred_secrets(&self) -> BTreeSet<(String, String)> {
        let secret = |config: &ManifestConfig| (config.view.secret.namespace.clone(), config.view.secret.name.clone());
        let mut all: BTreeSet<_> = self.configs.values().map(secret).collect();
        for kind in Kind::ALL {
            with_entries!(kind in self, entries => all.extend(entries.iter().flat_map(secrets_of)));
        }
        all
    }

    /// The configs that resources use.
    pub(crate) fn used_configs(&self) -> BTreeSet<ResourceKey> {
        let mut used = BTreeSet::new();
        for kind in Kind::ALL {
            with_entries!(kind in self, entries => used.extend(entries.iter().map(config_of_entry)));
        }
        used
    }

    /// The config that a resource names, if it is for the resource's provider.
    ///
    /// # Errors
    /// There is no such config, or it is for the other provider.
    pub(crate) fn config_of<T: Managed>(
        &self,
        entry: &ManifestEntry<T>,
    ) -> Result<&ManifestConfig, UnresolvedReference> {
        let key = config_of_entry(entry);
        let found = self.configs.get(&key);
        if let Err(unresolved) = Source::Manifests.config(&key, found.map(|config| &config.view), T::PROVIDER) {
            return Err(self.with_hint(entry, unresolved));
        }
        found.ok_or_else(|| Source::Manifests.no_config(&key))
    }

    /// What a resource's references lead to; `team` finds the Teams; a resource that `is_bound` accepts a Team that is not Ready.
    ///
    /// # Errors
    /// Every reference that leads to nothing.
    pub(crate) fn resolve<T: Managed>(
        &self,
        entry: &ManifestEntry<T>,
        is_bound: bool,
        team: impl Fn(&str) -> Option<ReferredTeam>,
    ) -> Result<ResolvedRefs, Vec<UnresolvedReference>> {
        let (mut refs, mut unresolved) = (ResolvedRefs::default(), Vec::new());
        for reference in entry.resource.references() {
            let resolved = match reference {
                Reference::Team(wanted) => {
                    let id = Source::Manifests.team(&wanted, team(&wanted.name), is_bound);
                    id.map(|id| drop(refs.teams.insert(wanted.name, id)))
                }
                Reference::Secret(key) => {
                    let found = self.secrets.find(&entry.key.namespace, &key.name, &key.key);
                    let value = Source::Manifests.secret(&key, found.value());
                    value.map(|value| drop(refs.secrets.insert(key, value)))
                }
                Reference::Code(key) => {
                    let code = self.secrets.find(&entry.key.namespace, &key.name, &key.key).value();
                    refs.secrets.extend(code.map(|code| (key, code)));
                    Ok(())
                }
            };
            unresolved.extend(resolved.err().map(|unresolved| self.with_hint(entry, unresolved)));
        }
        if unresolved.is_empty() { Ok(refs) } else { Err(unresolved) }
    }

    /// Names the config or the Team that may be meant, where there is none of the name.
    fn with_hint<T>(&self, entry: &ManifestEntry<T>, unresolved: UnresolvedReference) -> UnresolvedReference {
        let (wanted, others): (_, Vec<_>) = match &unresolved.referent {
            Referent::Config(key) => (key.clone(), self.configs.keys().collect()),
            Referent::Team(team) => {
                let wanted =
                    ResourceKey { kind: Kind::Team, namespace: entry.key.namespace.clone(), name: team.name.clone() };
                (wanted, self.managed.team.iter().map(|team| &team.key).collect())
            }
            Referent::Secret(_) => return unresolved,
        };
        if others.contains(&&wanted) {
            return unresolved;
        }
        let others =
            others.into_iter().filter(|other| (other.kind, &other.namespace) == (wanted.kind, &wanted.namespace));
        let hint = did_you_mean(&wanted.name, others.map(|other| other.name.as_str()));
        UnresolvedReference { message: unresolved.message + &hint, ..unresolved }
    }
}

/// The Secrets that a resource refers to, by namespace and name.
fn secrets_of<T: Managed>(entry: &ManifestEntry<T>) -> Vec<(String, String)> {
    let secret = |reference: Reference| match reference {
        Reference::Secret(secret) | Reference::Code(secret) => Some((entry.key.namespace.clone(), secret.name)),
        Reference::Team(_) => None,
    };
    entry.resource.references().into_iter().filter_map(secret).collect()
}

/// Where a reference stands in a manifest: every field that is one is called `…Ref`.
fn written_at<T>(entry: &ManifestEntry<T>, written: &Value) -> Field {
    fn search(value: &Value, at: &Field, written: &Value) -> Option<Field> {
        let fields = value.as_object()?;
        fields.iter().find_map(|(name, value)| {
            let at = at.child(name);
            let is_meant = name.ends_with("Ref") && name != "providerConfigRef" && value == written;
            if is_meant { Some(at.child("name")) } else { search(value, &at, written) }
        })
    }
    let spec = Field::default().child("spec");
    let found = entry.manifest.value.get("spec").and_then(|value| search(value, &spec, written));
    found.unwrap_or(spec)
}
