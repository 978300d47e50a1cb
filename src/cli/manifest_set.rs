//! The manifests by kind: resources, the configs that they use, and the Secrets that these refer to. No IO.

pub(crate) mod hidden;
pub(crate) mod references;
pub(crate) mod secret_sources;
pub(crate) mod secrets;

use std::collections::{BTreeMap, BTreeSet};

use kube::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api::GROUP;
use crate::api::kinds::{HasKind, Kind, managed_kinds};
use crate::api::provider_config::view::{ConfigResource, ConfigView};
use crate::api::provider_config::{ClusterProviderConfig, ProviderConfig};
use crate::api::resource_key::ResourceKey;
use crate::cli::diagnostic::Diagnostic;
use crate::cli::manifest_set::secrets::ManifestSecrets;
use crate::cli::manifests::Manifest;

/// One resource of a kind.
#[derive(Clone)]
pub(crate) struct ManifestEntry<T> {
    /// Where it is written, and its text.
    pub(crate) manifest: Manifest,
    /// Kind, namespace and name.
    pub(crate) key: ResourceKey,
    /// The resource; its namespace is filled in.
    pub(crate) resource: T,
    /// Only the previous manifests have it: applying the new ones with pruning deletes it.
    pub(crate) is_deleted: bool,
}

/// A config of either kind.
#[derive(Clone)]
pub(crate) struct ManifestConfig {
    /// Where it is written, and its text.
    pub(crate) manifest: Manifest,
    /// What it says.
    pub(crate) view: ConfigView,
}

