//! `NotificationChannel`: where alerts of a Pinghome team, or of the token's own customer, go (P6–P12, P24–P30). No IO.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::policies::{DeletionPolicy, Policies};
use crate::api::references::{SecretKeyRef, TeamRef};
use crate::api::status::Status;

/// What a channel should be.
#[derive(Clone, CustomResource, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[kube(
    group = "ping-operator.dev",
    version = "v1alpha1",
    kind = "NotificationChannel",
    plural = "notificationchannels",
    shortname = "pingnc",
    category = "ping",
    namespaced,
    status = "NotificationChannelStatus",
    derive = "PartialEq",
    doc = "A Pinghome notification channel: an address that alerts are sent to.",
    selectable = ".spec.type",
    printcolumn(name = "TYPE", type_ = "string", json_path = ".spec.type"),
    printcolumn(name = "TEAM", type_ = "string", json_path = ".spec.owner.teamRef.name"),
    printcolumn(name = "ENABLED", type_ = "boolean", json_path = ".status.enabled"),
    printcolumn(name = "VERIFIED", type_ = "string", json_path = ".status.conditions[?(@.type==\"Verified\")].status"),
    printcolumn(name = "PRIORITY", type_ = "integer", priority = 1, json_path = ".status.priority")
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    {
        "rule": "has(self.value) != has(self.valueFrom)",
        "message": "exactly one of `value` and `valueFrom` must be set",
        "reason": "FieldValueInvalid",
        "fieldPath": ".value"
    },
    {
        "rule": "self.owner == oldSelf.owner",
        "message": "`owner` must not change: a channel cannot move; make another NotificationChannel and delete this one",
        "reason": "FieldValueInvalid",
        "fieldPath": ".owner"
    },
    {
        "rule": "self.type == oldSelf.type",
        "message": "`type` must not change: the API cannot change it; make another NotificationChannel and delete this one",
        "reason": "FieldValueInvalid",
        "fieldPath": ".type"
    },
    {
        "rule": "self.type != 'email' || !has(self.value) || self.value.matches('^[^@ ]+@[^@ ]+$')",
        "message": "`value` of an 'email' channel must be an e-mail address, such as 'ops@example.com'",
        "reason": "FieldValueInvalid",
        "fieldPath": ".value"
    },
    {
        "rule": "self.type != 'sms' || !has(self.value) || self.value.matches('^[+][1-9][0-9]{6,14}$')",
        "message": "`value` of an 'sms' channel must be a phone number in E.164 form, such as '+994551234567'",
        "reason": "FieldValueInvalid",
        "fieldPath": ".value"
    },
    {
        "rule": "self.type != 'webhook' || !has(self.value) || self.value.matches('^https://[^/?# ]+([/?#][^ ]*)?$')",
        "message": "`value` of a 'webhook' channel must be an https URL, such as 'https://example.com/hook'",
        "reason": "FieldValueInvalid",
        "fieldPath": ".value"
    }
]))]
pub(crate) struct NotificationChannelSpec {
    /// What every managed kind has.
    #[serde(flatten)]
    pub(crate) policies: Policies,
    /// Whose channel it is. Immutable.
    pub(crate) owner: Owner,
    /// `email`, `sms`, `webhook`, `push-notification`, or another lower-case word that Pinghome knows. Immutable.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 32), regex(pattern = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"))]
    pub(crate) type_: String,
    /// The address: an e-mail, a phone number or a URL. Exactly one of `value` and `valueFrom`.
    /// Mutable: a change keeps the channel and asks for verification again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048), regex(pattern = r"^\S(.*\S)?$"))]
    pub(crate) value: Option<String>,
    /// The address from a Secret of the same namespace, for URLs that are secrets. Exactly one of `value` and `valueFrom`. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) value_from: Option<ValueSource>,
    /// Whether messages are delivered. Default true. Mutable.
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    /// How the address is verified. Absent: by hand, in Pinghome. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) verification: Option<Verification>,
    /// What deleting this resource does to the channel: `Delete` (default) or `Orphan`. Mutable.
    #[serde(default)]
    pub(crate) deletion_policy: DeletionPolicy,
}

fn yes() -> bool {
    true
}

/// Whose channel it is: exactly one of a team and the token's own customer.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "rule": "has(self.teamRef) != has(self.customer)",
    "message": "exactly one of `teamRef` and `customer` must be set",
    "reason": "FieldValueInvalid",
    "fieldPath": ".teamRef"
}]))]
pub(crate) struct Owner {
    /// A Team resource of the same namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) team_ref: Option<TeamRef>,
    /// The customer that the token belongs to; written `{}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) customer: Option<TokenCustomer>,
}

/// The customer that the token belongs to. It has no fields: there is exactly one.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) struct TokenCustomer {}

/// Where an address comes from.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValueSource {
    /// A key of a Secret of the same namespace. The channel follows the Secret.
    pub(crate) secret_key_ref: SecretKeyRef,
}

/// How an address is verified.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Verification {
    /// A key of a Secret of the same namespace with the code that Pinghome sent to the address. The Secret may be made
    /// later; each code is submitted once.
    pub(crate) code_secret_ref: SecretKeyRef,
}

/// What is known of the channel.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotificationChannelFacts {
    /// The channel's present position in its owner's list. It moves when other channels are deleted, and cannot be asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub(crate) priority: Option<i64>,
    /// Whether messages are delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) enabled: Option<bool>,
    /// Whether the address is verified; absent if Pinghome does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) verified: Option<bool>,
    /// A salted fingerprint of the code that was submitted last: it is not submitted again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub(crate) submitted_code: Option<String>,
    /// What the channel was recognised by before its address changed, until the list shows only the new one: the change is
    /// written down here before it is sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), inner(length(max = 256)), extend("x-kubernetes-list-type" = "atomic"))]
    pub(crate) former_ids: Vec<String>,
    /// The value of `ping-operator.dev/test-requested-at` for which a test message was sent last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub(crate) last_handled_test_at: Option<String>,
    /// What came of the last test message: `Sent`, `Refused`, or `Unknown` if the answer was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_test_result: Option<TestResult>,
}

/// What came of a test message.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum TestResult {
    /// Pinghome took it.
    Sent,
    /// Pinghome refused it.
    Refused,
    /// It is being sent, or the answer was lost; it is not sent again.
    Unknown,
}

/// The status of this kind.
pub(crate) type NotificationChannelStatus = Status<NotificationChannelFacts>;
