//! `Team`: a Pinghome team and its members (P13–P23). No IO.

pub(crate) mod members;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::policies::{AdoptionPolicy, DeletionPolicy, Policies};
use crate::api::status::Status;
use crate::api::team::members::{Invitations, Member, MemberStatus, MembershipPolicy};

/// The desired team.
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
    printcolumn(name = "MEMBERS", type_ = "string", json_path = ".status.memberSummary"),
    printcolumn(
        name = "INVITATIONS",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"InvitationsPending\")].reason"
    )
)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TeamSpec {
    /// The fields of every managed kind.
    #[serde(flatten)]
    pub(crate) policies: Policies,
    /// The name of the team at Pinghome, 1 to 128 characters. Mutable: a change renames the team.
    #[schemars(length(min = 1, max = 128))]
    pub(crate) name: String,
    /// The desired members of the team, by e-mail, at most 150 people. Absent: no person is changed, whoever was listed before; an empty list
    /// takes out everybody who was listed. Mutable: a new entry is invited once. If an entry is removed, its invitation is withdrawn or the
    /// person is removed; a person whom another Team of the account lists is moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
    pub(crate) members: Option<Vec<Member>>,
    /// Whom the operator may remove: `Managed` (default) only people who are or were listed here, `Authoritative` everybody
    /// who is not listed, as long as `members` is there. It never changes `root` members and the customer that the token belongs to. Mutable.
    #[serde(default)]
    pub(crate) membership_policy: MembershipPolicy,
    /// What follows an invitation that is not answered: reminders, and what happens when it expires. Absent: nothing is sent. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) invitations: Option<Invitations>,
    /// What happens to the team when this resource is deleted: `Delete` (default) deletes it with its memberships, `Orphan` keeps it. Mutable.
    #[serde(default)]
    pub(crate) deletion_policy: DeletionPolicy,
    /// What to do when a team with exactly this name exists already and no resource claims it:
    /// `Never` (default) stops with `NameTaken`, `IfUnique` adopts it if there is exactly one, `CreateAnyway` creates another one. Mutable.
    #[serde(default)]
    pub(crate) adoption_policy: AdoptionPolicy,
}

/// So many people have a place in `status.members`.
pub(crate) const MOST_RECORDED: usize = 300;

/// The observed values of the team.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TeamFacts {
    /// The number of people in the team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub(crate) member_count: Option<i64>,
    /// How many people the spec lists, and how many of them are in the team, such as `3/2`. If it lists nobody in particular: `-`, and the
    /// number of people in the team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub(crate) member_summary: Option<String>,
    /// When the team was created, in the format of Pinghome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub(crate) created_time: Option<String>,
    /// The people whom this resource lists or listed, by e-mail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = MOST_RECORDED),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["email"])
    )]
    pub(crate) members: Vec<MemberStatus>,
}

/// The status of this kind: the common part and the observed values of the kind.
pub(crate) type TeamStatus = Status<TeamFacts>;
