//! `Account`: the settings of NodePing's primary account, which the token belongs to (N1–N3, N6). No IO.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::policies::Policies;
use crate::api::status::Status;
use crate::api::sub_account::Location;

/// The desired settings of the primary account. It exists already: the operator never creates or deletes it.
#[derive(Clone, CustomResource, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[kube(
    group = "ping-operator.dev",
    version = "v1alpha1",
    kind = "Account",
    plural = "accounts",
    shortname = "pingacct",
    category = "ping",
    namespaced,
    status = "AccountStatus",
    derive = "PartialEq",
    doc = "The primary NodePing account, which the token belongs to.",
    printcolumn(name = "ACCOUNT-NAME", type_ = "string", json_path = ".status.name"),
    printcolumn(name = "STATE", type_ = "string", json_path = ".status.status")
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "rule": "!has(self.timezone) || (double(self.timezone) >= -12.0 && double(self.timezone) <= 14.0)",
    "message": "`timezone` must be a GMT offset in hours from '-12' to '14', such as '-7' or '5.5'",
    "reason": "FieldValueInvalid",
    "fieldPath": ".timezone"
}]))]
pub(crate) struct AccountSpec {
    /// The fields of every managed kind.
    #[serde(flatten)]
    pub(crate) policies: Policies,
    /// The name of the account, 1 to 255 characters. Absent: left as it is. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255))]
    pub(crate) name: Option<String>,
    /// GMT offset in hours, from `-12` to `14`, such as `"-7"` or `"5.5"`. It is compared as a number. Absent: left as it is. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 6), regex(pattern = r"^[-+]?[0-9]{1,2}(\.[0-9]{1,2})?$"))]
    pub(crate) timezone: Option<String>,
    /// The default region of checks: `nam`, `lam`, `eur`, `eao` or `wlw`. Absent: left as it is. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<Location>,
    /// Whether NodePing sends results of automated diagnostics by e-mail. Absent: left as it is. Mutable. NodePing does not show it, so the operator sends it when this spec changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) auto_diag_notifications: Option<bool>,
    /// Whether NodePing may send e-mail about its service and features. Absent: left as it is. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) email_me: Option<bool>,
    /// Whether NodePing suppresses all notifications of this account. Sub-accounts are not affected. Absent: left as it is. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) suppress_notifications: Option<bool>,
}

/// The observed values of the account.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountFacts {
    /// The observed name of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub(crate) name: Option<String>,
    /// The status of the account at NodePing, such as `Active`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub(crate) status: Option<String>,
    /// The last sent value of `autoDiagNotifications`. NodePing does not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sent_auto_diag_notifications: Option<bool>,
}

/// The status of this kind: the common part and the observed values of the kind.
pub(crate) type AccountStatus = Status<AccountFacts>;
