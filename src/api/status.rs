//! The part of every managed kind's status that is the same. No IO.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::conditions::Condition;

/// Conditions and identity, as every managed kind reports them.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommonStatus {
    /// The latest observations, one a type; `Ready` is the summary.
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
    /// The id of the external object at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub(crate) external_id: Option<String>,
    /// The value of `ping-operator.dev/reconcile-requested-at` that was last handled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub(crate) last_handled_reconcile_at: Option<String>,
}

/// The status of a managed kind: the common part, and the facts that only this kind has.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status<F> {
    /// What every managed kind has.
    #[serde(flatten)]
    pub(crate) common: CommonStatus,
    /// What is known of this kind's external object.
    #[serde(flatten)]
    pub(crate) facts: F,
}
