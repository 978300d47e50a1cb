//! Calls in the words of people: what is done to which resource, and who hears of it. No IO.

use crate::api::resource_key::ResourceKey;
use crate::plan::step::{Change, Step, Why};
use crate::provider::call::Call;
use crate::provider::call::weight::Weight;
use crate::provider::model::sensitive::Sensitive;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::pinghome::call::PinghomeCall;

/// A call of a resource in words, such as `create Team platform`, and how a person hears of it; `is_deleted`: the resource is.
pub(crate) fn words(step: &Step, key: &ResourceKey, is_deleted: bool) -> String {
    let about = CallSubject { what: format!("{} {}", key.kind, key.name), changes: changes(&step.why), is_deleted };
    let text = match &step.call {
        Call::Pinghome(call) => about.pinghome(call),
        Call::NodePing(call) => about.nodeping(call),
    };
    match step.call.weight() {
        Weight::Notifies(how) => format!("{text} ({how})"),
        Weight::Deletes | Weight::Plain => text,
    }
}

fn changes(why: &Why) -> &[Change] {
    match why {
        Why::Update(changes) => changes,
        Why::Notify(change) => std::slice::from_ref(change),
        Why::Create(_) | Why::Delete => &[],
    }
}

/// What is said of one call.
struct CallSubject<'a> {
    /// The kind and name of the resource.
    what: String,
    changes: &'a [Change],
    is_deleted: bool,
}

impl CallSubject<'_> {
    /// What changes, without the name of the field.
    fn values(&self) -> String {
        let values = self.changes.iter().map(|change| format!("{} → {}", change.old, change.new));
        values.collect::<Vec<_>>().join("; ")
    }

    /// What changes.
    fn fields(&self) -> String {
        self.changes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    /// What there was before.
    fn old(&self) -> &str {
        self.changes.first().map(|change| change.old.as_str()).unwrap_or_default()
    }

    fn pinghome(&self, call: &PinghomeCall) -> String {
        let Self { what, changes: _, is_deleted } = self;
        let doing = |verb: &str| format!("{verb} {what}");
        let telling = |verb: &str, person: &Sensitive| format!("{verb} {}", person.expose());
        match call {
            PinghomeCall::CreateTeam { .. }
            | PinghomeCall::CreateService { .. }
            | PinghomeCall::CreateChannel { .. } => doing("create"),
            PinghomeCall::RenameTeam { .. } | PinghomeCall::RenameService { .. } => {
                format!("rename {what}: {}", self.values())
            }
            PinghomeCall::DeleteTeam { .. } | PinghomeCall::DeleteService { .. } => doing("delete"),
            PinghomeCall::Invite { channel_value, .. } => telling("invite", channel_value),
            PinghomeCall::RemindInvited { channel_value, .. } => telling("remind", channel_value),
            PinghomeCall::Uninvite { channel_value, .. } => telling("withdraw the invitation of", channel_value),
            PinghomeCall::RemoveMember { .. } => format!("remove {} from {what}", self.old()),
            PinghomeCall::UpdateMember { team, new_team, .. } => self.member(team == new_team),
            PinghomeCall::UpdateChannel { .. } => doing("change the address of"),
            PinghomeCall::VerifyChannel { .. } => doing("submit the code of"),
            PinghomeCall::DeleteChannel { .. } if *is_deleted => doing("delete"),
            PinghomeCall::DeleteChannel { .. } => doing("delete the former channel of"),
            PinghomeCall::TestChannel { .. } => doing("test"),
            PinghomeCall::EnableChannel { enabled, .. } => doing(if *enabled { "enable" } else { "disable" }),
            PinghomeCall::UpdateCustomer { .. } => format!("change {what}: {}", self.fields()),
            PinghomeCall::CloseCustomer { .. } => doing("close the account of"),
            PinghomeCall::ChangeUsername { email } => telling("ask for the username", email),
            PinghomeCall::ConfirmUsername { .. } => doing("submit the code for the username of"),
            PinghomeCall::ReadCustomer
            | PinghomeCall::ListChannels { .. }
            | PinghomeCall::ListTeams
            | PinghomeCall::ListInvitations { .. }
            | PinghomeCall::ListMembers { .. }
            | PinghomeCall::ListServices { .. }
            | PinghomeCall::ReadService { .. } => call.operation().to_owned(),
        }
    }

    /// A member gets another role, or another team.
    fn member(&self, stays: bool) -> String {
        let what = &self.what;
        let text = if stays { format!("change a role in {what}") } else { format!("move a person for {what}") };
        format!("{text}: {}", self.values())
    }

    fn nodeping(&self, call: &NodePingCall) -> String {
        let what = &self.what;
        match call {
            NodePingCall::CreateAccount(_) => format!("create {what}"),
            NodePingCall::UpdateAccount { .. } => format!("change {what}: {}", self.fields()),
            NodePingCall::DeleteAccount { .. } => format!("delete {what}"),
            NodePingCall::SuppressNotifications { suppress: true, .. } => {
                format!("suppress all notifications of {what}")
            }
            NodePingCall::SuppressNotifications { suppress: false, .. } => {
                format!("send the notifications of {what} again")
            }
            NodePingCall::ReadAccount { .. } | NodePingCall::ListAccounts => call.operation().to_owned(),
        }
    }
}
