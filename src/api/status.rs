//! The common part of the status of the managed kinds. No IO.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::approval::{ApprovedPlan, PendingPlan};
use crate::api::conditions::Condition;

/// The conditions and the identity of every managed kind.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommonStatus {
    /// The current conditions, one for each type. `Ready` is the summary.
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
    /// The recorded id: the id of the external object at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub(crate) external_id: Option<String>,
    /// The id of the provider account of the recorded object, or that the config led to last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub(crate) account_id: Option<String>,
    /// The last handled value of `ping-operator.dev/reconcile-requested-at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub(crate) last_handled_reconcile_at: Option<String>,
    /// The calls that wait for an approval, where the config has `approval: Required`, and the hash that approves them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pending_plan: Option<Box<PendingPlan>>,
    /// The approval that was used last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) approved_plan: Option<Box<ApprovedPlan>>,
}

/// The status of a managed kind: the common part, and the observed values of the kind.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status<F> {
    /// The common part.
    #[serde(flatten)]
    pub(crate) common: CommonStatus,
    /// The observed values of the external object.
    #[serde(flatten)]
    pub(crate) facts: F,
}
