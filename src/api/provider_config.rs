//! `ProviderConfig` and `ClusterProviderConfig`: one credential, its endpoints, its budget, its guards. No IO.

mod selector;
mod settings;

use jiff::Timestamp;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use selector::NamespaceSelector;
pub use settings::{DeletionGuard, Endpoints, RateLimit, Settings};

use super::{Condition, SecretKeyRef};

/// Which SaaS a credential is for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum Provider {
    /// pinghome.io
    Pinghome,
    /// nodeping.com
    NodePing,
}

impl Provider {
    /// The name, as in `spec.provider` and in metric labels.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pinghome => "Pinghome",
            Self::NodePing => "NodePing",
        }
    }
}

/// A credential for the resources of its own namespace.
#[derive(Clone, CustomResource, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[kube(
    group = "ping-operator.dev",
    version = "v1alpha1",
    kind = "ProviderConfig",
    plural = "providerconfigs",
    shortname = "pingpc",
    category = "ping",
    namespaced,
    status = "ProviderConfigStatus",
    derive = "PartialEq",
    doc = "One credential of Pinghome or NodePing, with its endpoints, its budget and its guards.",
    printcolumn(name = "PROVIDER", type_ = "string", json_path = ".spec.provider"),
    printcolumn(name = "ACCOUNT", type_ = "string", json_path = ".status.account.name"),
    printcolumn(name = "IN-USE", type_ = "boolean", json_path = ".status.inUse")
)]
#[serde(rename_all = "camelCase")]
pub struct ProviderConfigSpec {
    /// `Pinghome` or `NodePing`. Immutable.
    #[schemars(extend("x-kubernetes-validations" = [{
        "rule": "self == oldSelf",
        "message": "`provider` must not change: make another config",
        "reason": "FieldValueInvalid"
    }]))]
    pub provider: Provider,
    /// The token. Mutable.
    pub credentials: Credentials,
    /// What the credential may be used for. Mutable.
    #[serde(flatten)]
    pub settings: Settings,
}

/// A credential for the namespaces that it allows.
#[derive(Clone, CustomResource, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[kube(
    group = "ping-operator.dev",
    version = "v1alpha1",
    kind = "ClusterProviderConfig",
    plural = "clusterproviderconfigs",
    shortname = "pingcpc",
    category = "ping",
    status = "ProviderConfigStatus",
    derive = "PartialEq",
    doc = "One credential of Pinghome or NodePing for the namespaces that it allows.",
    printcolumn(name = "PROVIDER", type_ = "string", json_path = ".spec.provider"),
    printcolumn(name = "ACCOUNT", type_ = "string", json_path = ".status.account.name"),
    printcolumn(name = "IN-USE", type_ = "boolean", json_path = ".status.inUse")
)]
#[serde(rename_all = "camelCase")]
pub struct ClusterProviderConfigSpec {
    /// `Pinghome` or `NodePing`. Immutable.
    #[schemars(extend("x-kubernetes-validations" = [{
        "rule": "self == oldSelf",
        "message": "`provider` must not change: make another config",
        "reason": "FieldValueInvalid"
    }]))]
    pub provider: Provider,
    /// The token. Mutable.
    pub credentials: ClusterCredentials,
    /// The namespaces whose resources may use this config, by their labels. Absent: none; empty (`{}`): all. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_namespaces: Option<NamespaceSelector>,
    /// What the credential may be used for. Mutable.
    #[serde(flatten)]
    pub settings: Settings,
}

/// Where the token is.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    /// A key of a Secret of the same namespace.
    pub secret_ref: SecretKeyRef,
}

/// Where the token is, for a config that has no namespace of its own.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterCredentials {
    /// A key of a Secret.
    pub secret_ref: NamespacedSecretKeyRef,
}

/// One key of a Secret of a named namespace.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NamespacedSecretKeyRef {
    /// The Secret's namespace.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub namespace: String,
    /// The Secret's name.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub name: String,
    /// The key in the Secret's data.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    pub key: String,
}

/// What is known of the credential.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderConfigStatus {
    /// The latest observations, one a type; `Ready` says that the credential is accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 16),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"])
    )]
    pub conditions: Vec<Condition>,
    /// The `metadata.generation` that was last handled; -1 before the first visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1))]
    pub observed_generation: Option<i64>,
    /// Whose credential it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// Whether a resource uses this config. It is held until none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_use: Option<bool>,
    /// The deletions that `deletionGuard` counts, each reserved before it is made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 10_000),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["uid"])
    )]
    pub recent_deletions: Vec<RecentDeletion>,
}

/// One deletion that the guard counts.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecentDeletion {
    /// The deleted resource's uid; with a mark behind it for a person who was removed.
    #[schemars(length(min = 1, max = 64))]
    pub uid: String,
    /// When it was reserved (RFC 3339).
    #[schemars(with = "String", extend("format" = "date-time"), length(max = 64))]
    pub time: Timestamp,
}

/// The account that a credential opens.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Its id at the provider.
    #[schemars(length(max = 64))]
    pub id: String,
    /// Its name at the provider, if it tells one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub name: Option<String>,
}
