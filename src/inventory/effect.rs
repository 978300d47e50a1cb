//! What a successful write does to each collection, as a value. No IO.
//!
//! Applying an effect says whether it changed anything. Right after the write it does; laid over a
//! later read it does only while that read misses the write. So one function serves planning
//! ahead, reads that lag, and counting.

mod accounts;
mod people;

use jiff::Timestamp;

use super::{
    AccountDetail, AccountEntry, AccountId, Channel, Collection, CustomerId, Inventory, InvitationAnswer, Member,
    Owner, Sensitive, ServiceId, Team, TeamId,
};
use crate::nodeping::Settings;
use crate::pinghome;
use crate::wire::{Answer, Call};

/// One change of one collection.
#[derive(Clone)]
pub(super) enum Effect {
    TeamMade(Team),
    TeamNamed {
        id: TeamId,
        name: String,
    },
    TeamGone {
        id: TeamId,
    },
    /// `before`: what an older invitation came to; a read that shows that has missed the new one.
    Invited {
        team: TeamId,
        email: String,
        before: Option<InvitationAnswer>,
    },
    Uninvited {
        team: TeamId,
        email: String,
    },
    Reminded {
        team: TeamId,
        email: String,
        at: String,
    },
    MemberJoined {
        team: TeamId,
        member: Member,
    },
    RoleGiven {
        team: TeamId,
        id: CustomerId,
        role: String,
    },
    MemberGone {
        team: TeamId,
        id: CustomerId,
    },
    CustomerNamed {
        name: String,
        surname: String,
    },
    UsernameConfirmed {
        email: String,
    },
    ServiceMade {
        team: TeamId,
        id: ServiceId,
        name: String,
    },
    ServiceNamed {
        id: ServiceId,
        name: String,
    },
    ServiceGone {
        id: ServiceId,
    },
    ServiceReadMade {
        id: ServiceId,
        name: String,
    },
    ServiceReadNamed {
        id: ServiceId,
        name: String,
    },
    ServiceReadGone {
        id: ServiceId,
    },
    ChannelMade {
        owner: Owner,
        channel: Channel,
    },
    ChannelReplaced {
        owner: Owner,
        key: String,
        value: Sensitive,
    },
    ChannelEnabled {
        owner: Owner,
        key: String,
        enabled: bool,
    },
    ChannelVerified {
        owner: Owner,
        key: String,
    },
    ChannelGone {
        owner: Owner,
        key: String,
    },
    AccountMade(AccountEntry),
    AccountChanged {
        id: AccountId,
        name: Option<String>,
        status: Option<String>,
    },
    AccountDeleting {
        id: AccountId,
    },
    DetailMade(Box<AccountDetail>),
    DetailChanged {
        id: AccountId,
        settings: Settings,
    },
    AutoDiagSent {
        id: AccountId,
        auto_diag: bool,
    },
    Suppressed {
        id: AccountId,
        suppressed: bool,
    },
    /// The answer to a call showed `emailme` so.
    MailSeen {
        id: AccountId,
        email_me: bool,
    },
    /// The call may have moved other settings, too (apis.md §4.5): they are read again.
    DetailDoubted {
        id: AccountId,
    },
}

impl Effect {
    /// Whose channels it is about.
    pub(super) fn owner(&self) -> Option<&Owner> {
        match self {
            Self::ChannelMade { owner, .. }
            | Self::ChannelReplaced { owner, .. }
            | Self::ChannelEnabled { owner, .. }
            | Self::ChannelVerified { owner, .. }
            | Self::ChannelGone { owner, .. } => Some(owner),
            _ => None,
        }
    }

    /// Whether a read of this collection can show it.
    pub(super) fn touches(&self, read: &Collection) -> bool {
        match (self, read) {
            (Self::TeamMade(_) | Self::TeamNamed { .. } | Self::TeamGone { .. }, Collection::Teams)
            | (Self::ServiceNamed { .. } | Self::ServiceGone { .. }, Collection::Services(_))
            | (Self::CustomerNamed { .. } | Self::UsernameConfirmed { .. }, Collection::Customer)
            | (
                Self::AccountMade(_) | Self::AccountChanged { .. } | Self::AccountDeleting { .. },
                Collection::Accounts,
            ) => true,
            (Self::ServiceMade { team, .. }, Collection::Services(read))
            | (
                Self::Invited { team, .. } | Self::Uninvited { team, .. } | Self::Reminded { team, .. },
                Collection::Invitations(read),
            )
            | (
                Self::MemberJoined { team, .. } | Self::RoleGiven { team, .. } | Self::MemberGone { team, .. },
                Collection::Members(read),
            ) => team == read,
            (
                Self::ServiceReadMade { id, .. } | Self::ServiceReadNamed { id, .. } | Self::ServiceReadGone { id },
                Collection::Service(read),
            ) => id == read,
            (effect, Collection::Channels(read)) => effect.owner() == Some(read),
            (Self::DetailMade(detail), Collection::Account(read)) => detail.id == *read,
            (
                Self::DetailChanged { id, .. }
                | Self::AutoDiagSent { id, .. }
                | Self::MailSeen { id, .. }
                | Self::Suppressed { id, .. },
                Collection::Account(read),
            ) => id == read,
            _ => false,
        }
    }
}

impl Inventory {
    /// What a write did, given what is known now.
    pub(super) fn effects(&self, call: &Call, answer: &Answer, at: Timestamp) -> Vec<Effect> {
        match call {
            Call::Pinghome(call) => self.pinghome_effects(call, answer, at),
            Call::NodePing(call) => accounts::effects(call, answer),
        }
    }

    fn pinghome_effects(&self, call: &pinghome::Call, answer: &Answer, at: Timestamp) -> Vec<Effect> {
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
            P::UpdateCustomer { name, surname } => {
                vec![Effect::CustomerNamed { name: name.clone(), surname: surname.clone() }]
            }
            P::ConfirmUsername { email, .. } => vec![Effect::UsernameConfirmed { email: email.clone() }],
            other => [self.channel_effects(other), self.person_effects(other, at)].concat(),
        }
    }

    fn channel_effects(&self, call: &pinghome::Call) -> Vec<Effect> {
        use pinghome::Call as P;
        match call {
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
            P::VerifyChannel { owner, priority, .. } => {
                self.positional(owner, *priority, |owner, key| Effect::ChannelVerified { owner, key })
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

fn created(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Created(id) => id.as_deref(),
        _ => None,
    }
}
