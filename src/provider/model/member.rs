//! Members and invitations of a team. Both are identified by the e-mail, compared without case. No IO.

use std::fmt;

use crate::api::team::members::Role;
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::ids::CustomerId;

/// The longest unknown role that is kept, in characters.
const LONGEST_ROLE: usize = 64;

/// A person who is in a team (P20).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ObservedMember {
    /// The e-mail in lower case.
    pub(crate) email: String,
    /// `customer_id`; the `memberId` of P21 and P22.
    pub(crate) id: CustomerId,
    /// `role`.
    pub(crate) role: MemberRole,
}

/// The role of a person in a team. A spec can grant only some of the roles: see [`Role`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum MemberRole {
    /// An ordinary member.
    User,
    /// Manages the team.
    Manager,
    /// Can neither be granted nor changed nor removed.
    Root,
    /// A role that this version does not know, in lower case.
    Other(String),
}

/// An invitation to a team (P17).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Invitation {
    /// The e-mail in lower case.
    pub(crate) email: String,
    /// The e-mail as the provider writes it: calls about the invitation name it so.
    pub(crate) address: String,
    /// `status`.
    pub(crate) answer: InvitationAnswer,
    /// `reminded_at` as the provider writes it; `None` if no reminder was sent.
    pub(crate) reminded: Option<String>,
}

/// The answer of the invited person.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum InvitationAnswer {
    /// The person has not answered.
    Pending,
    /// The person has accepted.
    Accepted,
    /// The person has declined.
    Declined,
    /// The invitation cannot be answered any more.
    Expired,
    /// A status that this version does not know: the person may still be able to answer.
    Unknown,
}

impl ObservedMember {
    /// Whether the operator must not change or remove this member: `root`, a role that it does not know, and the token's own customer.
    pub(crate) fn is_untouchable(&self, own: &ObservedCustomer) -> bool {
        self.role.grantable().is_none() || self.is_own(own)
    }

    /// Whether this is the token's own customer.
    pub(crate) fn is_own(&self, own: &ObservedCustomer) -> bool {
        let own_email = own.email.as_deref().map(email_key);
        self.id == own.id || own_email.as_deref() == Some(self.email.as_str())
    }

    /// The role, if it is unknown and alone keeps the operator from changing or removing this member.
    pub(crate) fn unknown_role(&self, own: &ObservedCustomer) -> Option<&str> {
        match &self.role {
            MemberRole::Other(role) if !self.is_own(own) => Some(role),
            MemberRole::User | MemberRole::Manager | MemberRole::Root | MemberRole::Other(_) => None,
        }
    }

    /// Whether the person manages the team.
    pub(crate) fn is_manager(&self) -> bool {
        self.role == MemberRole::Manager
    }
}

impl MemberRole {
    /// Reads the provider's word without regard to case.
    pub(crate) fn parse(word: &str) -> Self {
        match word.to_lowercase().as_str() {
            "user" => Self::User,
            "manager" => Self::Manager,
            "root" => Self::Root,
            other => Self::Other(other.chars().filter(|char| !char.is_control()).take(LONGEST_ROLE).collect()),
        }
    }

    /// The word that the API uses.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::User => "user",
            Self::Manager => "manager",
            Self::Root => "root",
            Self::Other(word) => word,
        }
    }

    /// The role as a spec writes it; `None` for a role that a spec cannot grant.
    pub(crate) fn grantable(&self) -> Option<Role> {
        match self {
            Self::User => Some(Role::User),
            Self::Manager => Some(Role::Manager),
            Self::Root | Self::Other(_) => None,
        }
    }
}

impl From<Role> for MemberRole {
    fn from(role: Role) -> Self {
        match role {
            Role::User => Self::User,
            Role::Manager => Self::Manager,
        }
    }
}

impl fmt::Display for MemberRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl InvitationAnswer {
    /// Reads the provider's word without regard to case.
    pub(crate) fn parse(word: &str) -> Self {
        match word.to_lowercase().as_str() {
            "pending" => Self::Pending,
            "accepted" => Self::Accepted,
            "declined" => Self::Declined,
            "expired" => Self::Expired,
            _ => Self::Unknown,
        }
    }

    /// How much an invitation counts beside another one to the same address.
    pub(crate) fn rank(self) -> u8 {
        match self {
            Self::Pending => 4,
            Self::Unknown => 3,
            Self::Accepted => 2,
            Self::Declined => 1,
            Self::Expired => 0,
        }
    }
}

/// The form in which e-mails are compared: without case and surrounding spaces.
pub(crate) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}
