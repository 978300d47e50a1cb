//! `Customer`: the token owner's own profile at Pinghome (P1–P5). No IO.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::policies::Policies;
use crate::api::references::SecretKeyRef;
use crate::api::status::Status;

/// What the profile should be. It exists already: nothing is ever made.
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
    printcolumn(name = "PENDING", type_ = "string", json_path = ".status.pendingUsername"),
    printcolumn(name = "EXTERNAL-ID", type_ = "string", json_path = ".status.externalId")
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
    /// What every managed kind has.
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
    /// The e-mail with which the customer signs in; compared without case. Absent: left as it is.
    /// Mutable: Pinghome mails a code to the new address, which `usernameVerification` takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 254), regex(pattern = r"^[^\s@]+@[^\s@]+$"))]
    pub(crate) username: Option<String>,
    /// Where the code of a changed `username` comes from. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) username_verification: Option<UsernameVerification>,
    /// What deleting this resource does: `Orphan` (default) nothing, `CloseAccount` closes the customer's account if `closure` confirms it. Mutable.
    #[serde(default)]
    pub(crate) deletion_policy: CustomerDeletionPolicy,
    /// The second confirmation of `CloseAccount`. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) closure: Option<Closure>,
}

/// Where the code of a changed username comes from.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UsernameVerification {
    /// A key of a Secret of the same namespace with the code that Pinghome mailed. The Secret may be made later; each
    /// code is submitted once.
    pub(crate) code_secret_ref: SecretKeyRef,
}

/// What deleting a `Customer` resource does.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum CustomerDeletionPolicy {
    /// Nothing.
    #[default]
    Orphan,
    /// Closes the customer's account, if `closure` confirms it.
    CloseAccount,
}

/// The second confirmation of closing an account.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Closure {
    /// The reason that Pinghome is told, such as `poor-features`.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"))]
    pub(crate) reason: String,
    /// The e-mail of the account to close: it must be the one that Pinghome shows when the resource is deleted.
    #[schemars(length(min = 3, max = 254), regex(pattern = r"^[^\s@]+@[^\s@]+$"))]
    pub(crate) confirm_username: String,
}

/// What is known of the customer.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomerFacts {
    /// The e-mail with which the customer signs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 254))]
    pub(crate) username: Option<String>,
    /// The first name, as Pinghome shows it, or as it was sent last if Pinghome does not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub(crate) name: Option<String>,
    /// The surname, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub(crate) surname: Option<String>,
    /// The e-mail that a code was asked for, until the change is finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 254))]
    pub(crate) pending_username: Option<String>,
    /// A salted fingerprint of the code that was submitted last: it is not submitted again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub(crate) submitted_code: Option<String>,
}

/// The status of this kind.
pub(crate) type CustomerStatus = Status<CustomerFacts>;
