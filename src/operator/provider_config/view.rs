//! What `ProviderConfig` and `ClusterProviderConfig` have in common.

use std::fmt::Debug;

use jiff::Timestamp;
use kube::{Api, Client, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::annotations::EXTERNAL_ID;
use crate::api::provider_config::selector::NamespaceSelector;
use crate::api::provider_config::settings::Settings;
use crate::api::provider_config::{ClusterProviderConfig, Provider, ProviderConfig, ProviderConfigStatus};
use crate::operator::state::index::ResourceKey;

/// Who may use a config.
#[derive(Clone)]
pub(crate) enum AllowedScope {
    /// The resources of its own namespace.
    Namespace,
    /// Those of the namespaces that this chooses; `None`: of none.
    Chosen(Option<NamespaceSelector>),
}

/// A config of either kind.
#[derive(Clone)]
pub(crate) struct ConfigView {
    pub(crate) key: ResourceKey,
    pub(crate) uid: String,
    pub(crate) provider: Provider,
    pub(crate) settings: Settings,
    /// The Secret's namespace, name and key.
    pub(crate) secret: (String, String, String),
    pub(crate) scope: AllowedScope,
    /// The id of the account that the credential opens, once it is known.
    pub(crate) account: Option<String>,
    /// When the last deletion was reserved: it may have been made, and not be seen in lists yet.
    pub(crate) last_deletion: Option<Timestamp>,
    /// The id of the account that a person confirms by the annotation `external-id`.
    pub(crate) confirmed: Option<String>,
}

impl ConfigView {
    /// Whether a person says that it is another account from now on.
    pub(crate) fn confirms_another(&self) -> bool {
        self.account.is_some() && self.confirmed.is_some() && self.account != self.confirmed
    }
}

fn account(status: Option<&ProviderConfigStatus>) -> Option<String> {
    status?.account.as_ref().map(|account| account.id.clone())
}

fn last_deletion(status: Option<&ProviderConfigStatus>) -> Option<Timestamp> {
    status?.recent_deletions.iter().map(|deletion| deletion.time).max()
}

/// A kind of config.
pub(crate) trait ConfigResource:
    Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Serialize + Sync + 'static
{
    /// The common view.
    fn view(&self) -> ConfigView;
    fn status(&self) -> Option<&ProviderConfigStatus>;
    /// The API of one namespace; empty: of all.
    fn api(client: Client, namespace: &str) -> Api<Self>;
}

impl ConfigResource for ProviderConfig {
    fn view(&self) -> ConfigView {
        let namespace = self.namespace().unwrap_or_default();
        let secret = &self.spec.credentials.secret_ref;
        ConfigView {
            key: ResourceKey { kind: "ProviderConfig", namespace: namespace.clone(), name: self.name_any() },
            uid: self.uid().unwrap_or_default(),
            provider: self.spec.provider,
            settings: self.spec.settings.clone(),
            secret: (namespace, secret.name.clone(), secret.key.clone()),
            scope: AllowedScope::Namespace,
            account: account(self.status.as_ref()),
            last_deletion: last_deletion(self.status.as_ref()),
            confirmed: self.annotations().get(EXTERNAL_ID).cloned(),
        }
    }

    fn status(&self) -> Option<&ProviderConfigStatus> {
        self.status.as_ref()
    }

    fn api(client: Client, namespace: &str) -> Api<Self> {
        if namespace.is_empty() { Api::all(client) } else { Api::namespaced(client, namespace) }
    }
}

impl ConfigResource for ClusterProviderConfig {
    fn view(&self) -> ConfigView {
        let secret = &self.spec.credentials.secret_ref;
        ConfigView {
            key: ResourceKey { kind: "ClusterProviderConfig", namespace: String::new(), name: self.name_any() },
            uid: self.uid().unwrap_or_default(),
            provider: self.spec.provider,
            settings: self.spec.settings.clone(),
            secret: (secret.namespace.clone(), secret.name.clone(), secret.key.clone()),
            scope: AllowedScope::Chosen(self.spec.allowed_namespaces.clone()),
            account: account(self.status.as_ref()),
            last_deletion: last_deletion(self.status.as_ref()),
            confirmed: self.annotations().get(EXTERNAL_ID).cloned(),
        }
    }

    fn status(&self) -> Option<&ProviderConfigStatus> {
        self.status.as_ref()
    }

    fn api(client: Client, _: &str) -> Api<Self> {
        Api::all(client)
    }
}
