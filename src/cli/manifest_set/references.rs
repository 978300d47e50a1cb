//! What the manifests refer to, looked up among them as the operator does in the cluster. No IO.

use serde_json::{Value, json};

use crate::api::reason::Reason;
use crate::api::references::{ConfigKind, SecretKeyRef};
use crate::cli::did_you_mean::did_you_mean;
use crate::cli::manifest_set::{ConfigName, ManifestConfig, ManifestEntry, ManifestSet};
use crate::cli::manifests::field::Field;
use crate::plan::managed::{Managed, Reference, ResolvedRefs};
use crate::plan::state::State;
use crate::provider::model::ids::TeamId;

/// A reference that leads to nothing that can be used.
pub(crate) struct Lack {
    /// Where it is written.
    pub(crate) field: Field,
    /// What it names.
    pub(crate) name: String,
    /// The reason that the resource would show.
    pub(crate) reason: Reason,
    pub(crate) message: String,
}

impl From<Lack> for State {
    fn from(unresolved_reference: Lack) -> Self {
        Self::Stalled { reason: unresolved_reference.reason, message: unresolved_reference.message }
    }
}

/// The config that a resource names.
pub(crate) fn config_name<T: Managed>(entry: &ManifestEntry<T>) -> ConfigName {
    let reference = &entry.resource.policies().provider_config_ref;
    let namespace = match reference.kind {
        ConfigKind::ProviderConfig => entry.name.0.clone(),
        ConfigKind::ClusterProviderConfig => String::new(),
    };
    (reference.kind, namespace, reference.name.clone())
}

impl ManifestSet {
    /// The config that a resource names, if it is for the resource's provider.
    ///
    /// # Errors
    /// No such config, or one for the other provider.
    pub(crate) fn config_of<T: Managed>(&self, entry: &ManifestEntry<T>) -> Result<&ManifestConfig, Lack> {
        let name = config_name(entry);
        let field = Field::dotted("spec.providerConfigRef.name");
        let Some(config) = self.configs.get(&name) else {
            let others = self.configs.keys().filter(|other| (other.0, &other.1) == (name.0, &name.1));
            let hint = did_you_mean(&name.2, others.map(|other| other.2.as_str()));
            let message = format!("the config '{}' is not among the manifests{hint}", name.2);
            return Err(Lack { field, name: name.2, reason: Reason::ReferenceNotFound, message });
        };
        if config.provider == T::PROVIDER {
            return Ok(config);
        }
        let (is, needs) = (config.provider.name(), T::PROVIDER.name());
        let message = format!("the config '{}' is for {is}, and this kind needs one for {needs}", name.2);
        Err(Lack { field, name: name.2, reason: Reason::WrongProvider, message })
    }

    /// What a resource's references lead to; `team` knows the ids of Teams: none of a Team that is not among the manifests,
    /// `Some(None)` of one that would not be Ready.
    ///
    /// # Errors
    /// Every reference that leads to nothing.
    pub(crate) fn found<T: Managed>(
        &self,
        entry: &ManifestEntry<T>,
        team: impl Fn(&str) -> Option<Option<TeamId>>,
    ) -> Result<ResolvedRefs, Vec<Lack>> {
        let (mut found, mut unresolved) = (ResolvedRefs::default(), Vec::new());
        let unresolved_reference = |written: Value, name: &str, reason, message| Lack {
            field: written_at(entry, &written),
            name: name.to_owned(),
            reason,
            message,
        };
        for reference in entry.resource.references() {
            match reference {
                Reference::Team(wanted) => {
                    let (reason, problem) = match team(&wanted.name) {
                        Some(Some(id)) => {
                            found.teams.insert(wanted.name, id);
                            continue;
                        }
                        Some(None) => (Reason::ReferenceNotReady, "would not be Ready".to_owned()),
                        None => (
                            Reason::ReferenceNotFound,
                            format!("is not among the manifests{}", self.team_meant(entry, &wanted.name)),
                        ),
                    };
                    let message = format!("the Team '{}' {problem}", wanted.name);
                    unresolved.push(unresolved_reference(json!(wanted), &wanted.name, reason, message));
                }
                Reference::Secret(secret) => match self.secret(&entry.name.0, &secret.name, &secret.key).cloned() {
                    Some(value) => drop(found.secrets.insert(secret, value)),
                    None => unresolved.push(unresolved_reference(
                        json!(secret),
                        &secret.name,
                        Reason::SecretNotFound,
                        no_secret(&secret),
                    )),
                },
                Reference::Code(secret) => {
                    let code = self.secret(&entry.name.0, &secret.name, &secret.key).cloned();
                    found.secrets.extend(code.map(|code| (secret, code)));
                }
            }
        }
        if unresolved.is_empty() { Ok(found) } else { Err(unresolved) }
    }

    fn team_meant<T>(&self, entry: &ManifestEntry<T>, name: &str) -> String {
        let others = self.teams.iter().filter(|team| team.name.0 == entry.name.0);
        did_you_mean(name, others.map(|team| team.name.1.as_str()))
    }
}

fn no_secret(secret: &SecretKeyRef) -> String {
    format!("the Secret '{}' with the key '{}' is not among the manifests", secret.name, secret.key)
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
