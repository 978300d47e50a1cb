//! What waits for a person's approval, and what was approved. No IO.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The length of a plan's hash: SHA-256 in lower-case hexadecimal digits.
const HASH_LENGTH: usize = 64;
/// So many calls are listed in one status.
pub(crate) const MOST_LISTED: usize = 100;
/// So many calls are approved by one hash. Further ones wait for another approval.
pub(crate) const MOST_APPROVED: usize = 1000;
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
}

/// Whether a text has the form of a plan's hash.
pub(crate) fn is_plan_hash(text: &str) -> bool {
    text.len() == HASH_LENGTH && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
