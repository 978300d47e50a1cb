//! The units of reading (design: a collection is listed completely or not known). No IO.

use jiff::Timestamp;

use crate::provider::call::Call;
use crate::provider::model::ids::{AccountId, ChannelOwner, ServiceId, TeamId};
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::pinghome::call::PinghomeCall;

/// What is read in one go.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Collection {
    /// The token's own customer.
    Customer,
    /// All teams.
    Teams,
    /// The people in a team.
    Members(TeamId),
    /// The invitations to a team.
    Invitations(TeamId),
    /// The services of a team.
    Services(TeamId),
    /// One service, by its id.
    Service(ServiceId),
    /// The channels of an owner.
    Channels(ChannelOwner),
    /// All accounts, without their settings.
    Accounts,
    /// One account's settings.
    Account(AccountId),
}

/// A collection that must be read before planning can go on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Need {
    /// What to read.
    pub(crate) collection: Collection,
    /// The read must not have begun before.
    pub(crate) not_before: Timestamp,
}

impl Collection {
    /// The collection that a call reads, if it is a read that the inventory keeps.
    pub(crate) fn read_by(call: &Call) -> Option<Self> {
        match call {
            Call::Pinghome(PinghomeCall::ReadCustomer) => Some(Self::Customer),
            Call::Pinghome(PinghomeCall::ListTeams) => Some(Self::Teams),
            Call::Pinghome(PinghomeCall::ListMembers { team }) => Some(Self::Members(team.clone())),
            Call::Pinghome(PinghomeCall::ListInvitations { team }) => Some(Self::Invitations(team.clone())),
            Call::Pinghome(PinghomeCall::ListServices { team }) => Some(Self::Services(team.clone())),
            Call::Pinghome(PinghomeCall::ReadService { service }) => Some(Self::Service(service.clone())),
            Call::Pinghome(PinghomeCall::ListChannels { owner, .. }) => Some(Self::Channels(owner.clone())),
            Call::NodePing(NodePingCall::ListAccounts) => Some(Self::Accounts),
            Call::NodePing(NodePingCall::ReadAccount { account }) => Some(Self::Account(account.clone())),
            _ => None,
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
