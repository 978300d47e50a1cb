//! The collections: what one call reads. No IO.

use jiff::Timestamp;

use crate::provider::call::Call;
use crate::provider::model::ids::{AccountId, ChannelOwner, ServiceId, TeamId};
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::pinghome::answer::{AnswerKind, kind};
use crate::provider::pinghome::call::PinghomeCall;

/// Everything that one call reads.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Collection {
    /// The token's own customer.
    Customer,
    /// All teams.
    Teams,
    /// The members of a team.
    Members(TeamId),
    /// The invitations to a team.
    Invitations(TeamId),
    /// The services of a team.
    Services(TeamId),
    /// One service, by its id.
    Service(ServiceId),
    /// The channels of an owner.
    Channels(ChannelOwner),
    /// All accounts, without most of their settings.
    Accounts,
    /// One account's settings.
    Account(AccountId),
}

/// A collection that must be read before planning can continue.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Need {
    /// The collection to read.
    pub(crate) collection: Collection,
    /// The read must not have begun before this time.
    pub(crate) not_before: Timestamp,
}

impl Collection {
    /// The first one in the order of collections.
    pub(super) const FIRST: Self = Self::Customer;

    /// The collection that a call reads; `None` for a write.
    pub(crate) fn read_by(call: &Call) -> Option<Self> {
        match call {
            Call::Pinghome(call) => match kind(call) {
                AnswerKind::Customer => Some(Self::Customer),
                AnswerKind::Teams => Some(Self::Teams),
                AnswerKind::Members(team) => Some(Self::Members(team.clone())),
                AnswerKind::Invitations(team) => Some(Self::Invitations(team.clone())),
                AnswerKind::Services(team) => Some(Self::Services(team.clone())),
                AnswerKind::Service(id) => Some(Self::Service(id.clone())),
                // Filtered lists are never recorded.
                AnswerKind::Channels(owner) => Some(Self::Channels(owner.clone())),
                AnswerKind::CreatedTeam(_)
                | AnswerKind::CreatedService(_)
                | AnswerKind::CreatedChannel
                | AnswerKind::Done => None,
            },
            Call::NodePing(call) => match call {
                NodePingCall::ListAccounts => Some(Self::Accounts),
                NodePingCall::ReadAccount { account } => Some(Self::Account(account.clone())),
                NodePingCall::UpdateAccount { .. }
                | NodePingCall::CreateAccount(_)
                | NodePingCall::DeleteAccount { .. }
                | NodePingCall::SuppressNotifications { .. } => None,
            },
        }
    }

    /// What it holds, as messages call it.
    pub(crate) fn words(&self) -> &'static str {
        match self {
            Self::Customer => "the customer",
            Self::Teams => "teams",
            Self::Members(_) => "members",
            Self::Invitations(_) => "invitations",
            Self::Services(_) | Self::Service(_) => "services",
            Self::Channels(_) => "notification channels",
            Self::Accounts | Self::Account(_) => "accounts",
        }
    }

    /// The list that shows whether what it belongs to is there; `None` if there is no such list.
    pub(crate) fn parent(&self) -> Option<Self> {
        match self {
            Self::Members(_) | Self::Invitations(_) | Self::Services(_) | Self::Channels(ChannelOwner::Team(_)) => {
                Some(Self::Teams)
            }
            Self::Account(_) => Some(Self::Accounts),
            Self::Customer
            | Self::Teams
            | Self::Service(_)
            | Self::Channels(ChannelOwner::Customer(_))
            | Self::Accounts => None,
        }
    }

    /// The call that reads it.
    pub(crate) fn call(&self) -> Call {
        match self {
            Self::Customer => PinghomeCall::ReadCustomer.into(),
            Self::Teams => PinghomeCall::ListTeams.into(),
            Self::Members(team) => PinghomeCall::ListMembers { team: team.clone() }.into(),
            Self::Invitations(team) => PinghomeCall::ListInvitations { team: team.clone() }.into(),
            Self::Services(team) => PinghomeCall::ListServices { team: team.clone() }.into(),
            Self::Service(service) => PinghomeCall::ReadService { service: service.clone() }.into(),
            Self::Channels(owner) => {
                PinghomeCall::ListChannels { owner: owner.clone(), include: Vec::new(), exclude: Vec::new() }.into()
            }
            Self::Accounts => NodePingCall::ListAccounts.into(),
            Self::Account(id) => NodePingCall::ReadAccount { account: id.clone() }.into(),
        }
    }
}
