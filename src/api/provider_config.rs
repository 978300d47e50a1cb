//! `ProviderConfig` and `ClusterProviderConfig`: one credential, its endpoints, its budget, its guards. No IO.

pub(crate) mod selector;
pub(crate) mod settings;
pub(crate) mod view;

use jiff::Timestamp;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::conditions::Condition;
use crate::api::provider_config::selector::NamespaceSelector;
use crate::api::provider_config::settings::Settings;
use crate::api::references::SecretKeyRef;

/// Which SaaS a credential is for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub(crate) enum Provider {
    /// pinghome.io
    Pinghome,
    /// nodeping.com
    NodePing,
}

impl Provider {
    /// The name, as in `spec.provider` and in metric labels.
    pub(crate) fn name(self) -> &'static str {
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
pub(crate) struct ProviderConfigSpec {
    /// `Pinghome` or `NodePing`. Immutable.
    #[schemars(extend("x-kubernetes-validations" = [{
        "rule": "self == oldSelf",
        "message": "`provider` must not change: make another config",
        "reason": "FieldValueInvalid"
    }]))]
    pub(crate) provider: Provider,
    /// The token. Mutable.
    pub(crate) credentials: Credentials,
    /// What the credential may be used for. Mutable.
    #[serde(flatten)]
    pub(crate) settings: Settings,
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
pub(crate) struct ClusterProviderConfigSpec {
    /// `Pinghome` or `NodePing`. Immutable.
    #[schemars(extend("x-kubernetes-validations" = [{
        "rule": "self == oldSelf",
        "message": "`provider` must not change: make another config",
        "reason": "FieldValueInvalid"
    }]))]
    pub(crate) provider: Provider,
    /// The token. Mutable.
    pub(crate) credentials: ClusterCredentials,
    /// The namespaces whose resources may use this config, by their labels. Absent: none; empty (`{}`): all. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) allowed_namespaces: Option<NamespaceSelector>,
    /// What the credential may be used for. Mutable.
    #[serde(flatten)]
    pub(crate) settings: Settings,
}

/// Where the token is.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Credentials {
    /// A key of a Secret of the same namespace.
    pub(crate) secret_ref: SecretKeyRef,
}

/// Where the token is, for a config that has no namespace of its own.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClusterCredentials {
    /// A key of a Secret.
    pub(crate) secret_ref: NamespacedSecretKeyRef,
}

/// One key of a Secret of a named namespace.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NamespacedSecretKeyRef {
    /// The Secret's namespace.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub(crate) namespace: String,
    /// The Secret's name.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub(crate) name: String,
    /// The key in the Secret's data.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    pub(crate) key: String,
}

/// What is known of the credential.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderConfigStatus {
    /// The latest observations, one a type; `Ready` says that the credential is accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 16),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"])
    )]
    pub(crate) conditions: Vec<Condition>,
    /// The `metadata.generation` that was last handled; -1 before the first visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1))]
    pub(crate) observed_generation: Option<i64>,
    /// Whose credential it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<AccountIdentity>,
    /// Whether a resource uses this config. It is held until none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) in_use: Option<bool>,
    /// The deletions that `deletionGuard` counts, each reserved before it is made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 10_000),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["uid"])
    )]
    pub(crate) recent_deletions: Vec<RecentDeletion>,
}

/// One deletion that the guard counts.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecentDeletion {
    /// The deleted resource's uid; with a mark behind it for a person who was removed.
    #[schemars(length(min = 1, max = 64))]
    pub(crate) uid: String,
    /// When it was reserved (RFC 3339).
    #[schemars(with = "String", extend("format" = "date-time"), length(max = 64))]
    pub(crate) time: Timestamp,
}

/// The account that a credential opens.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountIdentity {
    /// Its id at the provider.
    #[schemars(length(max = 64))]
    pub(crate) id: String,
    /// Its name at the provider, if it tells one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub(crate) name: Option<String>,
}
