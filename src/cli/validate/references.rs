//! What manifests say of each other, and what the operator would say of their values. No IO.

use std::collections::BTreeMap;

use crate::api::annotations::Annotations;
use crate::cli::manifest_set::references::Lack;
use crate::cli::manifest_set::{Entry, Organisation};
use crate::cli::manifests::field::Field;
use crate::cli::validate::finding::{Check, Finding};
use crate::plan::State;
use crate::plan::managed::Managed;
use crate::provider::model::ids::TeamId;

/// Checks the references and values of every resource; `elsewhere` tells whether an object of a name may be there although no
/// manifest in the organisation has it.
pub(crate) fn check(organisation: &Organisation, elsewhere: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let view = View::new(organisation, elsewhere);
    let mut all = view.configs();
    all.extend(organisation.accounts.iter().flat_map(|entry| view.entry(entry)));
    all.extend(organisation.customers.iter().flat_map(|entry| view.entry(entry)));
    all.extend(organisation.teams.iter().flat_map(|entry| view.entry(entry)));
    all.extend(organisation.services.iter().flat_map(|entry| view.entry(entry)));
    all.extend(organisation.channels.iter().flat_map(|entry| view.entry(entry)));
    all.extend(organisation.sub_accounts.iter().flat_map(|entry| view.entry(entry)));
    all
}

struct View<'a> {
    organisation: &'a Organisation,
    elsewhere: &'a dyn Fn(&str) -> bool,
    /// An id for each Team, as if all were made.
    teams: BTreeMap<(&'a str, &'a str), TeamId>,
}

impl<'a> View<'a> {
    fn new(organisation: &'a Organisation, elsewhere: &'a dyn Fn(&str) -> bool) -> Self {
        let teams = organisation.teams.iter().enumerate().filter_map(|(at, team)| {
            Some(((team.name.0.as_str(), team.name.1.as_str()), TeamId::parse(&format!("team-{at}"))?))
        });
        Self { organisation, elsewhere, teams: teams.collect() }
    }

    fn entry<T: Managed>(&self, entry: &Entry<T>) -> Vec<Finding> {
        let error = |check, field, message| Finding::error(&entry.manifest, &entry.name.0, check, field, message);
        let mut all = Vec::new();
        if let Err(unknown) =
            entry.resource.metadata().annotations.as_ref().map_or(Ok(Annotations::default()), Annotations::parse)
        {
            let field = Field::default().child("metadata").child("annotations").child(unknown.annotation());
            all.push(error(Check::Value, field, unknown.to_string()));
        }
        let lacks =
            |lack: Lack| self.is_certain(entry, &lack).then(|| error(Check::Reference, lack.field, lack.message));
        all.extend(self.organisation.config_of(entry).err().and_then(lacks));
        let team = |name: &str| self.teams.get(&(entry.name.0.as_str(), name)).cloned().map(Some);
        match self.organisation.found(entry, team) {
            Err(lacking) => all.extend(lacking.into_iter().filter_map(lacks)),
            Ok(found) => {
                if let Err(State::Stalled { message, .. }) = entry.resource.desired(&found) {
                    all.push(error(Check::Value, Field::default().child("spec"), message));
                }
            }
        }
        all
    }

    /// Whether what a manifest lacks cannot be elsewhere: a Secret is kept out of Git as a rule.
    fn is_certain<T>(&self, entry: &Entry<T>, lack: &Lack) -> bool {
        match lack.reason {
            "SecretNotFound" => self.organisation.has_secret(&entry.name.0, &lack.name),
            "ReferenceNotFound" => !(self.elsewhere)(&lack.name),
            _ => true,
        }
    }

    /// A token's Secret that is among the manifests has the key.
    fn configs(&self) -> Vec<Finding> {
        let all = self.organisation.configs.iter().filter_map(|((_, namespace, _), config)| {
            let (home, secret, key) = &config.secret;
            let lacks =
                self.organisation.has_secret(home, secret) && self.organisation.secret(home, secret, key).is_none();
            let field = Field::dotted("spec.credentials.secretRef.key");
            let message = format!("the Secret '{secret}' has no key '{key}'");
            lacks.then(|| Finding::error(&config.manifest, namespace, Check::Reference, field, message))
        });
        all.collect()
    }
}
