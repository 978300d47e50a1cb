//! `ProviderConfig` and `ClusterProviderConfig`: one credential with its endpoints, rate limit and deletion guard. No IO.

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

/// The provider that a credential is for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub(crate) enum Provider {
    /// pinghome.io
    Pinghome,
    /// nodeping.com
    NodePing,
}

impl Provider {
    /// The name in `spec.provider` and in metric labels.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pinghome => "Pinghome",
            Self::NodePing => "NodePing",
        }
    }
}

/// The desired config: a credential for the resources of its own namespace.
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
    doc = "One credential of Pinghome or NodePing, with its endpoints, rate limit and deletion guard.",
    printcolumn(name = "PROVIDER", type_ = "string", json_path = ".spec.provider"),
    printcolumn(name = "ACCOUNT", type_ = "string", json_path = ".status.account.name"),
    printcolumn(name = "IN-USE", type_ = "boolean", json_path = ".status.inUse"),
    printcolumn(name = "THROTTLED-UNTIL", type_ = "string", priority = 1, json_path = ".status.throttledUntil")
)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderConfigSpec {
    /// The provider of the credential: `Pinghome` or `NodePing`. Immutable.
    #[schemars(extend("x-kubernetes-validations" = [{
        "rule": "self == oldSelf",
        "message": "`provider` must not change: make another config",
        "reason": "FieldValueInvalid"
    }]))]
    pub(crate) provider: Provider,
    /// The source of the token. Mutable.
    pub(crate) credentials: Credentials,
    /// The settings for the use of the credential. Mutable.
    #[serde(flatten)]
    pub(crate) settings: Settings,
}

/// The desired config: a credential for the namespaces that it allows.
#[derive(Clone, CustomResource, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[kube(
    group = "ping-operator.dev",
    version = "v1alpha1",
    kind = "ClusterProviderConfig",
    plural = "clusterproviderconfigs",
    shortname = "pingcpc",
    category = "ping-cluster",
    status = "ProviderConfigStatus",
    derive = "PartialEq",
    doc = "One credential of Pinghome or NodePing for the namespaces that it allows.",
    printcolumn(name = "PROVIDER", type_ = "string", json_path = ".spec.provider"),
    printcolumn(name = "ACCOUNT", type_ = "string", json_path = ".status.account.name"),
    printcolumn(name = "IN-USE", type_ = "boolean", json_path = ".status.inUse"),
    printcolumn(name = "THROTTLED-UNTIL", type_ = "string", priority = 1, json_path = ".status.throttledUntil")
)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClusterProviderConfigSpec {
    /// The provider of the credential: `Pinghome` or `NodePing`. Immutable.
    #[schemars(extend("x-kubernetes-validations" = [{
        "rule": "self == oldSelf",
        "message": "`provider` must not change: make another config",
        "reason": "FieldValueInvalid"
    }]))]
    pub(crate) provider: Provider,
    /// The source of the token. Mutable.
    pub(crate) credentials: ClusterCredentials,
    /// A label selector for the namespaces whose resources may use this config. Absent: none; empty (`{}`): all. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) allowed_namespaces: Option<NamespaceSelector>,
    /// The settings for the use of the credential. Mutable.
    #[serde(flatten)]
    pub(crate) settings: Settings,
}

/// The source of the token.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Credentials {
    /// The key of a Secret in the same namespace that contains the token.
    pub(crate) secret_ref: SecretKeyRef,
}

/// The source of the token of a cluster-scoped config.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClusterCredentials {
    /// The key of a Secret that contains the token.
    pub(crate) secret_ref: NamespacedSecretKeyRef,
}

/// A key of a Secret in a given namespace.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NamespacedSecretKeyRef {
    /// The namespace of the Secret.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub(crate) namespace: String,
    /// The name of the Secret.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub(crate) name: String,
    /// The key in the data of the Secret.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    pub(crate) key: String,
}

/// The observed state of the credential.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderConfigStatus {
    /// The current conditions, one for each type. `Ready` means that the provider accepts the credential.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 16),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"])
    )]
    pub(crate) conditions: Vec<Condition>,
    /// The `metadata.generation` that was last reconciled; -1 before the first reconcile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1))]
    pub(crate) observed_generation: Option<i64>,
    /// The account that the credential opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<AccountIdentity>,
    /// The Lease (namespace/name) of the operator that serves this config. It changes only when the config changes hands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 320))]
    pub(crate) served_by: Option<String>,
    /// Until when no call is sent, because the provider asked for fewer (HTTP 429), in RFC 3339; absent: calls are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"), length(max = 64))]
    pub(crate) throttled_until: Option<Timestamp>,
    /// Whether a resource uses this config. The finalizer keeps the config until none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) in_use: Option<bool>,
    /// The deletions that `deletionGuard` counts. Each is recorded before its call is sent.
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
    /// The uid of the deleted resource. A suffix marks a person who was removed.
    #[schemars(length(min = 1, max = 64))]
    pub(crate) uid: String,
    /// When the deletion was recorded (RFC 3339).
    #[schemars(with = "String", extend("format" = "date-time"), length(max = 64))]
    pub(crate) time: Timestamp,
}

/// The account that a credential opens.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountIdentity {
    /// The id of the account at the provider.
    #[schemars(length(max = 64))]
    pub(crate) id: String,
    /// The name of the account at the provider, if the provider shows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub(crate) name: Option<String>,
}
