//! Checks the references between manifests, and their values as the operator checks them. No IO.

use std::collections::BTreeSet;

use crate::api::annotations::{Annotations, InvalidAnnotation};
use crate::api::kinds::Kind;
use crate::api::provider_config::NamespacedSecretKeyRef;
use crate::api::reason::Reason;
use crate::api::references::{SecretKeyRef, TeamRef};
use crate::api::resource_key::ResourceKey;
use crate::cli::diagnostic::{Check, Diagnostic};
use crate::cli::manifest_set::references::field_of;
use crate::cli::manifest_set::secrets::Found;
use crate::cli::manifest_set::{ManifestEntry, ManifestSet, with_entries};
use crate::cli::manifests::field::Field;
use crate::plan::managed::Managed;
use crate::plan::references::{Referent, ReferredTeam, UnresolvedReference, lacks_key};
use crate::plan::state::State;
use crate::provider::model::ids::TeamId;

/// Checks the references and values of every resource; `elsewhere` says whether an object of a name may exist although no
/// manifest of the set has it.
pub(crate) fn check(set: &ManifestSet, elsewhere: &dyn Fn(&str) -> bool) -> Vec<Diagnostic> {
    let teams = set.managed.team.iter().map(|team| &team.key).collect();
    let references = ReferenceCheck { set, elsewhere, teams };
    let mut all = references.configs();
    for kind in Kind::ALL {
        with_entries!(kind in set, entries => all.extend(entries.iter().flat_map(|entry| references.entry(entry))));
    }
    all
}

struct ReferenceCheck<'a> {
    set: &'a ManifestSet,
    elsewhere: &'a dyn Fn(&str) -> bool,
    teams: BTreeSet<&'a ResourceKey>,
}

impl ReferenceCheck<'_> {
    fn entry<T: Managed>(&self, entry: &ManifestEntry<T>) -> Vec<Diagnostic> {
        let error = |check, field, message| entry.manifest.error(&entry.key.namespace, check, field, message);
        let mut all = Vec::new();
        if let Err(invalid) =
            entry.resource.metadata().annotations.as_ref().map_or(Ok(Annotations::default()), Annotations::parse)
        {
            all.push(error(Check::Value, annotation(&invalid), invalid.to_string()));
        }
        let finding = |unresolved: UnresolvedReference| {
            let field = field_of(entry, &unresolved);
            self.is_certain(entry, &unresolved).then(|| error(Check::Reference, field, unresolved.message))
        };
        // What is wrong with a config itself is told of the config.
        let config = self.set.config_of(entry).err().filter(|unresolved| unresolved.reason != Reason::InvalidPolicy);
        all.extend(config.and_then(finding));
        match self.set.resolve(entry, true, |name| self.team(entry, name)) {
            Err(unresolved) => all.extend(unresolved.into_iter().filter_map(finding)),
            Ok(refs) => {
                if let Err(State::Stalled { message, .. }) = entry.resource.resolve(&refs) {
                    all.push(error(Check::Value, Field::default().child("spec"), message));
                }
            }
        }
        all
    }

    /// A Team among the manifests, as if it had its team.
    fn team<T>(&self, entry: &ManifestEntry<T>, name: &str) -> Option<ReferredTeam> {
        let key = ResourceKey { kind: Kind::Team, namespace: entry.key.namespace.clone(), name: name.to_owned() };
        self.teams.contains(&key).then(|| ReferredTeam { id: TeamId::parse("any"), is_ready: true })
    }

    /// Whether what is missing cannot be elsewhere: Secrets are usually kept out of Git.
    fn is_certain<T>(&self, entry: &ManifestEntry<T>, unresolved: &UnresolvedReference) -> bool {
        let is_missing = unresolved.reason == Reason::ReferenceNotFound;
        match &unresolved.referent {
            Referent::Secret(SecretKeyRef { name, key }) => {
                matches!(self.set.secrets.find(&entry.key.namespace, name, key), Found::Missing)
            }
            Referent::Config(ResourceKey { name, .. }) | Referent::Team(TeamRef { name }) => {
                !is_missing || !(self.elsewhere)(name)
            }
        }
    }

    /// The annotations of a config are known, and its token's Secret, if it is among the manifests, has the key.
    fn configs(&self) -> Vec<Diagnostic> {
        let unknown = self.set.configs.iter().filter_map(|(key, config)| {
            let invalid = config.view.invalid_annotation.as_ref()?;
            let message = invalid.to_string();
            Some(config.manifest.error(&key.namespace, Check::Value, annotation(invalid), message))
        });
        let all = self.set.configs.iter().filter_map(|(config_key, config)| {
            let NamespacedSecretKeyRef { namespace, name, key } = &config.view.secret;
            let lacks = matches!(self.set.secrets.find(namespace, name, key), Found::Missing);
            let field = Field::dotted("spec.credentials.secretRef.key");
            let message = lacks_key(name, key);
            lacks.then(|| config.manifest.error(&config_key.namespace, Check::Reference, field, message))
        });
        unknown.chain(all).collect()
    }
}

/// Where an annotation is in a manifest.
fn annotation(invalid: &InvalidAnnotation) -> Field {
    Field::default().child("metadata").child("annotations").child(invalid.key())
}
