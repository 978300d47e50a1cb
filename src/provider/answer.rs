//! The content of a successful answer, once it is read. No IO.

use crate::provider::model::account::{AccountDetail, AccountEntry};
use crate::provider::model::channel::Channel;
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::list::List;
use crate::provider::model::member::{Invitation, ObservedMember};
use crate::provider::model::service::ObservedService;
use crate::provider::model::team::ObservedTeam;

/// A successful answer. Everything else in the provider's body is dropped when it is read.
#[derive(Clone, PartialEq)]
pub(crate) enum Answer {
    /// The write was accepted; its body contains nothing of use.
    Done,
    /// Something was created; its id, if the answer contains one.
    Created(Option<String>),
    /// A team was created, and the answer contains its id (P13).
    CreatedTeam(ObservedTeam),
    /// The token's own customer (P1).
    Customer(Box<ObservedCustomer>),
    /// All teams (P14).
    Teams(List<ObservedTeam>),
    /// All members of a team (P20).
    Members(List<ObservedMember>),
    /// All invitations to a team (P17).
    Invitations(List<Invitation>),
    /// All services of a team (P34).
    Services(List<ObservedService>),
    /// One service (P34); `None` if a list that was read by its id does not have it.
    Service(Option<ObservedService>),
    /// There is no list: the provider does not list services by team.
    NotListed,
    /// A read was answered with "not found", in the API's own form: the provider knows no such team or service, or does not
    /// answer by such an id. That proves something only if the host has answered a read before.
    NotFound,
    /// All channels of an owner (P7, P25).
    Channels(List<Channel>),
    /// All accounts (N2).
    Accounts(List<AccountEntry>),
    /// One account (N1, N3, N4, N6); `None` if it does not exist or is not allowed: NodePing answers both alike.
    Account(Option<Box<AccountDetail>>),
}

impl Answer {
    /// Whether it shows a list.
    pub(crate) fn is_list(&self) -> bool {
        match self {
            Self::Teams(_)
            | Self::Members(_)
            | Self::Invitations(_)
            | Self::Services(_)
            | Self::Channels(_)
            | Self::Accounts(_) => true,
            Self::Done
            | Self::Created(_)
            | Self::CreatedTeam(_)
            | Self::Customer(_)
            | Self::Service(_)
            | Self::NotListed
            | Self::NotFound
            | Self::Account(_) => false,
        }
    }
}
