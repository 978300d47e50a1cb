//! The units of reading (design: a collection is listed completely or not known). No IO.

use jiff::Timestamp;

use super::ids::{AccountId, Owner, ServiceId, TeamId};
use crate::wire::Call;
use crate::{nodeping, pinghome};

/// What is read in one go.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Collection {
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
    Channels(Owner),
    /// All accounts, without their settings.
    Accounts,
    /// One account's settings.
    Account(AccountId),
}

/// A collection that must be read before planning can go on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Need {
    /// What to read.
    pub collection: Collection,
    /// The read must not have begun before.
    pub since: Timestamp,
}

impl Collection {
    /// The collection that a call reads, if it is a read that the inventory keeps.
    pub fn read_by(call: &Call) -> Option<Self> {
        match call {
            Call::Pinghome(pinghome::Call::ReadCustomer) => Some(Self::Customer),
            Call::Pinghome(pinghome::Call::ListTeams) => Some(Self::Teams),
            Call::Pinghome(pinghome::Call::ListMembers { team }) => Some(Self::Members(team.clone())),
            Call::Pinghome(pinghome::Call::ListInvitations { team }) => Some(Self::Invitations(team.clone())),
            Call::Pinghome(pinghome::Call::ListServices { team }) => Some(Self::Services(team.clone())),
            Call::Pinghome(pinghome::Call::ReadService { service }) => Some(Self::Service(service.clone())),
            Call::Pinghome(pinghome::Call::ListChannels { owner, .. }) => Some(Self::Channels(owner.clone())),
            Call::NodePing(nodeping::Call::ListAccounts) => Some(Self::Accounts),
            Call::NodePing(nodeping::Call::ReadAccount { account }) => Some(Self::Account(account.clone())),
            _ => None,
        }
    }

    /// The call that reads it.
    pub fn call(&self) -> Call {
        match self {
            Self::Customer => pinghome::Call::ReadCustomer.into(),
            Self::Teams => pinghome::Call::ListTeams.into(),
            Self::Members(team) => pinghome::Call::ListMembers { team: team.clone() }.into(),
            Self::Invitations(team) => pinghome::Call::ListInvitations { team: team.clone() }.into(),
            Self::Services(team) => pinghome::Call::ListServices { team: team.clone() }.into(),
            Self::Service(service) => pinghome::Call::ReadService { service: service.clone() }.into(),
            Self::Channels(owner) => {
                pinghome::Call::ListChannels { owner: owner.clone(), include: Vec::new(), exclude: Vec::new() }.into()
            }
            Self::Accounts => nodeping::Call::ListAccounts.into(),
            Self::Account(id) => nodeping::Call::ReadAccount { account: id.clone() }.into(),
        }
    }
}
