//! Two manifests that mean one object. No IO.

use std::collections::BTreeMap;

use crate::api::annotations::EXTERNAL_ID;
use crate::api::notification_channel::NotificationChannel;
use crate::api::team::Team;
use crate::cli::diagnostic::{Check, Diagnostic, ObjectName};
use crate::cli::manifest_set::references::config_name;
use crate::cli::manifest_set::{ConfigName, ManifestEntry, ManifestSet};
use crate::cli::manifests::Manifest;
use crate::cli::manifests::field::Field;
use crate::cli::manifests::place::Place;
use crate::plan::managed::Managed;
use crate::provider::model::channel::channel_key;
use crate::provider::model::member::email_key;

/// What only one may have, and who had it first.
type Firsts<K> = BTreeMap<K, (String, Place)>;

/// Manifests of one kind, namespace and name: the last of them is what is applied.
pub(crate) fn names<'a>(manifests: impl Iterator<Item = &'a Manifest>, namespace: &str) -> Vec<Diagnostic> {
    let (mut firsts, mut all) = (BTreeMap::<ObjectName, Place>::new(), Vec::new());
    for manifest in manifests {
        let object = manifest.object_name(namespace);
        if let Some(place) = firsts.get(&object) {
            let ObjectName { kind, namespace: home, name } = &object;
            let message =
                format!("the {kind} '{home}/{name}' is written at {place}, too: only the last would be applied");
            all.push(manifest.error(namespace, Check::Duplicate, Field::dotted("metadata.name"), message));
        } else {
            firsts.insert(object, manifest.place.clone());
        }
    }
    all
}

/// Resources that claim one object at the provider, and people whom two Teams list.
pub(crate) fn claims(set: &ManifestSet) -> Vec<Diagnostic> {
    let mut all = adopted(&set.teams);
    all.extend(adopted(&set.services));
    all.extend(adopted(&set.sub_accounts));
    all.extend(single(&set.accounts, "an account's settings have one manifest"));
    all.extend(single(&set.customers, "a token has one customer"));
    all.extend(channels(set));
    all.extend(people(set));
    all
}

/// A diagnostic for each resource whose claim another one made before.
fn claimed<'a, T: Managed, K: Ord>(
    entries: &'a [ManifestEntry<T>],
    claim: impl Fn(&'a ManifestEntry<T>) -> Vec<(K, Field)>,
    why: &str,
) -> Vec<Diagnostic> {
    let (mut firsts, mut all) = (Firsts::new(), Vec::new());
    for entry in entries {
        for (key, field) in claim(entry) {
            let name = format!("{}/{}", entry.name.0, entry.name.1);
            match firsts.get(&key) {
                // Two manifests of one name have their own diagnostic.
                Some((other, _)) if *other == name => {}
                Some((other, place)) => {
                    let message = format!("{} '{other}' has the same at {place}: {why}", T::kind(&()));
                    all.push(entry.manifest.error(&entry.name.0, Check::Duplicate, field, message));
                }
                None => drop(firsts.insert(key, (name, entry.manifest.locate(&field)))),
            }
        }
    }
    all
}

fn adopted<T: Managed>(entries: &[ManifestEntry<T>]) -> Vec<Diagnostic> {
    let field = || Field::default().child("metadata").child("annotations").child(EXTERNAL_ID);
    let id = |entry: &ManifestEntry<T>| entry.resource.metadata().annotations.as_ref()?.get(EXTERNAL_ID).cloned();
    let claim = |entry| id(entry).map(|id| ((config_name(entry), id), field())).into_iter().collect();
    claimed(entries, claim, "an object is managed by one resource")
}

fn single<T: Managed>(entries: &[ManifestEntry<T>], why: &str) -> Vec<Diagnostic> {
    claimed(entries, |entry| vec![(config_name(entry), Field::dotted("spec.providerConfigRef.name"))], why)
}

fn channels(set: &ManifestSet) -> Vec<Diagnostic> {
    type Key = (ConfigName, Option<String>, String, String);
    let claim = |entry: &ManifestEntry<NotificationChannel>| -> Vec<(Key, Field)> {
        let spec = &entry.resource.spec;
        let secret = spec.value_from.as_ref().map(|from| &from.secret_key_ref);
        let secret = secret.and_then(|from| set.secret(&entry.name.0, &from.name, &from.key));
        let (value, field) = match (&spec.value, secret) {
            (Some(value), _) => (value.as_str(), "spec.value"),
            (None, Some(secret)) => (secret.expose(), "spec.valueFrom"),
            (None, None) => return Vec::new(),
        };
        let team = spec.owner.team_ref.as_ref().map(|team| format!("{}/{}", entry.name.0, team.name));
        let key = (config_name(entry), team, spec.type_.clone(), channel_key(&spec.type_, value));
        vec![(key, Field::dotted(field))]
    };
    claimed(&set.channels, claim, "an owner has an address once")
}

/// Whether Pinghome takes somebody into two teams is not known: it may refuse the second invitation (apis.md PU21).
fn people(set: &ManifestSet) -> Vec<Diagnostic> {
    let claim = |entry: &ManifestEntry<Team>| {
        let listed = entry.resource.spec.members.iter().enumerate();
        let key = |email: &str| (config_name(entry), email_key(email));
        listed.map(|(at, member)| (key(&member.email), Field::dotted(&format!("spec.members[{at}].email")))).collect()
    };
    let twice = claimed(&set.teams, claim, "Pinghome may refuse to invite a person of another team");
    twice.into_iter().map(Diagnostic::warning).collect()
}
