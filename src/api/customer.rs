//! `Customer`: the Pinghome profile of the customer that the token belongs to (P1–P5). No IO.

use jiff::Timestamp;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::policies::Policies;
use crate::api::references::SecretKeyRef;
use crate::api::status::Status;

/// The desired profile. It exists already: the operator never creates it.
#[derive(Clone, CustomResource, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[kube(
    group = "ping-operator.dev",
    version = "v1alpha1",
    kind = "Customer",
    plural = "customers",
    shortname = "pingcust",
    category = "ping",
    namespaced,
    status = "CustomerStatus",
    derive = "PartialEq",
    doc = "The profile of the Pinghome customer that the token belongs to.",
    printcolumn(name = "USERNAME", type_ = "string", json_path = ".status.username"),
    printcolumn(name = "PENDING", type_ = "string", json_path = ".status.pendingUsername")
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    {
        "rule": "self.deletionPolicy != 'CloseAccount' || has(self.closure)",
        "message": "`closure` must be set where `deletionPolicy` is 'CloseAccount': closing an account takes both",
        "reason": "FieldValueInvalid",
        "fieldPath": ".closure"
    },
    {
        "rule": "!has(self.username) || !has(oldSelf.username) || self.username == oldSelf.username || has(self.usernameVerification)",
        "message": "`usernameVerification` must be set where `username` changes: the change takes a code that Pinghome mails",
        "reason": "FieldValueInvalid",
        "fieldPath": ".usernameVerification"
    }
]))]
pub(crate) struct CustomerSpec {
    /// The fields of every managed kind.
    #[serde(flatten)]
    pub(crate) policies: Policies,
    /// The first name, 1 to 128 characters. Absent: left as it is. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub(crate) name: Option<String>,
    /// The surname, 1 to 128 characters. Absent: left as it is. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub(crate) surname: Option<String>,
    /// The e-mail address for sign-in. It is compared without case. Absent: left as it is.
    /// Mutable: after a change, Pinghome sends a code to the new address, and the operator reads it by `usernameVerification`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 254), regex(pattern = r"^[^\s@]+@[^\s@]+$"))]
    pub(crate) username: Option<String>,
    /// The source of the code for a changed `username`. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) username_verification: Option<UsernameVerification>,
    /// What happens when this resource is deleted: `Orphan` (default) changes nothing, `CloseAccount` closes the account of the customer if `closure` confirms it. Mutable.
    #[serde(default)]
    pub(crate) deletion_policy: CustomerDeletionPolicy,
    /// The second confirmation for `CloseAccount`. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) closure: Option<Closure>,
}

/// The source of the code for a changed username.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UsernameVerification {
    /// A key of a Secret in the same namespace with the code that Pinghome sent. The Secret may be created later.
    /// The operator submits each code once.
    pub(crate) code_secret_ref: SecretKeyRef,
}

/// What happens when a `Customer` resource is deleted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum CustomerDeletionPolicy {
    /// The profile and the account are not changed.
    #[default]
    Orphan,
    /// The account of the customer is closed, if `closure` confirms it.
    CloseAccount,
}

/// The second confirmation that the account is to be closed.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Closure {
    /// The reason that the operator sends to Pinghome, such as `poor-features`.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"))]
    pub(crate) reason: String,
    /// The e-mail address of the account to close. It must equal the address that Pinghome shows when the resource is deleted.
    #[schemars(length(min = 3, max = 254), regex(pattern = r"^[^\s@]+@[^\s@]+$"))]
    pub(crate) confirm_username: String,
}

/// A call that changes the username.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum UsernameCall {
    /// The request, after which Pinghome mails a code.
    Request,
    /// The code.
    Code,
}

/// The observed values of the customer.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomerFacts {
    /// The observed e-mail address for sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 254))]
    pub(crate) username: Option<String>,
    /// The first name that Pinghome shows, or the last sent first name if Pinghome does not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub(crate) name: Option<String>,
    /// The surname that Pinghome shows, or the last sent surname if Pinghome does not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub(crate) surname: Option<String>,
    /// The requested new username. Absent when Pinghome has shown it for the read lag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 254))]
    pub(crate) pending_username: Option<String>,
    /// Of which call for `pendingUsername` it is not known what became: its answer was lost, or the operator ended before it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unconfirmed: Option<UsernameCall>,
    /// Since when Pinghome shows the requested username. Absent while it shows another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"), length(max = 64))]
    pub(crate) username_shown_time: Option<Timestamp>,
    /// A salted fingerprint of the last submitted code. The operator does not submit this code again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub(crate) submitted_code: Option<String>,
    /// A salted fingerprint of the code that was in the Secret before the operator requested the new username. The operator does not submit this code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub(crate) previous_code: Option<String>,
    /// When Pinghome accepted the code. Absent when the change is done, or if Pinghome did not accept a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"), length(max = 64))]
    pub(crate) code_accepted_time: Option<Timestamp>,
    /// When the operator recorded that it closes the account, directly before the call. If the token is rejected afterwards, the account counts as closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"), length(max = 64))]
    pub(crate) closure_time: Option<Timestamp>,
}

/// The status of this kind: the common part and the observed values of the kind.
pub(crate) type CustomerStatus = Status<CustomerFacts>;
