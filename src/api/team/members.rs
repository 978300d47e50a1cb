//! The people of a team: as wanted, and as they are. No IO.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One person who should be in the team.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Member {
    /// The person's e-mail; compared without case, sent as written.
    #[schemars(length(min = 3, max = 254), regex(pattern = r"^[^\s@]+@[^\s@]+$"))]
    pub(crate) email: String,
    /// `user` or `manager`, set once the person has accepted. Absent: whatever it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<Role>,
}

/// A role that can be given. `root` can neither be granted nor changed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// An ordinary member.
    User,
    /// Manages the team.
    Manager,
}

impl Role {
    /// The word that the API uses.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Manager => "manager",
        }
    }
}

/// Who may be taken out of the team.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum MembershipPolicy {
    /// Only people who are or were listed by this resource.
    #[default]
    Managed,
    /// Everybody who is not listed.
    Authoritative,
}

/// How people who have not answered are reminded.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Invitations {
    /// Hours between the invitation and a reminder, and between two reminders, 1 to 8760. Absent: never remind. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 8760))]
    pub(crate) remind_after_hours: Option<i32>,
    /// How many reminders one invitation gets at most, 0 to 10. Default 2. Mutable.
    #[serde(default = "default_reminders")]
    #[schemars(range(min = 0, max = 10))]
    pub(crate) max_reminders: i32,
}

fn default_reminders() -> i32 {
    2
}

/// Where a person stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum MemberState {
    /// Invited, and has not answered.
    Invited,
    /// Reminded, and has not answered.
    Reminded,
    /// In the team.
    Active,
    /// Said no. Not invited again until the entry is edited.
    Declined,
    /// Was invited or in the team, and no list shows it any more. Not invited again until the entry is edited.
    Left,
}

/// One person whom the resource lists or listed.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberStatus {
    /// The person's e-mail as listed.
    #[schemars(length(min = 3, max = 254))]
    pub(crate) email: String,
    /// Where the person stands.
    pub(crate) state: MemberState,
    /// The role at Pinghome, of somebody who is in the team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub(crate) role: Option<String>,
    /// How many reminders were sent.
    #[schemars(range(min = 0, max = 1000))]
    pub(crate) reminders: i32,
    /// When the invitation was recorded, directly before it was sent (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"), length(max = 64))]
    pub(crate) invited_time: Option<Timestamp>,
    /// When the last reminder was recorded, directly before it was sent (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"), length(max = 64))]
    pub(crate) reminded_time: Option<Timestamp>,
    /// The role that the entry asked for when this was written: another one counts as an edit of the entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asked_role: Option<Role>,
    /// True while an invitation is recorded and no list has shown it yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unconfirmed: bool,
}
