//! What a successful write does to each collection, as a value. No IO.
//!
//! Applying an effect says whether it changed anything. Right after the write it does; laid over a
//! later read it does only while that read misses the write. So one function serves planning
//! ahead, reads that lag, and counting.

use super::{
    AccountDetail, AccountEntry, AccountId, Channel, Collection, Inventory, Owner, Sensitive, ServiceId, Team, TeamId,
};
use crate::nodeping::{self, Settings};
use crate::pinghome;
use crate::wire::{Answer, Call};

/// One change of one collection.
#[derive(Clone)]
pub(super) enum Effect {
    TeamMade(Team),
    TeamNamed { id: TeamId, name: String },
    TeamGone { id: TeamId },
    ServiceMade { team: TeamId, id: ServiceId, name: String },
    ServiceNamed { id: ServiceId, name: String },
    ServiceGone { id: ServiceId },
    ServiceReadMade { id: ServiceId, name: String },
    ServiceReadNamed { id: ServiceId, name: String },
    ServiceReadGone { id: ServiceId },
    ChannelMade { owner: Owner, channel: Channel },
    ChannelReplaced { owner: Owner, key: String, value: Sensitive },
    ChannelEnabled { owner: Owner, key: String, enabled: bool },
    ChannelGone { owner: Owner, key: String },
    AccountMade(AccountEntry),
    AccountChanged { id: AccountId, name: String, status: Option<String> },
    AccountDeleting { id: AccountId },
    DetailMade(Box<AccountDetail>),
    DetailChanged { id: AccountId, settings: Settings },
    AutoDiagSent { id: AccountId, auto_diag: bool },
    Suppressed { id: AccountId, suppressed: bool },
}

impl Effect {
    /// Whether a read of this collection can show it.
    pub(super) fn touches(&self, read: &Collection) -> bool {
        match (self, read) {
            (Self::TeamMade(_) | Self::TeamNamed { .. } | Self::TeamGone { .. }, Collection::Teams)
            | (Self::ServiceNamed { .. } | Self::ServiceGone { .. }, Collection::Services(_))
            | (
                Self::AccountMade(_) | Self::AccountChanged { .. } | Self::AccountDeleting { .. },
                Collection::Accounts,
            ) => true,
            (Self::ServiceMade { team, .. }, Collection::Services(read)) => team == read,
            (
                Self::ServiceReadMade { id, .. } | Self::ServiceReadNamed { id, .. } | Self::ServiceReadGone { id },
                Collection::Service(read),
            ) => id == read,
            (
                Self::ChannelMade { owner, .. }
                | Self::ChannelReplaced { owner, .. }
                | Self::ChannelEnabled { owner, .. }
                | Self::ChannelGone { owner, .. },
                Collection::Channels(read),
            ) => owner == read,
            (Self::DetailMade(detail), Collection::Account(read)) => detail.id == *read,
            (
                Self::DetailChanged { id, .. } | Self::AutoDiagSent { id, .. } | Self::Suppressed { id, .. },
                Collection::Account(read),
            ) => id == read,
            _ => false,
        }
    }
}

impl Inventory {
    /// What a write did, given what is known now.
    pub(super) fn effects(&self, call: &Call, answer: &Answer) -> Vec<Effect> {
        match call {
            Call::Pinghome(call) => self.pinghome_effects(call, answer),
            Call::NodePing(call) => nodeping_effects(call, answer),
        }
    }

    fn pinghome_effects(&self, call: &pinghome::Call, answer: &Answer) -> Vec<Effect> {
        use pinghome::Call as P;
        match call {
            P::CreateTeam { .. } => match answer {
                Answer::CreatedTeam(team) => vec![Effect::TeamMade(team.clone())],
                _ => Vec::new(),
            },
            P::RenameTeam { team, name } => vec![Effect::TeamNamed { id: team.clone(), name: name.clone() }],
            P::DeleteTeam { team } => vec![Effect::TeamGone { id: team.clone() }],
            P::CreateService { name, team } => created(answer).and_then(ServiceId::parse).map_or_else(Vec::new, |id| {
                vec![
                    Effect::ServiceMade { team: team.clone(), id: id.clone(), name: name.clone() },
                    Effect::ServiceReadMade { id, name: name.clone() },
                ]
            }),
            P::RenameService { service: id, name } => vec![
                Effect::ServiceNamed { id: id.clone(), name: name.clone() },
                Effect::ServiceReadNamed { id: id.clone(), name: name.clone() },
            ],
            P::DeleteService { service: id } => {
                vec![Effect::ServiceGone { id: id.clone() }, Effect::ServiceReadGone { id: id.clone() }]
            }
            P::CreateChannel { owner, type_, value } => {
                // The next free position (PU9), until a read tells.
                let last = self.channels.get(owner).and_then(|channels| channels.items().map(|c| c.priority).max());
                let channel = Channel::new(type_, value.clone(), last.unwrap_or(0) + 1, None, Some(false));
                vec![Effect::ChannelMade { owner: owner.clone(), channel }]
            }
            P::UpdateChannel { owner, value, priority } => self.positional(owner, *priority, |owner, key| {
                Effect::ChannelReplaced { owner, key, value: value.clone() }
            }),
            P::EnableChannel { owner, enabled, priority } => {
                self.positional(owner, *priority, |owner, key| Effect::ChannelEnabled { owner, key, enabled: *enabled })
            }
            P::DeleteChannel { owner, priority } => {
                self.positional(owner, *priority, |owner, key| Effect::ChannelGone { owner, key })
            }
            _ => Vec::new(),
        }
    }

    /// A positional write is remembered by the identity that stood at the position.
    fn positional(&self, owner: &Owner, priority: i64, effect: impl FnOnce(Owner, String) -> Effect) -> Vec<Effect> {
        let at = self.channels.get(owner).and_then(|channels| channels.at(priority));
        at.map(|channel| effect(owner.clone(), channel.key.clone())).into_iter().collect()
    }
}

fn nodeping_effects(call: &nodeping::Call, answer: &Answer) -> Vec<Effect> {
    use nodeping::Call as N;
    match call {
        N::CreateAccount(_) => match answer {
            Answer::Account(Some(detail)) => {
                let (id, name) = (detail.id.clone(), detail.name.clone().unwrap_or_default());
                let status = detail.status.clone();
                let entry = AccountEntry { id, name, status, checks: Some(0), primary: false, deleting: false };
                vec![Effect::AccountMade(entry), Effect::DetailMade(detail.clone())]
            }
            _ => Vec::new(),
        },
        N::UpdateAccount { account: id, settings } => vec![
            Effect::AccountChanged { id: id.clone(), name: settings.name.clone(), status: settings.status.clone() },
            Effect::DetailChanged { id: id.clone(), settings: settings.clone() },
            Effect::AutoDiagSent { id: id.clone(), auto_diag: settings.auto_diag },
        ],
        N::SuppressNotifications { account: id, suppress } => {
            vec![Effect::Suppressed { id: id.clone(), suppressed: *suppress }]
        }
        N::DeleteAccount { account: id } => vec![Effect::AccountDeleting { id: id.clone() }],
        N::ListAccounts | N::ReadAccount { .. } => Vec::new(),
    }
}

fn created(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Created(id) => id.as_deref(),
        _ => None,
    }
}
