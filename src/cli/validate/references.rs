//! What manifests say of each other, and what the operator would say of their values. No IO.

use std::collections::BTreeMap;

use crate::api::annotations::Annotations;
use crate::api::reason::Reason;
use crate::cli::manifest_set::references::Lack;
use crate::cli::manifest_set::{ManifestEntry, ManifestSet};
use crate::cli::manifests::field::Field;
use crate::cli::validate::finding::{Check, Finding};
use crate::plan::managed::Managed;
use crate::plan::state::State;
use crate::provider::model::ids::TeamId;

/// Checks the references and values of every resource; `elsewhere` tells whether an object of a name may be there although no
/// manifest in the organisation has it.
pub(crate) fn check(set: &ManifestSet, elsewhere: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let view = ReferenceCheck::new(set, elsewhere);
    let mut all = view.configs();
    all.extend(set.accounts.iter().flat_map(|entry| view.entry(entry)));
    all.extend(set.customers.iter().flat_map(|entry| view.entry(entry)));
    all.extend(set.teams.iter().flat_map(|entry| view.entry(entry)));
    all.extend(set.services.iter().flat_map(|entry| view.entry(entry)));
    all.extend(set.channels.iter().flat_map(|entry| view.entry(entry)));
    all.extend(set.sub_accounts.iter().flat_map(|entry| view.entry(entry)));
    all
}

struct ReferenceCheck<'a> {
    set: &'a ManifestSet,
    elsewhere: &'a dyn Fn(&str) -> bool,
    /// An id for each Team, as if all were made.
    teams: BTreeMap<(&'a str, &'a str), TeamId>,
}

impl<'a> ReferenceCheck<'a> {
    fn new(set: &'a ManifestSet, elsewhere: &'a dyn Fn(&str) -> bool) -> Self {
        let teams = set.teams.iter().enumerate().filter_map(|(at, team)| {
            Some(((team.name.0.as_str(), team.name.1.as_str()), TeamId::parse(&format!("team-{at}"))?))
        });
        Self { set, elsewhere, teams: teams.collect() }
    }

    fn entry<T: Managed>(&self, entry: &ManifestEntry<T>) -> Vec<Finding> {
        let error = |check, field, message| Finding::error(&entry.manifest, &entry.name.0, check, field, message);
        let mut all = Vec::new();
        if let Err(unknown) =
            entry.resource.metadata().annotations.as_ref().map_or(Ok(Annotations::default()), Annotations::parse)
        {
            let field = Field::default().child("metadata").child("annotations").child(unknown.annotation());
            all.push(error(Check::Value, field, unknown.to_string()));
        }
        let lacks = |unresolved_reference: Lack| {
            self.is_certain(entry, &unresolved_reference)
                .then(|| error(Check::Reference, unresolved_reference.field, unresolved_reference.message))
        };
        all.extend(self.set.config_of(entry).err().and_then(lacks));
        let team = |name: &str| self.teams.get(&(entry.name.0.as_str(), name)).cloned().map(Some);
        match self.set.found(entry, team) {
            Err(unresolved) => all.extend(unresolved.into_iter().filter_map(lacks)),
            Ok(found) => {
                if let Err(State::Stalled { message, .. }) = entry.resource.resolve(&found) {
                    all.push(error(Check::Value, Field::default().child("spec"), message));
                }
            }
        }
        all
    }

    /// Whether what a manifest lacks cannot be elsewhere: a Secret is kept out of Git as a rule.
    fn is_certain<T>(&self, entry: &ManifestEntry<T>, unresolved_reference: &Lack) -> bool {
        match unresolved_reference.reason {
            Reason::SecretNotFound => self.set.has_secret(&entry.name.0, &unresolved_reference.name),
            Reason::ReferenceNotFound => !(self.elsewhere)(&unresolved_reference.name),
            _ => true,
        }
    }

    /// A token's Secret that is among the manifests has the key.
    fn configs(&self) -> Vec<Finding> {
        let all = self.set.configs.iter().filter_map(|((_, namespace, _), config)| {
            let (home, secret, key) = &config.secret;
            let lacks = self.set.has_secret(home, secret) && self.set.secret(home, secret, key).is_none();
            let field = Field::dotted("spec.credentials.secretRef.key");
            let message = format!("the Secret '{secret}' has no key '{key}'");
            lacks.then(|| Finding::error(&config.manifest, namespace, Check::Reference, field, message))
        });
        all.collect()
    }
}
