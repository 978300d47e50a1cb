//! `Team`: a Pinghome team and the people in it (P13–P23). No IO.

pub(crate) mod members;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::policies::{AdoptionPolicy, DeletionPolicy, Policies};
use crate::api::status::Status;
use crate::api::team::members::{Invitations, Member, MemberStatus, MembershipPolicy};

/// What a team should be.
#[derive(Clone, CustomResource, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[kube(
    group = "ping-operator.dev",
    version = "v1alpha1",
    kind = "Team",
    plural = "teams",
    shortname = "pingteam",
    category = "ping",
    namespaced,
    status = "TeamStatus",
    derive = "PartialEq",
    doc = "A Pinghome team.",
    selectable = ".spec.name",
    printcolumn(name = "TEAM", type_ = "string", json_path = ".spec.name"),
    printcolumn(name = "MEMBERS", type_ = "integer", json_path = ".status.memberCount"),
    printcolumn(name = "EXTERNAL-ID", type_ = "string", json_path = ".status.externalId")
)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TeamSpec {
    /// What every managed kind has.
    #[serde(flatten)]
    pub(crate) policies: Policies,
    /// The team's name at Pinghome, 1 to 128 characters. Mutable: a change renames the team.
    #[schemars(length(min = 1, max = 128))]
    pub(crate) name: String,
    /// Who should be in the team, by e-mail, at most 150 people. Mutable: a new entry is invited once, a withdrawn one is uninvited or removed,
    /// and a person whom another Team of the account lists instead is moved. Absent: nobody is touched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 150),
        extend(
            "x-kubernetes-list-type" = "map",
            "x-kubernetes-list-map-keys" = ["email"],
            "x-kubernetes-validations" = [{
                "rule": "self.all(a, self.exists_one(b, a.email.lowerAscii() == b.email.lowerAscii()))",
                "message": "each `email` must be listed once; upper and lower case count as the same",
                "reason": "FieldValueInvalid"
            }]
        )
    )]
    pub(crate) members: Vec<Member>,
    /// Who may be taken out of the team: `Managed` (default) only people who are or were listed here, `Authoritative` everybody
    /// who is not listed. `root` and the token's own customer are never touched. Mutable.
    #[serde(default)]
    pub(crate) membership_policy: MembershipPolicy,
    /// How people who have not answered are reminded. Absent: never. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) invitations: Option<Invitations>,
    /// What deleting this resource does to the team: `Delete` (default) removes it with its memberships, `Orphan` keeps it. Mutable.
    #[serde(default)]
    pub(crate) deletion_policy: DeletionPolicy,
    /// What to do when a team of exactly this name, claimed by no resource, exists already:
    /// `Never` (default) stops with `NameTaken`, `IfUnique` takes it over if there is exactly one, `CreateAnyway` makes another one. Mutable.
    #[serde(default)]
    pub(crate) adoption_policy: AdoptionPolicy,
}

/// What is known of the team.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TeamFacts {
    /// How many people are in the team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub(crate) member_count: Option<i64>,
    /// When the team was made, as Pinghome writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub(crate) created_time: Option<String>,
    /// The people whom this resource lists or listed, by e-mail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 300),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["email"])
    )]
    pub(crate) members: Vec<MemberStatus>,
}

/// The status of this kind.
pub(crate) type TeamStatus = Status<TeamFacts>;
