//! `SubAccount`: a NodePing sub-account (N1–N6). No IO.

use jiff::Timestamp;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::policies::{AdoptionPolicy, Policies};
use crate::api::status::Status;

/// The desired sub-account.
#[derive(Clone, CustomResource, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[kube(
    group = "ping-operator.dev",
    version = "v1alpha1",
    kind = "SubAccount",
    plural = "subaccounts",
    shortname = "pingsub",
    category = "ping",
    namespaced,
    status = "SubAccountStatus",
    derive = "PartialEq",
    doc = "A NodePing sub-account.",
    selectable = ".spec.name",
    printcolumn(name = "SUB-ACCOUNT", type_ = "string", json_path = ".spec.name"),
    printcolumn(name = "STATE", type_ = "string", json_path = ".status.status"),
    printcolumn(name = "CHECKS", type_ = "integer", json_path = ".status.activeChecks")
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    {
        "rule": "self.contactName == oldSelf.contactName",
        "message": "`contactName` must not change: NodePing takes it only when the sub-account is made",
        "reason": "FieldValueInvalid",
        "fieldPath": ".contactName"
    },
    {
        "rule": "self.email == oldSelf.email",
        "message": "`email` must not change: NodePing takes it only when the sub-account is made",
        "reason": "FieldValueInvalid",
        "fieldPath": ".email"
    },
    {
        "rule": "double(self.timezone) >= -12.0 && double(self.timezone) <= 14.0",
        "message": "`timezone` must be a GMT offset in hours from '-12' to '14', such as '-7' or '5.5'",
        "reason": "FieldValueInvalid",
        "fieldPath": ".timezone"
    }
]))]
pub(crate) struct SubAccountSpec {
    /// The fields of every managed kind.
    #[serde(flatten)]
    pub(crate) policies: Policies,
    /// The name of the account, 1 to 255 characters. Mutable.
    #[schemars(length(min = 1, max = 255))]
    pub(crate) name: String,
    /// The name of the primary contact, 1 to 255 characters. NodePing accepts it only when the sub-account is created. Immutable.
    #[schemars(length(min = 1, max = 255))]
    pub(crate) contact_name: String,
    /// The e-mail address of the primary contact. NodePing accepts it only when the sub-account is created, and may send e-mail to it. Immutable.
    #[schemars(length(min = 3, max = 254), regex(pattern = r"^[^\s@]+@[^\s@]+$"))]
    pub(crate) email: String,
    /// GMT offset in hours, from `-12` to `14`, such as `"-7"` or `"5.5"`. It is compared as a number. Mutable.
    #[schemars(length(min = 1, max = 6), regex(pattern = r"^[-+]?[0-9]{1,2}(\.[0-9]{1,2})?$"))]
    pub(crate) timezone: String,
    /// The default region of checks: `nam` North America, `lam` Latin America, `eur` Europe, `eao` East Asia and Oceania, `wlw` worldwide. Mutable.
    pub(crate) location: Location,
    /// Whether NodePing may send e-mail about its service and features. Default false. Mutable.
    #[serde(default)]
    pub(crate) email_me: bool,
    /// Whether NodePing sends results of automated diagnostics by e-mail. Default false. Mutable. NodePing does not show it, so the operator sends it when this spec changes.
    #[serde(default)]
    pub(crate) auto_diag_notifications: bool,
    /// The desired status of the account: `Active` (default) or `Suspend`. Mutable.
    #[serde(default)]
    pub(crate) status: AccountState,
    /// Whether NodePing suppresses all notifications of the account. Default false. Mutable.
    #[serde(default)]
    pub(crate) suppress_notifications: bool,
    /// What happens to the sub-account when this resource is deleted: `Orphan` (default) keeps it, `Suspend` keeps and suspends it, `Delete` deletes it with its checks. Mutable.
    #[serde(default)]
    pub(crate) deletion_policy: AccountDeletionPolicy,
    /// What to do when a sub-account with exactly this name exists already and no resource claims it:
    /// `Never` (default) stops with `NameTaken`, `IfUnique` adopts it if there is exactly one, `CreateAnyway` creates another one. Mutable.
    #[serde(default)]
    pub(crate) adoption_policy: AdoptionPolicy,
}

/// A region of NodePing's probes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Location {
    /// North America.
    Nam,
    /// Latin America.
    Lam,
    /// Europe.
    Eur,
    /// East Asia and Oceania.
    Eao,
    /// Worldwide.
    Wlw,
}

impl Location {
    /// The text in the API of the provider.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Nam => "nam",
            Self::Lam => "lam",
            Self::Eur => "eur",
            Self::Eao => "eao",
            Self::Wlw => "wlw",
        }
    }
}

/// The desired status of a sub-account.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum AccountState {
    /// The account is active.
    #[default]
    Active,
    /// The account is suspended.
    Suspend,
}

/// What happens to the sub-account when a `SubAccount` resource is deleted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum AccountDeletionPolicy {
    /// Delete the sub-account.
    Delete,
    /// Keep it.
    #[default]
    Orphan,
    /// Keep and suspend it.
    Suspend,
}

/// The observed values of the sub-account.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubAccountFacts {
    /// When the sub-account was created (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub(crate) creation_time: Option<String>,
    /// The number of active checks of the sub-account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub(crate) active_checks: Option<i64>,
    /// The status of the sub-account at NodePing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub(crate) status: Option<String>,
    /// The last sent value of `autoDiagNotifications`. NodePing does not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sent_auto_diag_notifications: Option<bool>,
    /// When NodePing accepted the deletion of the sub-account (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"), length(max = 64))]
    pub(crate) deletion_accepted_time: Option<Timestamp>,
}

/// The status of this kind: the common part and the observed values of the kind.
pub(crate) type SubAccountStatus = Status<SubAccountFacts>;
