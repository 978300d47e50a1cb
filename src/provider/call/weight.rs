//! What a call does that cannot be taken back: it reaches a person, or deletes something, or removes somebody. One table for the words
//! of a plan, for its summary, and for what waits for an approval. No IO.

use serde::Serialize;

use crate::provider::call::Call;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::pinghome::call::PinghomeCall;

/// How an invited person hears of it.
const MAIL: &str = "sends an e-mail";

/// What a reader must see of a call first.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(into = "&'static str")]
pub(crate) enum Weight {
    /// A person hears of it; how.
    Notifies(&'static str),
    /// Something is deleted, or somebody removed.
    Deletes,
    /// Everything else.
    Plain,
}

impl From<Weight> for &'static str {
    fn from(weight: Weight) -> Self {
        match weight {
            Weight::Notifies(_) => "notifies",
            Weight::Deletes => "deletes",
            Weight::Plain => "plain",
        }
    }
}

impl Call {
    /// What the call does that cannot be taken back.
    pub(crate) fn weight(&self) -> Weight {
        match self {
            Self::Pinghome(call) => of_pinghome(call),
            Self::NodePing(call) => of_nodeping(call),
        }
    }
}

fn of_pinghome(call: &PinghomeCall) -> Weight {
    match call {
        PinghomeCall::Invite { .. } | PinghomeCall::RemindInvited { .. } => Weight::Notifies(MAIL),
        PinghomeCall::CreateChannel { type_, .. } => match type_.as_str() {
            "email" | "sms" => Weight::Notifies("sends a code to the address"),
            _ => Weight::Plain,
        },
        PinghomeCall::UpdateChannel { .. } => Weight::Notifies("may send a code to the new one"),
        PinghomeCall::TestChannel { .. } => Weight::Notifies("sends a message to the address"),
        PinghomeCall::ChangeUsername { .. } => Weight::Notifies("sends a code by e-mail"),
        PinghomeCall::CloseCustomer { .. }
        | PinghomeCall::DeleteChannel { .. }
        | PinghomeCall::DeleteTeam { .. }
        | PinghomeCall::Uninvite { .. }
        | PinghomeCall::RemoveMember { .. }
        | PinghomeCall::DeleteService { .. } => Weight::Deletes,
        PinghomeCall::ReadCustomer
        | PinghomeCall::UpdateCustomer { .. }
        | PinghomeCall::ConfirmUsername { .. }
        | PinghomeCall::ListChannels { .. }
        | PinghomeCall::VerifyChannel { .. }
        | PinghomeCall::EnableChannel { .. }
        | PinghomeCall::CreateTeam { .. }
        | PinghomeCall::ListTeams
        | PinghomeCall::RenameTeam { .. }
        | PinghomeCall::ListInvitations { .. }
        | PinghomeCall::ListMembers { .. }
        | PinghomeCall::UpdateMember { .. }
        | PinghomeCall::CreateService { .. }
        | PinghomeCall::RenameService { .. }
        | PinghomeCall::ListServices { .. }
        | PinghomeCall::ReadService { .. } => Weight::Plain,
    }
}

fn of_nodeping(call: &NodePingCall) -> Weight {
    match call {
        NodePingCall::DeleteAccount { .. } => Weight::Deletes,
        NodePingCall::ReadAccount { .. }
        | NodePingCall::ListAccounts
        | NodePingCall::UpdateAccount { .. }
        | NodePingCall::CreateAccount(_)
        | NodePingCall::SuppressNotifications { .. } => Weight::Plain,
    }
}
