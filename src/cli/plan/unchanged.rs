//! Which manifests say what those that are applied say: with `--changed-only` they are not looked at. No IO.

use std::collections::{BTreeMap, BTreeSet};

use kube::ResourceExt;
use serde_json::Value;

use crate::api::annotations::decides_plans;
use crate::api::kinds::Kind;
use crate::api::provider_config::NamespacedSecretKeyRef;
use crate::api::provider_config::view::ConfigView;
use crate::api::references::SecretKeyRef;
use crate::api::resource_key::ResourceKey;
use crate::cli::manifest_set::references::config_of_entry;
use crate::cli::manifest_set::{ManifestEntry, ManifestSet, spec, with_entries};
use crate::plan::managed::Managed;
use crate::plan::references::Reference;

/// The resources of which nothing differs between what is applied and what is to be: spec, annotations of this operator, config, Secrets.
pub(crate) fn unchanged(applied: &ManifestSet, new: &ManifestSet) -> BTreeSet<ResourceKey> {
    let (before, sets) = (said(applied), Sets { applied, new });
    let is_same =
        |(key, after): &(ResourceKey, Said)| before.get(key).is_some_and(|before| sets.say_same(before, after));
    said(new).into_iter().filter(is_same).map(|(key, _)| key).collect()
}

/// What a manifest says.
struct Said {
    spec: Value,
    /// The annotations that decide what is planned.
    annotations: BTreeMap<String, String>,
    /// Whether it comes from a cluster.
    has_status: bool,
    config: ResourceKey,
    namespace: String,
    secrets: Vec<SecretKeyRef>,
}

impl Said {
    fn by<T: Managed>(entry: &ManifestEntry<T>) -> (ResourceKey, Self) {
        let resource = &entry.resource;
        let secrets = resource.references().into_iter().filter_map(|reference| match reference {
            Reference::Secret(secret) | Reference::Code(secret) => Some(secret),
            Reference::Team(_) => None,
        });
        let annotations = resource.annotations().iter().filter(|(key, _)| decides_plans(key));
        let said = Self {
            spec: spec(resource),
            annotations: annotations.map(|(key, value)| (key.clone(), value.clone())).collect(),
            has_status: resource.status().is_some(),
            config: config_of_entry(entry),
            namespace: entry.key.namespace.clone(),
            secrets: secrets.collect(),
        };
        (entry.key.clone(), said)
    }
}

fn said(set: &ManifestSet) -> BTreeMap<ResourceKey, Said> {
    let mut all = BTreeMap::new();
    for kind in Kind::ALL {
        with_entries!(kind in set, entries => all.extend(entries.iter().map(Said::by)));
    }
    all
}

/// What is applied, and what is to be.
struct Sets<'a> {
    applied: &'a ManifestSet,
    new: &'a ManifestSet,
}

impl Sets<'_> {
    fn say_same(&self, before: &Said, after: &Said) -> bool {
        let mut secrets = after.secrets.iter();
        // What comes from a cluster may have annotations that no manifest has: applying manifests leaves them.
        let is_kept = after.annotations.iter().all(|(key, value)| before.annotations.get(key) == Some(value));
        before.spec == after.spec
            && is_kept
            && (before.has_status || before.annotations.len() == after.annotations.len())
            && self.is_same_config(&after.config)
            && secrets.all(|secret| self.is_same_secret(&after.namespace, &secret.name, &secret.key))
    }

    /// A config that one side does not have is that of the other side.
    fn is_same_config(&self, key: &ResourceKey) -> bool {
        let configs = self.applied.configs.get(key).zip(self.new.configs.get(key));
        configs.is_none_or(|(before, after)| {
            let asks = |config: &ConfigView| {
                (config.provider, config.settings.clone(), config.secret.clone(), config.confirmed_account.clone())
            };
            let NamespacedSecretKeyRef { namespace, name, key } = &after.view.secret;
            asks(&before.view) == asks(&after.view) && self.is_same_secret(namespace, name, key)
        })
    }

    /// A Secret of which one side tells nothing is that of the other side.
    fn is_same_secret(&self, namespace: &str, name: &str, key: &str) -> bool {
        self.new.secrets.says_same(&self.applied.secrets, namespace, name, key)
    }
}
