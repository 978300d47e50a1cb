//! What a successful write does to each collection, as a value. No IO.
//!
//! Applying an effect says whether it changed anything. Right after the write it does; laid over a
//! later read it does only while that read misses the write. So one function serves planning
//! ahead, reads that lag, and counting.

use crate::inventory::collection::Collection;
use crate::provider::model::account::{AccountDetail, AccountEntry, AccountSettings};
use crate::provider::model::channel::Channel;
use crate::provider::model::ids::{AccountId, ChannelOwner, CustomerId, ServiceId, TeamId};
use crate::provider::model::member::{InvitationAnswer, ObservedMember};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::model::team::ObservedTeam;

/// One change of one collection.
#[derive(Clone)]
pub(crate) enum Effect {
    TeamMade(ObservedTeam),
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
        member: ObservedMember,
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
        owner: ChannelOwner,
        channel: Channel,
    },
    ChannelReplaced {
        owner: ChannelOwner,
        key: String,
        value: Sensitive,
    },
    ChannelEnabled {
        owner: ChannelOwner,
        key: String,
        enabled: bool,
    },
    ChannelVerified {
        owner: ChannelOwner,
        key: String,
    },
    ChannelGone {
        owner: ChannelOwner,
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
        settings: AccountSettings,
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
    pub(crate) fn owner(&self) -> Option<&ChannelOwner> {
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
    pub(crate) fn touches(&self, read: &Collection) -> bool {
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
