//! `Service`: a Pinghome service of a team (P31–P34). No IO.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::policies::{AdoptionPolicy, DeletionPolicy, Policies};
use crate::api::references::{ExternalTeam, TeamRef};
use crate::api::status::Status;

/// The desired service.
#[derive(Clone, CustomResource, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[kube(
    group = "ping-operator.dev",
    version = "v1alpha1",
    kind = "Service",
    plural = "services",
    shortname = "pingsvc",
    category = "ping",
    namespaced,
    status = "ServiceStatus",
    derive = "PartialEq",
    doc = "A Pinghome service: something that a team is responsible for.",
    selectable = ".spec.name",
    printcolumn(name = "SERVICE", type_ = "string", json_path = ".spec.name"),
    printcolumn(name = "TEAM", type_ = "string", json_path = ".spec.teamRef.name")
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "rule": "has(self.teamRef) != has(self.team)",
    "message": "exactly one of `teamRef` and `team` must be set",
    "reason": "FieldValueInvalid",
    "fieldPath": ".teamRef"
}]))]
pub(crate) struct ServiceSpec {
    /// The fields of every managed kind.
    #[serde(flatten)]
    pub(crate) policies: Policies,
    /// The name of the service at Pinghome, 1 to 128 characters. Mutable: a change renames the service.
    #[schemars(length(min = 1, max = 128))]
    pub(crate) name: String,
    /// The Team that the service belongs to. Set exactly one of `teamRef` and `team`.
    /// Mutable, but the API cannot move a service: `onTeamChange` says what a change does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) team_ref: Option<TeamRef>,
    /// A team that no resource represents, by id. Set exactly one of `teamRef` and `team`. Mutable, as `teamRef` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) team: Option<ExternalTeam>,
    /// What a change of the team does: `Hold` (default) reports it, `Recreate` deletes the service with its monitors and creates another
    /// one. If the service has resources or heartbeats, `Recreate` needs the annotation `ping-operator.dev/allow-deletion: "true"`. Mutable.
    #[serde(default)]
    pub(crate) on_team_change: OnTeamChange,
    /// What happens to the service when this resource is deleted: `Delete` (default) deletes it, `Orphan` keeps it. Mutable.
    #[serde(default)]
    pub(crate) deletion_policy: DeletionPolicy,
    /// What to do when the team has a service with exactly this name and no resource claims it:
    /// `Never` (default) stops with `NameTaken`, `IfUnique` adopts it if there is exactly one, `CreateAnyway` creates another one. Mutable.
    #[serde(default)]
    pub(crate) adoption_policy: AdoptionPolicy,
}

/// What a change of the team does. The API cannot move a service.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum OnTeamChange {
    /// Report the difference.
    #[default]
    Hold,
    /// Delete the service and create another one in the other team.
    Recreate,
}

/// The observed values of the service.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceFacts {
    /// The id of the team that the service belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) team_external_id: Option<String>,
    /// The number of resources (servers, APIs) that are connected to the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub(crate) resource_count: Option<i64>,
    /// The number of heartbeat monitors of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub(crate) heartbeat_count: Option<i64>,
    /// True while only the answer to the create says that this is the id of the service, and no read has shown it yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unconfirmed: bool,
}

/// The status of this kind: the common part and the observed values of the kind.
pub(crate) type ServiceStatus = Status<ServiceFacts>;
