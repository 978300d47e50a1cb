//! References between resources: always in the same namespace, always by a DNS name. No IO.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// With the value `true`, the label of a Secret that resources may use where the operator asks for it.
pub(crate) const USABLE_LABEL: &str = "ping-operator.dev/usable";

/// The kind of a config.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub(crate) enum ConfigKind {
    /// A config in the namespace of the resource.
    #[default]
    ProviderConfig,
    /// A cluster-scoped config for the namespaces that it allows.
    ClusterProviderConfig,
}

/// A reference to the config that a resource uses.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderConfigRef {
    /// The name of the config. Default `default`.
    #[serde(default = "default_name")]
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub(crate) name: String,
    /// The kind of the config: `ProviderConfig` (default) or `ClusterProviderConfig`.
    #[serde(default)]
    pub(crate) kind: ConfigKind,
}

fn default_name() -> String {
    "default".to_owned()
}

impl Default for ProviderConfigRef {
    fn default() -> Self {
        Self { name: default_name(), kind: ConfigKind::default() }
    }
}

/// A key of a Secret in the same namespace.
#[derive(Clone, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecretKeyRef {
    /// The name of the Secret.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub(crate) name: String,
    /// The key in the data of the Secret.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    pub(crate) key: String,
}

/// A reference to a Team in the same namespace.
#[derive(Clone, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TeamRef {
    /// The `metadata.name` of the Team.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub(crate) name: String,
}

/// A team that no resource represents, by its id at the provider.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExternalTeam {
    /// The id of the team at Pinghome.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9-]+$"))]
    pub(crate) external_id: String,
}
