//! The manifests by kind: resources, the configs that they use, and the Secrets that these refer to. No IO.

pub(crate) mod references;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use serde::de::DeserializeOwned;

use crate::api::account::Account;
use crate::api::customer::Customer;
use crate::api::notification_channel::NotificationChannel;
use crate::api::provider_config::settings::Settings;
use crate::api::provider_config::{ClusterProviderConfig, Provider, ProviderConfig};
use crate::api::references::ConfigKind;
use crate::api::service::Service;
use crate::api::sub_account::SubAccount;
use crate::api::team::Team;
use crate::cli::diagnostic::Diagnostic;
use crate::cli::manifests::Manifest;
use crate::provider::model::sensitive::Sensitive;

/// A namespace and a name.
pub(crate) type Name = (String, String);

/// A config, by kind, namespace and name.
pub(crate) type ConfigName = (ConfigKind, String, String);

/// One resource of a kind.
#[derive(Clone)]
pub(crate) struct ManifestEntry<T> {
    pub(crate) manifest: Manifest,
    pub(crate) name: Name,
    pub(crate) resource: T,
    /// Its manifest is only in the old tree: applying the new one with pruning deletes it.
    pub(crate) is_deleted: bool,
}

/// What a config says.
#[derive(Clone)]
pub(crate) struct ManifestConfig {
    pub(crate) manifest: Manifest,
    pub(crate) provider: Provider,
    pub(crate) settings: Settings,
    /// The Secret's namespace, name and key.
    pub(crate) secret: (String, String, String),
}

/// Everything that the manifests say.
#[derive(Default)]
pub(crate) struct ManifestSet {
    pub(crate) accounts: Vec<ManifestEntry<Account>>,
    pub(crate) customers: Vec<ManifestEntry<Customer>>,
    pub(crate) teams: Vec<ManifestEntry<Team>>,
    pub(crate) services: Vec<ManifestEntry<Service>>,
    pub(crate) channels: Vec<ManifestEntry<NotificationChannel>>,
    pub(crate) sub_accounts: Vec<ManifestEntry<SubAccount>>,
    pub(crate) configs: BTreeMap<ConfigName, ManifestConfig>,
    secrets: BTreeMap<Name, BTreeMap<String, Sensitive>>,
    /// How many objects are of no kind that matters here.
    pub(crate) passed_over: usize,
}

