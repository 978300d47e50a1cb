//! Two manifests that mean one object. No IO.

use std::collections::BTreeMap;

use crate::api::kinds::Kind;
use crate::api::references::SecretKeyRef;
use crate::api::resource_key::ResourceKey;
use crate::cli::diagnostic::{Check, Diagnostic, ObjectName};
use crate::cli::manifest_set::references::config_of_entry;
use crate::cli::manifest_set::{ManifestEntry, ManifestSet, with_entries};
use crate::cli::manifests::Manifest;
use crate::cli::manifests::field::Field;
use crate::cli::manifests::place::Place;
use crate::plan::managed::Managed;
use crate::plan::unique_claim::UniqueClaim;

/// What only one may have, and the first that has it.
type Firsts<K> = BTreeMap<K, First>;

/// The first manifest that claims something.
struct First {
    name: String,
    place: Place,
}

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

/// Resources that claim the same: an object at the provider, or a person whom two Teams list.
pub(crate) fn claims(set: &ManifestSet) -> Vec<Diagnostic> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        with_entries!(kind in set, entries => all.extend(claimed(set, entries)));
    }
    all
}

/// What a resource claims, within the account that its config leads to.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
struct ClaimKey {
    config: ResourceKey,
    /// Claims of one kind for different reasons never meet.
    why: &'static str,
    key: String,
}

/// A diagnostic for each resource that claims what an earlier one claims.
fn claimed<T: Managed>(set: &ManifestSet, entries: &[ManifestEntry<T>]) -> Vec<Diagnostic> {
    let (mut firsts, mut all) = (Firsts::new(), Vec::new());
    for entry in entries {
        let secret = |from: &SecretKeyRef| {
            set.secrets.find(&entry.key.namespace, &from.name, &from.key).value()?.known().cloned()
        };
        for UniqueClaim { key, field, why, is_certain } in entry.resource.unique_claims(&secret) {
            let field = field.iter().fold(Field::default(), |field, step| field.child(step));
            let key = ClaimKey { config: config_of_entry(entry), why, key };
            match firsts.get(&key) {
                // Two of one name are reported as that.
                Some(first) if first.name == entry.key.to_string() => {}
                Some(First { name, place }) => {
                    let message = format!("{} '{name}' has the same at {place}: {why}", T::KIND);
                    let duplicate = entry.manifest.error(&entry.key.namespace, Check::Duplicate, field, message);
                    all.push(if is_certain { duplicate } else { duplicate.warning() });
                }
                None => {
                    let place = entry.manifest.locate(&field);
                    firsts.insert(key, First { name: entry.key.to_string(), place });
                }
            }
        }
    }
    all
}
