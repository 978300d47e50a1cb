//! References between resources: always of the same namespace, always by a DNS name. No IO.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which kind of configuration is meant.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub(crate) enum ConfigKind {
    /// Of the resource's own namespace.
    #[default]
    ProviderConfig,
    /// Cluster-wide, for the namespaces that it allows.
    ClusterProviderConfig,
}

/// Names the credential that a resource uses.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderConfigRef {
    /// The config's name. Default `default`.
    #[serde(default = "default_name")]
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub(crate) name: String,
    /// `ProviderConfig` (default) or `ClusterProviderConfig`.
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

/// One key of a Secret.
#[derive(Clone, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecretKeyRef {
    /// The Secret's name.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub(crate) name: String,
    /// The key in the Secret's data.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    pub(crate) key: String,
}

/// A Team resource of the same namespace.
#[derive(Clone, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TeamRef {
    /// The Team's `metadata.name`.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub(crate) name: String,
}

/// A team that no resource stands for, by its id at the provider.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExternalTeam {
    /// The team's id at Pinghome.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9-]+$"))]
    pub(crate) external_id: String,
}
