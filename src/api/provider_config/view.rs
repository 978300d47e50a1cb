//! What `ProviderConfig` and `ClusterProviderConfig` have in common, in the cluster and among manifests. No IO.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;

use jiff::Timestamp;
use kube::core::object::HasStatus;
use kube::{Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::annotations::of_config::approved_by_config;
use crate::api::annotations::{EXTERNAL_ID, InvalidAnnotation};
use crate::api::approval::ConfigApprovals;
use crate::api::kinds::HasKind;
use crate::api::provider_config::selector::NamespaceSelector;
use crate::api::provider_config::settings::Settings;
use crate::api::provider_config::{
    ClusterProviderConfig, ClusterProviderConfigSpec, NamespacedSecretKeyRef, Provider, ProviderConfig,
    ProviderConfigSpec, ProviderConfigStatus,
};
use crate::api::references::ConfigKind;
use crate::api::resource_key::ResourceKey;

/// Which namespaces may use a config.
#[derive(Clone, Debug)]
pub(crate) enum AllowedScope {
    /// Its own.
    OwnNamespace,
    /// Those that the selector chooses; `None`: none.
    Chosen(Option<NamespaceSelector>),
}

/// A config of either kind.
#[derive(Clone, Debug)]
pub(crate) struct ConfigView {
    /// Kind, namespace and name.
    pub(crate) key: ResourceKey,
    /// Which of the two kinds it is.
    pub(crate) kind: ConfigKind,
    /// `metadata.uid`.
    pub(crate) uid: String,
    /// Whose API the credential is for.
    pub(crate) provider: Provider,
    /// Endpoints, rate limit, intervals, deletion guard.
    pub(crate) settings: Settings,
    /// Where the token is.
    pub(crate) secret: NamespacedSecretKeyRef,
    /// Which namespaces may use it.
    pub(crate) scope: AllowedScope,
    /// The id of the account that the credential opens, once it is known.
    pub(crate) account: Option<String>,
    /// `metadata.labels`.
    pub(crate) labels: BTreeMap<String, String>,
    /// The Lease of the operator that serves it, as status says.
    pub(crate) served_by: Option<String>,
    /// Until when the provider's request for fewer calls holds, as status says.
    pub(crate) throttled_until: Option<Timestamp>,
    /// When deletions were reserved that the deletion guard counts; those may have been made, and lists may not show it yet.
    pub(crate) deletions: Arc<[Timestamp]>,
    /// The id of the account that the credential must open, by the annotation `external-id`.
    pub(crate) confirmed_account: Option<String>,
    /// The plans of its resources that it approves, by their hashes.
    pub(crate) approved_plans: Arc<BTreeSet<String>>,
    /// An annotation of this operator with an unknown key or value. It stops all writes with the config.
    pub(crate) invalid_annotation: Option<InvalidAnnotation>,
}

impl ConfigView {
    fn new<C: ConfigResource>(
        config: &C,
        provider: Provider,
        settings: &Settings,
        secret: NamespacedSecretKeyRef,
        scope: AllowedScope,
    ) -> Self {
        let status = config.status();
        let (approved_plans, invalid_annotation) = match approved_by_config(config.annotations()) {
            Ok(plans) => (plans, None),
            Err(invalid) => (BTreeSet::new(), Some(invalid)),
        };
        let deletions = status.map(|status| status.recent_deletions.as_slice()).unwrap_or_default();
        Self {
            key: ResourceKey::of(config),
            kind: C::CONFIG_KIND,
            uid: config.uid().unwrap_or_default(),
            provider,
            settings: settings.clone(),
            secret,
            scope,
            account: status.and_then(|status| status.account.as_ref()).map(|account| account.id.clone()),
            labels: config.labels().clone(),
            served_by: status.and_then(|status| status.served_by.clone()),
            throttled_until: status.and_then(|status| status.throttled_until),
            deletions: deletions.iter().map(|deletion| deletion.time).collect(),
            confirmed_account: config.annotations().get(EXTERNAL_ID).cloned(),
            approved_plans: Arc::new(approved_plans),
            invalid_annotation,
        }
    }

    /// What it says of approvals.
    pub(crate) fn approvals(&self) -> ConfigApprovals {
        let (plans, is_unreadable) = (Arc::clone(&self.approved_plans), self.invalid_annotation.is_some());
        ConfigApprovals { policy: self.settings.approval, plans, is_unreadable }
    }

    /// When the last deletion was reserved.
    pub(crate) fn last_deletion(&self) -> Option<Timestamp> {
        self.deletions.iter().max().copied()
    }

    /// The account that the credential must open: the one that the annotation names, or else the recorded one. `None`: any.
    pub(crate) fn expected_account(&self) -> Option<&str> {
        self.confirmed_account.as_deref().or(self.account.as_deref())
    }

    /// By what the config is put into a shard: the account that it is for, or its own name until that is known.
    pub(crate) fn part(&self) -> Cow<'_, str> {
        self.expected_account().map_or_else(|| Cow::Owned(self.key.to_string()), Cow::Borrowed)
    }

    /// Whether the config is for this account; `None`: the provider does not show which one it is.
    pub(crate) fn is_for(&self, account: Option<&str>) -> bool {
        self.expected_account().is_none_or(|expected| account == Some(expected))
    }
}

/// A kind of config.
pub(crate) trait ConfigResource:
    Resource<DynamicType = ()> + HasKind + Clone + Debug + DeserializeOwned + Send + Serialize + Sync + 'static
where
    Self: HasStatus<Status = ProviderConfigStatus>,
{
    /// Which of the two kinds it is.
    const CONFIG_KIND: ConfigKind;

    /// The common view.
    fn view(&self) -> ConfigView;
}

impl ConfigResource for ProviderConfig {
    const CONFIG_KIND: ConfigKind = ConfigKind::ProviderConfig;

    fn view(&self) -> ConfigView {
        let ProviderConfigSpec { provider, credentials, settings } = &self.spec;
        let (name, key) = (credentials.secret_ref.name.clone(), credentials.secret_ref.key.clone());
        let secret = NamespacedSecretKeyRef { namespace: self.namespace().unwrap_or_default(), name, key };
        ConfigView::new(self, *provider, settings, secret, AllowedScope::OwnNamespace)
    }
}

impl ConfigResource for ClusterProviderConfig {
    const CONFIG_KIND: ConfigKind = ConfigKind::ClusterProviderConfig;

    fn view(&self) -> ConfigView {
        let ClusterProviderConfigSpec { provider, credentials, allowed_namespaces, settings } = &self.spec;
        let scope = AllowedScope::Chosen(allowed_namespaces.clone());
        ConfigView::new(self, *provider, settings, credentials.secret_ref.clone(), scope)
    }
}
