//! The content of a successful answer, once it is read. No IO.

use crate::provider::model::account::{AccountDetail, AccountEntry};
use crate::provider::model::channel::Channel;
use crate::provider::model::customer::ObservedCustomer;
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
    Teams(Vec<ObservedTeam>),
    /// All members of a team (P20).
    Members(Vec<ObservedMember>),
    /// All invitations to a team (P17).
    Invitations(Vec<Invitation>),
    /// All services of a team (P34).
    Services(Vec<ObservedService>),
    /// One service (P34); `None` if the provider says that no service has this id.
    Service(Option<ObservedService>),
    /// There is no list: the provider knows no such team, or does not list services by team.
    NotListed,
    /// All channels of an owner (P7, P25).
    Channels(Vec<Channel>),
    /// All accounts (N2).
    Accounts(Vec<AccountEntry>),
    /// One account (N1, N3, N4, N6); `None` if it does not exist or is not allowed: NodePing answers both alike.
    Account(Option<Box<AccountDetail>>),
}