macro_rules! declare {
    ($($(#[$cfg:meta])* $module:ident::$name:ident: $provider:ident,)*) => {
        /// The resources of every managed kind.
        #[derive(Default)]
        pub(crate) struct ManagedEntries {
            $(
                $(#[$cfg])*
                #[doc = concat!("Those of the kind ", stringify!($name), ".")]
                pub(crate) $module: Vec<ManifestEntry<crate::api::$module::$name>>,
            )*
        }

        impl ManifestSet {
            /// Adds a manifest of one of our kinds.
            fn add_kind(&mut self, kind: Kind, manifest: &Manifest, namespace: &str) -> Result<(), Diagnostic> {
                match kind {
                    Kind::ProviderConfig => self.add_config::<ProviderConfig>(manifest, namespace),
                    Kind::ClusterProviderConfig => self.add_config::<ClusterProviderConfig>(manifest, namespace),
                    $(
                        $(#[$cfg])*
                        Kind::$name => {
                            self.managed.$module.push(entry(manifest, namespace)?);
                            Ok(())
                        }
                    )*
                }
            }

            /// Adds what only the previous manifests have and `is_kept` names, as it is; returns what was added.
            pub(crate) fn keep(&mut self, previous: &Self, is_kept: impl Fn(&ResourceKey) -> bool) -> BTreeSet<ResourceKey> {
                let mut added = BTreeSet::new();
                $(
                    $(#[$cfg])*
                    {
                        let kept = &mut self.managed.$module;
                        let mut elsewhere = absent(kept, &previous.managed.$module);
                        elsewhere.retain(|entry| is_kept(&entry.key));
                        added.extend(elsewhere.iter().map(|entry| entry.key.clone()));
                        kept.extend(elsewhere);
                    }
                )*
                added
            }

            /// Adds what only the previous manifests have, to be deleted; their configs and Secrets are needed for that.
            pub(crate) fn prune(&mut self, previous: &Self) {
                $($(#[$cfg])* prune(&mut self.managed.$module, &previous.managed.$module);)*
                self.secrets.compare_with(&previous.secrets);
                self.share(previous);
            }
        }
    };
}

managed_kinds!(declare);

/// Evaluates an expression with the entries of a managed kind, which have a type of their own; `()` for a kind of config.
macro_rules! with_entries {
    ($kind:ident in $set:expr, $entries:ident => $then:expr) => {
        crate::api::kinds::managed_kinds!(with_entries {$kind in $set, $entries => $then})
    };
    ({$kind:ident in $set:expr, $entries:ident => $then:expr}
     $($(#[$cfg:meta])* $module:ident::$name:ident: $provider:ident,)*) => {
        match $kind {
            Kind::ProviderConfig | Kind::ClusterProviderConfig => {}
            $(
                $(#[$cfg])*
                Kind::$name => {
                    let $entries = &$set.managed.$module;
                    $then
                }
            )*
        }
    };
}

pub(crate) use with_entries;

/// Everything that the manifests say.
#[derive(Default)]
pub(crate) struct ManifestSet {
    /// Resources that stand for external objects.
    pub(crate) managed: ManagedEntries,
    /// Both kinds of config.
    pub(crate) configs: BTreeMap<ResourceKey, ManifestConfig>,
    /// What is told of Secrets.
    pub(crate) secrets: ManifestSecrets,
    /// Number of objects of other kinds.
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
        let (mut set, mut refused) = (Self::default(), Vec::new());
        for manifest in manifests {
            if let Err(diagnostic) = set.add(manifest, namespace) {
                refused.push(diagnostic);
            }
        }
        if refused.is_empty() { Ok(set) } else { Err(refused) }
    }

    fn add(&mut self, manifest: &Manifest, namespace: &str) -> Result<(), Diagnostic> {
        if manifest.api_version() == "v1" && manifest.kind() == "Secret" {
            return self.secrets.add(manifest, namespace);
        }
        self.secrets.add_source(manifest, namespace);
        let kind = Kind::parse(manifest.kind()).filter(|_| manifest.api_version() == format!("{GROUP}/v1alpha1"));
        if let Some(kind) = kind {
            return self.add_kind(kind, manifest, namespace);
        }
        self.passed_over += 1;
        Ok(())
    }

    /// Adds the configs and Secrets of another set that this one does not have.
    pub(crate) fn share(&mut self, other: &Self) {
        for (key, config) in &other.configs {
            let ours = self.configs.entry(key.clone()).or_insert_with(|| config.clone());
            // The account that is recorded of it counts whatever its manifest says now.
            ours.view.account = ours.view.account.take().or_else(|| config.view.account.clone());
        }
        self.secrets.share(&other.secrets);
    }

    fn add_config<C: ConfigResource>(&mut self, manifest: &Manifest, namespace: &str) -> Result<(), Diagnostic> {
        let ManifestEntry { manifest, key, resource, is_deleted: _ } = entry::<C>(manifest, namespace)?;
        self.configs.insert(key, ManifestConfig { manifest, view: resource.view() });
        Ok(())
    }
}

/// The spec of a resource, with its defaults.
pub(crate) fn spec<T: Serialize>(resource: &T) -> Value {
    serde_json::to_value(resource).ok().and_then(|mut value| value.get_mut("spec").map(Value::take)).unwrap_or_default()
}

fn entry<T>(manifest: &Manifest, namespace: &str) -> Result<ManifestEntry<T>, Diagnostic>
where
    T: DeserializeOwned + Resource<DynamicType = ()> + HasKind,
{
    let mut resource = manifest.typed::<T>()?;
    let stated = &mut resource.meta_mut().namespace;
    // Kustomize writes its namespace into every object of a custom kind; the API server ignores it for a cluster-scoped one.
    *stated = (!T::KIND.is_cluster_scoped()).then(|| stated.take().unwrap_or_else(|| namespace.to_owned()));
    Ok(ManifestEntry { manifest: manifest.clone(), key: ResourceKey::of(&resource), resource, is_deleted: false })
}

fn prune<T: Clone>(kept: &mut Vec<ManifestEntry<T>>, previous: &[ManifestEntry<T>]) {
    let gone = absent(kept, previous);
    kept.extend(gone.into_iter().map(|entry| ManifestEntry { is_deleted: true, ..entry }));
}

/// What only the previous manifests have.
fn absent<T: Clone>(kept: &[ManifestEntry<T>], previous: &[ManifestEntry<T>]) -> Vec<ManifestEntry<T>> {
    let keys: BTreeSet<_> = kept.iter().map(|entry| &entry.key).collect();
    previous.iter().filter(|entry| !keys.contains(&entry.key)).cloned().collect()
}
