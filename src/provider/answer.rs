//! What an answer says, once it is read. No IO.

use crate::provider::model::account::{AccountDetail, AccountEntry};
use crate::provider::model::channel::Channel;
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::member::{Invitation, ObservedMember};
use crate::provider::model::service::ObservedService;
use crate::provider::model::team::ObservedTeam;

/// A successful answer. What the provider says beyond this is dropped where it is read.
#[derive(Clone, PartialEq)]
pub(crate) enum Answer {
    /// Accepted; nothing in it is of use.
    Done,
    /// Something was made; its id, if the answer has one (PU1–PU3).
    Created(Option<String>),
    /// P13 with an id, and the details that came along.
    CreatedTeam(ObservedTeam),
    /// P1.
    Customer(Box<ObservedCustomer>),
    /// P14, complete.
    Teams(Vec<ObservedTeam>),
    /// P20, complete.
    Members(Vec<ObservedMember>),
    /// P17, complete.
    Invitations(Vec<Invitation>),
    /// P34 as a complete list of a team's services.
    Services(Vec<ObservedService>),
    /// P34 as one service; `None`: the provider says that there is none of this id.
    Service(Option<ObservedService>),
    /// P34 asked by team, and the provider does not answer by team (PU6); or a list of a team that is not known.
    NotListed,
    /// P7, P25, complete.
    Channels(Vec<Channel>),
    /// N2, complete.
    Accounts(Vec<AccountEntry>),
    /// N1, N3, N4, N6; `None`: not there or not allowed, which look the same (NU2).
    Account(Option<Box<AccountDetail>>),
}
