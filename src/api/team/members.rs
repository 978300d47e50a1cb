//! The people of a team: desired and observed. No IO.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A desired member of the team.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Member {
    /// The e-mail address of the person. It is compared without case, and sent as written.
    #[schemars(length(min = 3, max = 254), regex(pattern = r"^[^\s@]+@[^\s@]+$"))]
    pub(crate) email: String,
    /// `user` or `manager`. It is set after the person has accepted. Absent: left as it is. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<Role>,
}

/// A role: `user` or `manager`. `root` can neither be granted nor changed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// An ordinary member.
    User,
    /// A manager of the team.
    Manager,
}

impl Role {
    /// The text in the API of the provider.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Manager => "manager",
        }
    }
}

/// Whom the operator may remove from the team.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum MembershipPolicy {
    /// Only people whom this resource lists or listed.
    #[default]
    Managed,
    /// Everybody who is not listed.
    Authoritative,
}

/// What follows an invitation that is not answered.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Invitations {
    /// Hours between the invitation and a reminder, and between two reminders, 1 to 8760. Absent: never remind. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 8760))]
    pub(crate) remind_after_hours: Option<i32>,
    /// The maximum number of reminders and repeated invitations for one person, 0 to 10. Default 2. Mutable.
    #[serde(default = "default_reminders")]
    #[schemars(range(min = 0, max = 10))]
    pub(crate) max_reminders: i32,
    /// What happens when an invitation expires: `Report` (default) only reports it, `InviteAgain` invites the person once more for each
    /// expiry, counted with the reminders. Mutable.
    #[serde(default)]
    pub(crate) on_expiry: ExpiryPolicy,
}

/// What happens when an invitation expires.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum ExpiryPolicy {
    /// The person is reported.
    #[default]
    Report,
    /// The person is invited again, once for each expiry and within `maxReminders`.
    InviteAgain,
}

fn default_reminders() -> i32 {
    2
}

/// The state of a person.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum MemberState {
    /// The person is invited and has not answered.
    Invited,
    /// The person was reminded and has not answered.
    Reminded,
    /// The person is in the team.
    Active,
    /// The person declined. The operator does not invite the person again until the entry is edited.
    Declined,
    /// The person was in the team or accepted, and is not in the team any more. The operator does not invite
    /// the person again until the entry is edited.
    Left,
    /// The invitation is in no list although no answer was seen, or it has a status that the operator does not know.
    Expired,
}

/// A person whom the resource lists or listed.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberStatus {
    /// The e-mail address of the person, as listed.
    #[schemars(length(min = 3, max = 254))]
    pub(crate) email: String,
    /// The id of the person at Pinghome. Present once the person was seen in the team: the operator knows the person by it from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub(crate) customer_id: Option<String>,
    /// Another address under which Pinghome shows the person now. Without `customerId` it is a guess: somebody whom the spec does not list
    /// joined the team under it when the invitation disappeared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 254))]
    pub(crate) current_email: Option<String>,
    /// The state of the person: `Invited`, `Reminded`, `Active`, `Declined`, `Left` or `Expired`.
    pub(crate) state: MemberState,
    /// The observed role of a person who is in the team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub(crate) role: Option<String>,
    /// The number of reminders and repeated invitations that were sent.
    #[schemars(range(min = 0, max = 1000))]
    pub(crate) reminders: i32,
    /// When the operator recorded the invitation, directly before it sent it (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"), length(max = 64))]
    pub(crate) invited_time: Option<Timestamp>,
    /// When the operator recorded the last reminder, directly before it sent it (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"), length(max = 64))]
    pub(crate) reminded_time: Option<Timestamp>,
    /// When the operator recorded that the person leaves, directly before the call that removes or moves the person or withdraws the
    /// invitation; without such a call, when it saw that the spec does not list the person any more (RFC 3339). Who is listed again
    /// meanwhile is invited again once the lists show that the person is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"), length(max = 64))]
    pub(crate) leaving_time: Option<Timestamp>,
    /// The role in the entry when this status was written. Another role counts as an edit of the entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asked_role: Option<Role>,
    /// True while an invitation is recorded and no list shows it yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unconfirmed: bool,
    /// True if an earlier invitation, accepted or expired, was still listed when the unconfirmed one was recorded. What the list shows of
    /// that one says nothing of this one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) earlier_invitation: bool,
}
