//! `Service`: a Pinghome service of a team (P31–P34). No IO.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::policies::{AdoptionPolicy, DeletionPolicy, Policies};
use crate::api::references::{ExternalTeam, TeamRef};
use crate::api::status::Status;

/// What a service should be.
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
    doc = "A Pinghome service: what a team answers for.",
    selectable = ".spec.name",
    printcolumn(name = "SERVICE", type_ = "string", json_path = ".spec.name"),
    printcolumn(name = "TEAM", type_ = "string", json_path = ".spec.teamRef.name"),
    printcolumn(name = "EXTERNAL-ID", type_ = "string", json_path = ".status.externalId")
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "rule": "has(self.teamRef) != has(self.team)",
    "message": "exactly one of `teamRef` and `team` must be set",
    "reason": "FieldValueInvalid",
    "fieldPath": ".teamRef"
}]))]
pub(crate) struct ServiceSpec {
    /// What every managed kind has.
    #[serde(flatten)]
    pub(crate) policies: Policies,
    /// The service's name at Pinghome, 1 to 128 characters. Mutable: a change renames the service.
    #[schemars(length(min = 1, max = 128))]
    pub(crate) name: String,
    /// The Team resource that the service belongs to. Exactly one of `teamRef` and `team`.
    /// Mutable, but the API cannot move a service: `onTeamChange` says what another team leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) team_ref: Option<TeamRef>,
    /// A team that no resource stands for, by id. Exactly one of `teamRef` and `team`. Mutable as `teamRef`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) team: Option<ExternalTeam>,
    /// What another team leads to: `Hold` (default) reports it, `Recreate` deletes the service and makes another one, which loses
    /// its monitors; with resources or heartbeats that needs the annotation `ping-operator.dev/allow-deletion: "true"`. Mutable.
    #[serde(default)]
    pub(crate) on_team_change: OnTeamChange,
    /// What deleting this resource does to the service: `Delete` (default) or `Orphan`. Mutable.
    #[serde(default)]
    pub(crate) deletion_policy: DeletionPolicy,
    /// What to do when the team has a service of exactly this name, claimed by no resource:
    /// `Never` (default) stops with `NameTaken`, `IfUnique` takes it over if there is exactly one, `CreateAnyway` makes another one. Mutable.
    #[serde(default)]
    pub(crate) adoption_policy: AdoptionPolicy,
}

/// What another team in the spec leads to: the API cannot move a service.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum OnTeamChange {
    /// Report it.
    #[default]
    Hold,
    /// Delete the service and make another one in the other team.
    Recreate,
}

/// What is known of the service.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceFacts {
    /// The id of the team that the service belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) team_external_id: Option<String>,
    /// How many resources (servers, APIs) are connected to the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub(crate) resource_count: Option<i64>,
    /// How many heartbeat monitors belong to the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub(crate) heartbeat_count: Option<i64>,
}

/// The status of this kind.
pub(crate) type ServiceStatus = Status<ServiceFacts>;
