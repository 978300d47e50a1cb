//! What waits for a person's approval, and what was approved. No IO.

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The length of a plan's hash: SHA-256 in lower-case hexadecimal digits.
const HASH_LENGTH: usize = 64;
/// So many calls are listed in one status.
pub(crate) const MOST_LISTED: usize = 100;
/// So many calls are approved by one hash. Further ones wait for another approval.
pub(crate) const MOST_APPROVED: usize = 1000;
/// So many used hashes of one resource are remembered. With more of them in its config's list, that approves nothing more.
pub(crate) const MOST_USED: usize = 1000;
/// The longest sentence about one call, in characters.
pub(crate) const LONGEST_CALL: usize = 512;

/// Which calls wait for an approved plan.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum ApprovalPolicy {
    /// None.
    #[default]
    None,
    /// Calls that delete, remove people, create something again, or reach people.
    Required,
}

/// What a config says of approvals.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConfigApprovals {
    /// Which calls wait.
    pub(crate) policy: ApprovalPolicy,
    /// The hashes in its annotation `approved-plan`: each approves the plan of one of the resources that use it.
    pub(crate) plans: Arc<BTreeSet<String>>,
    /// Whether the list cannot be read now, so that it is empty here. It approves nothing then, and no used hash is forgotten.
    pub(crate) is_unreadable: bool,
}

/// The calls that wait for an approval.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PendingPlan {
    /// The hash to approve, as the value of the annotation `ping-operator.dev/approved-plan`: SHA-256 in hexadecimal digits.
    #[schemars(length(min = HASH_LENGTH, max = HASH_LENGTH), regex(pattern = "^[0-9a-f]+$"))]
    pub(crate) hash: String,
    /// The calls in the words of `ping-operator plan`. The first 100; the last entry then says how many there are besides.
    #[schemars(
        length(max = MOST_LISTED + 1),
        inner(length(max = LONGEST_CALL)),
        extend("x-kubernetes-list-type" = "atomic")
    )]
    pub(crate) calls: Vec<String>,
}

/// The approval that was used last.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApprovedPlan {
    /// The approved hash. It approves nothing a second time.
    #[schemars(length(min = HASH_LENGTH, max = HASH_LENGTH), regex(pattern = "^[0-9a-f]+$"))]
    pub(crate) hash: String,
    /// What is still approved by it: a digest of each call that is not seen to be carried out yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = MOST_APPROVED),
        inner(length(min = 16, max = 16), regex(pattern = "^[0-9a-f]+$")),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub(crate) open: Vec<String>,
    /// A digest of each hash that was used before, and that the annotation or the config's list still has. None of them approves anything again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = MOST_USED),
        inner(length(min = 16, max = 16), regex(pattern = "^[0-9a-f]+$")),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub(crate) used: Vec<String>,
}

/// Whether a text has the form of a plan's hash.
pub(crate) fn is_plan_hash(text: &str) -> bool {
    text.len() == HASH_LENGTH && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The hashes in a list that is separated by commas or white space.
///
/// # Errors
/// The first entry that is none.
pub(crate) fn plan_hashes(list: &str) -> Result<BTreeSet<String>, &str> {
    let entries = list.split([',', ' ', '\t', '\r', '\n']).filter(|entry| !entry.is_empty());
    entries.map(|entry| if is_plan_hash(entry) { Ok(entry.to_owned()) } else { Err(entry) }).collect()
}
