//! Members and invitations of a team, both recognised by the e-mail without case (PU22). No IO.

use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::ids::CustomerId;

/// Somebody who is in a team (P20).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ObservedMember {
    /// The e-mail, without case.
    pub(crate) email: String,
    /// `customer_id`; the `memberId` of P21 and P22.
    pub(crate) id: CustomerId,
    /// `role` in lower case.
    pub(crate) role: String,
}

/// An invitation to a team (P17).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Invitation {
    /// The e-mail, without case.
    pub(crate) email: String,
    /// Whether it was answered.
    pub(crate) answer: InvitationAnswer,
    /// `reminded_at`, as written.
    pub(crate) reminded: Option<String>,
}

/// What became of an invitation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum InvitationAnswer {
    /// Nothing yet.
    Pending,
    /// Yes.
    Accepted,
    /// No.
    Declined,
    /// A word that nobody knows.
    Unknown,
}

impl ObservedMember {
    /// Whether nobody may change or remove this member: `root`, and the token's own customer.
    pub(crate) fn is_untouchable(&self, own: &ObservedCustomer) -> bool {
        let own_email = own.email.as_deref().map(email_key);
        self.is_root() || self.id == own.id || own_email.as_deref() == Some(self.email.as_str())
    }

    /// Nobody may change or remove the root member.
    pub(crate) fn is_root(&self) -> bool {
        self.role == "root"
    }

    /// Whether the person manages the team.
    pub(crate) fn is_manager(&self) -> bool {
        self.role == "manager"
    }
}

/// An e-mail as it is compared.
pub(crate) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}
