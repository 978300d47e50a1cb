//! Calls in the words of people: what is done to which resource, and who hears of it. No IO.

use serde::Serialize;

use crate::api::resource_key::ResourceKey;
use crate::plan::step::{Change, Step, Why};
use crate::provider::call::Call;
use crate::provider::model::sensitive::Sensitive;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::pinghome::call::PinghomeCall;

/// How a person hears of an invitation.
const MAIL: &str = "sends an e-mail";

/// What a reader must see first.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Weight {
    /// A person hears of it.
    Notifies,
    /// Something is deleted, or somebody removed.
    Deletes,
    /// Everything else.
    Plain,
}

/// One call in words.
pub(crate) struct Words {
    /// Such as `create Team platform`.
    pub(crate) text: String,
    /// What a reader must see first.
    pub(crate) weight: Weight,
}

impl Words {
    fn plain(text: String) -> Self {
        Self { text, weight: Weight::Plain }
    }

    fn deleting(text: String) -> Self {
        Self { text, weight: Weight::Deletes }
    }

    /// `how` a person hears of it.
    fn notifying(text: &str, how: &str) -> Self {
        Self { text: format!("{text} ({how})"), weight: Weight::Notifies }
    }
}

/// A call of a resource in words; `is_deleted`: the resource is.
pub(crate) fn words(step: &Step, key: &ResourceKey, is_deleted: bool) -> Words {
    let about = CallSubject { what: format!("{} {}", key.kind, key.name), changes: changes(&step.why), is_deleted };
    match &step.call {
        Call::Pinghome(call) => about.pinghome(call),
        Call::NodePing(call) => about.nodeping(call),
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

    fn pinghome(&self, call: &PinghomeCall) -> Words {
        let Self { what, changes: _, is_deleted } = self;
        let plain = |verb: &str| Words::plain(format!("{verb} {what}"));
        let deleting = |verb: &str| Words::deleting(format!("{verb} {what}"));
        let notifying = |verb: &str, how: &str| Words::notifying(&format!("{verb} {what}"), how);
        let mailing = |verb: &str, to: &Sensitive, how: &str| Words::notifying(&format!("{verb} {}", to.expose()), how);
        match call {
            PinghomeCall::CreateTeam { .. } | PinghomeCall::CreateService { .. } => plain("create"),
            PinghomeCall::RenameTeam { .. } | PinghomeCall::RenameService { .. } => {
                Words::plain(format!("rename {what}: {}", self.values()))
            }
            PinghomeCall::DeleteTeam { .. } | PinghomeCall::DeleteService { .. } => deleting("delete"),
            PinghomeCall::Invite { channel_value, .. } => mailing("invite", channel_value, MAIL),
            PinghomeCall::RemindInvited { channel_value, .. } => mailing("remind", channel_value, MAIL),
            PinghomeCall::Uninvite { channel_value, .. } => {
                Words::deleting(format!("withdraw the invitation of {}", channel_value.expose()))
            }
            PinghomeCall::RemoveMember { .. } => Words::deleting(format!("remove {} from {what}", self.old())),
            PinghomeCall::UpdateMember { team, new_team, .. } => self.member(team == new_team),
            PinghomeCall::CreateChannel { type_, .. } => match type_.as_str() {
                "email" | "sms" => notifying("create", "sends a code to the address"),
                _ => plain("create"),
            },
            PinghomeCall::UpdateChannel { .. } => notifying("change the address of", "may send a code to the new one"),
            PinghomeCall::VerifyChannel { .. } => plain("submit the code of"),
            PinghomeCall::DeleteChannel { .. } if *is_deleted => deleting("delete"),
            PinghomeCall::DeleteChannel { .. } => deleting("delete the former channel of"),
            PinghomeCall::TestChannel { .. } => notifying("test", "sends a message to the address"),
            PinghomeCall::EnableChannel { enabled, .. } => plain(if *enabled { "enable" } else { "disable" }),
            PinghomeCall::UpdateCustomer { .. } => Words::plain(format!("change {what}: {}", self.fields())),
            PinghomeCall::CloseCustomer { .. } => deleting("close the account of"),
            PinghomeCall::ChangeUsername { email } => mailing("ask for the username", email, "sends a code by e-mail"),
            PinghomeCall::ConfirmUsername { .. } => plain("submit the code for the username of"),
            PinghomeCall::ReadCustomer
            | PinghomeCall::ListChannels { .. }
            | PinghomeCall::ListTeams
            | PinghomeCall::ListInvitations { .. }
            | PinghomeCall::ListMembers { .. }
            | PinghomeCall::ListServices { .. }
            | PinghomeCall::ReadService { .. } => Words::plain(call.operation().to_owned()),
        }
    }

    /// A member gets another role, or another team.
    fn member(&self, stays: bool) -> Words {
        let what = &self.what;
        let text = if stays { format!("change a role in {what}") } else { format!("move a person for {what}") };
        Words::plain(format!("{text}: {}", self.values()))
    }

    fn nodeping(&self, call: &NodePingCall) -> Words {
        let what = &self.what;
        match call {
            NodePingCall::CreateAccount(_) => Words::plain(format!("create {what}")),
            NodePingCall::UpdateAccount { .. } => Words::plain(format!("change {what}: {}", self.fields())),
            NodePingCall::DeleteAccount { .. } => Words::deleting(format!("delete {what}")),
            NodePingCall::SuppressNotifications { suppress: true, .. } => {
                Words::plain(format!("suppress all notifications of {what}"))
            }
            NodePingCall::SuppressNotifications { suppress: false, .. } => {
                Words::plain(format!("send the notifications of {what} again"))
            }
            NodePingCall::ReadAccount { .. } | NodePingCall::ListAccounts => Words::plain(call.operation().to_owned()),
        }
    }
}
