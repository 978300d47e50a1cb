//! The units of reading (design: a collection is listed completely or not known). No IO.

use jiff::Timestamp;

use crate::provider::call::Call;
use crate::provider::model::ids::{AccountId, Owner, ServiceId, TeamId};

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
    Channels(Owner),
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
    pub(crate) since: Timestamp,
}

impl Collection {
    /// The collection that a call reads, if it is a read that the inventory keeps.
    pub(crate) fn read_by(call: &Call) -> Option<Self> {
        match call {
            Call::Pinghome(crate::provider::pinghome::call::Call::ReadCustomer) => Some(Self::Customer),
            Call::Pinghome(crate::provider::pinghome::call::Call::ListTeams) => Some(Self::Teams),
            Call::Pinghome(crate::provider::pinghome::call::Call::ListMembers { team }) => {
                Some(Self::Members(team.clone()))
            }
            Call::Pinghome(crate::provider::pinghome::call::Call::ListInvitations { team }) => {
                Some(Self::Invitations(team.clone()))
            }
            Call::Pinghome(crate::provider::pinghome::call::Call::ListServices { team }) => {
                Some(Self::Services(team.clone()))
            }
            Call::Pinghome(crate::provider::pinghome::call::Call::ReadService { service }) => {
                Some(Self::Service(service.clone()))
            }
            Call::Pinghome(crate::provider::pinghome::call::Call::ListChannels { owner, .. }) => {
                Some(Self::Channels(owner.clone()))
            }
            Call::NodePing(crate::provider::nodeping::call::Call::ListAccounts) => Some(Self::Accounts),
            Call::NodePing(crate::provider::nodeping::call::Call::ReadAccount { account }) => {
                Some(Self::Account(account.clone()))
            }
            _ => None,
        }
    }

    /// The call that reads it.
    pub(crate) fn call(&self) -> Call {
        match self {
            Self::Customer => crate::provider::pinghome::call::Call::ReadCustomer.into(),
            Self::Teams => crate::provider::pinghome::call::Call::ListTeams.into(),
            Self::Members(team) => crate::provider::pinghome::call::Call::ListMembers { team: team.clone() }.into(),
            Self::Invitations(team) => {
                crate::provider::pinghome::call::Call::ListInvitations { team: team.clone() }.into()
            }
            Self::Services(team) => crate::provider::pinghome::call::Call::ListServices { team: team.clone() }.into(),
            Self::Service(service) => {
                crate::provider::pinghome::call::Call::ReadService { service: service.clone() }.into()
            }
            Self::Channels(owner) => crate::provider::pinghome::call::Call::ListChannels {
                owner: owner.clone(),
                include: Vec::new(),
                exclude: Vec::new(),
            }
            .into(),
            Self::Accounts => crate::provider::nodeping::call::Call::ListAccounts.into(),
            Self::Account(id) => crate::provider::nodeping::call::Call::ReadAccount { account: id.clone() }.into(),
        }
    }
}
