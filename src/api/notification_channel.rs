//! `NotificationChannel`: an address for the alerts of a Pinghome team, or of the customer that the token belongs to (P6–P12, P24–P30). No IO.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::policies::{DeletionPolicy, Policies};
use crate::api::references::{SecretKeyRef, TeamRef};
use crate::api::status::Status;

/// The desired channel.
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
    doc = "A Pinghome notification channel: an address that receives alerts.",
    selectable = ".spec.type",
    printcolumn(name = "TYPE", type_ = "string", json_path = ".spec.type"),
    printcolumn(name = "TEAM", type_ = "string", json_path = ".spec.owner.teamRef.name"),
    printcolumn(name = "ENABLED", type_ = "boolean", priority = 1, json_path = ".status.enabled"),
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
    /// The fields of every managed kind.
    #[serde(flatten)]
    pub(crate) policies: Policies,
    /// The owner of the channel: a team, or the customer that the token belongs to. Immutable.
    pub(crate) owner: Owner,
    /// The type of the address: `email`, `sms`, `webhook`, `push-notification`, or another lower-case text that Pinghome accepts. Immutable.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 32), regex(pattern = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"))]
    pub(crate) type_: String,
    /// The address: an e-mail address, a phone number or a URL. Set exactly one of `value` and `valueFrom`.
    /// Mutable: a change keeps the channel and requires a new verification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048), regex(pattern = r"^\S(.*\S)?$"))]
    pub(crate) value: Option<String>,
    /// The address from a Secret in the same namespace, for secret URLs. Set exactly one of `value` and `valueFrom`. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) value_from: Option<ValueSource>,
    /// Whether Pinghome delivers messages to the address. Default true. Mutable.
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    /// How the address is verified. Absent: manually, in Pinghome. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) verification: Option<Verification>,
    /// What happens to the channel when this resource is deleted: `Delete` (default) deletes it, `Orphan` keeps it. Mutable.
    #[serde(default)]
    pub(crate) deletion_policy: DeletionPolicy,
}

fn yes() -> bool {
    true
}

/// The owner of the channel: exactly one of a team and the customer that the token belongs to.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "rule": "has(self.teamRef) != has(self.customer)",
    "message": "exactly one of `teamRef` and `customer` must be set",
    "reason": "FieldValueInvalid",
    "fieldPath": ".teamRef"
}]))]
pub(crate) struct Owner {
    /// The Team that owns the channel, in the same namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) team_ref: Option<TeamRef>,
    /// The customer that the token belongs to. The value is `{}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) customer: Option<TokenCustomer>,
}

/// The customer that the token belongs to. It has no fields, because there is exactly one.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) struct TokenCustomer {}

/// The source of an address.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValueSource {
    /// A key of a Secret in the same namespace. The operator applies a changed address at the next resync.
    pub(crate) secret_key_ref: SecretKeyRef,
}

/// How an address is verified.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Verification {
    /// A key of a Secret in the same namespace with the code that Pinghome sent to the address. The Secret may be created
    /// later. The operator submits each code once.
    pub(crate) code_secret_ref: SecretKeyRef,
}

/// The observed values of the channel.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotificationChannelFacts {
    /// The current position of the channel in the list of its owner. It changes when other channels are deleted, and cannot be set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub(crate) priority: Option<i64>,
    /// Whether Pinghome delivers messages to the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) enabled: Option<bool>,
    /// Whether the address is verified. Absent if Pinghome does not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) verified: Option<bool>,
    /// A salted fingerprint of the last submitted code. The operator does not submit this code again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub(crate) submitted_code: Option<String>,
    /// A salted fingerprint of the code that was in the Secret before Pinghome sent a code to the address. The operator does not submit this code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub(crate) previous_code: Option<String>,
    /// The previous identities of the channel after a change of its address, until the list shows only the new address.
    /// The operator records them here before it sends the change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), inner(length(max = 256)), extend("x-kubernetes-list-type" = "atomic"))]
    pub(crate) former_ids: Vec<String>,
    /// The value of `ping-operator.dev/test-requested-at` for which the last test message was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub(crate) last_handled_test_at: Option<String>,
    /// The result of the last test message: `Sent`, `Refused`, or `Unknown` if the response was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_test_result: Option<TestResult>,
}

/// The result of a test message.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum TestResult {
    /// Pinghome accepted the message.
    Sent,
    /// Pinghome rejected the message.
    Refused,
    /// The message is being sent, or the response was lost. The operator does not send it again.
    Unknown,
}

/// The status of this kind: the common part and the observed values of the kind.
pub(crate) type NotificationChannelStatus = Status<NotificationChannelFacts>;