impl ManifestSet {
    /// Sorts manifests by kind; `namespace` is that of those which name none.
    ///
    /// # Errors
    /// Every manifest of our kinds that does not fit its kind.
    pub(crate) fn of<'a>(
        manifests: impl IntoIterator<Item = &'a Manifest>,
        namespace: &str,
    ) -> Result<Self, Vec<Diagnostic>> {
        let (mut set, mut faults) = (Self::default(), Vec::new());
        for manifest in manifests {
            if let Err(fault) = set.add(manifest, namespace) {
                faults.push(fault);
            }
        }
        if faults.is_empty() { Ok(set) } else { Err(faults) }
    }

    fn add(&mut self, manifest: &Manifest, namespace: &str) -> Result<(), Diagnostic> {
        match (manifest.api_version(), manifest.kind()) {
            ("v1", "Secret") => self.add_secret(&manifest.typed::<Secret>()?, namespace),
            ("ping-operator.dev/v1alpha1", kind) => match kind {
                "ProviderConfig" => self.add_config(manifest, &manifest.typed()?, namespace),
                "ClusterProviderConfig" => self.add_cluster_config(manifest, &manifest.typed()?),
                "Account" => self.accounts.push(entry(manifest, namespace)?),
                "Customer" => self.customers.push(entry(manifest, namespace)?),
                "Team" => self.teams.push(entry(manifest, namespace)?),
                "Service" => self.services.push(entry(manifest, namespace)?),
                "NotificationChannel" => self.channels.push(entry(manifest, namespace)?),
                "SubAccount" => self.sub_accounts.push(entry(manifest, namespace)?),
                _ => self.passed_over += 1,
            },
            _ => self.passed_over += 1,
        }
        Ok(())
    }

    /// Adds what only the old tree has, to be deleted; its configs and Secrets are still needed for that.
    pub(crate) fn prune(&mut self, old: &Self) {
        pruned(&mut self.accounts, &old.accounts);
        pruned(&mut self.customers, &old.customers);
        pruned(&mut self.teams, &old.teams);
        pruned(&mut self.services, &old.services);
        pruned(&mut self.channels, &old.channels);
        pruned(&mut self.sub_accounts, &old.sub_accounts);
        self.share(old);
    }

    /// Adds the configs and Secrets of another tree that this one does not have.
    pub(crate) fn share(&mut self, other: &Self) {
        for (name, config) in &other.configs {
            self.configs.entry(name.clone()).or_insert_with(|| config.clone());
        }
        for (name, secret) in &other.secrets {
            self.secrets.entry(name.clone()).or_insert_with(|| secret.clone());
        }
    }

    /// The value of a Secret's key, if the manifests have it.
    pub(crate) fn secret(&self, namespace: &str, name: &str, key: &str) -> Option<&Sensitive> {
        self.secrets.get(&(namespace.to_owned(), name.to_owned()))?.get(key)
    }

    /// Whether the manifests have a Secret, whatever its keys.
    pub(crate) fn has_secret(&self, namespace: &str, name: &str) -> bool {
        self.secrets.contains_key(&(namespace.to_owned(), name.to_owned()))
    }

    /// Every value of every Secret.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.secrets.values().flat_map(BTreeMap::values).map(Sensitive::expose)
    }

    fn add_secret(&mut self, secret: &Secret, namespace: &str) {
        let name = (secret.namespace().unwrap_or_else(|| namespace.to_owned()), secret.name_any());
        let data = secret.data.iter().flatten();
        let decoded = data.filter_map(|(key, bytes)| Some((key.clone(), String::from_utf8(bytes.0.clone()).ok()?)));
        let plain = secret.string_data.iter().flatten().map(|(key, text)| (key.clone(), text.clone()));
        let values = decoded.chain(plain).map(|(key, text)| (key, Sensitive::new(text.trim())));
        self.secrets.insert(name, values.collect());
    }

    fn add_config(&mut self, manifest: &Manifest, config: &ProviderConfig, namespace: &str) {
        let namespace = config.namespace().unwrap_or_else(|| namespace.to_owned());
        let (spec, secret) = (&config.spec, &config.spec.credentials.secret_ref);
        let said = ManifestConfig {
            manifest: manifest.clone(),
            provider: spec.provider,
            settings: spec.settings.clone(),
            secret: (namespace.clone(), secret.name.clone(), secret.key.clone()),
        };
        self.configs.insert((ConfigKind::ProviderConfig, namespace, config.name_any()), said);
    }

    fn add_cluster_config(&mut self, manifest: &Manifest, config: &ClusterProviderConfig) {
        let (spec, secret) = (&config.spec, &config.spec.credentials.secret_ref);
        let said = ManifestConfig {
            manifest: manifest.clone(),
            provider: spec.provider,
            settings: spec.settings.clone(),
            secret: (secret.namespace.clone(), secret.name.clone(), secret.key.clone()),
        };
        self.configs.insert((ConfigKind::ClusterProviderConfig, String::new(), config.name_any()), said);
    }
}

fn entry<T: DeserializeOwned + ResourceExt>(
    manifest: &Manifest,
    namespace: &str,
) -> Result<ManifestEntry<T>, Diagnostic> {
    let resource = manifest.typed::<T>()?;
    let name = (resource.namespace().unwrap_or_else(|| namespace.to_owned()), resource.name_any());
    Ok(ManifestEntry { manifest: manifest.clone(), name, resource, is_deleted: false })
}

fn pruned<T: Clone>(kept: &mut Vec<ManifestEntry<T>>, old: &[ManifestEntry<T>]) {
    let names: std::collections::BTreeSet<_> = kept.iter().map(|entry| entry.name.clone()).collect();
    let gone = old.iter().filter(|entry| !names.contains(&entry.name)).cloned();
    kept.extend(gone.map(|entry| ManifestEntry { is_deleted: true, ..entry }));
}
