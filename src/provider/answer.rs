//! The content of a successful answer, once it is read. No IO.

use crate::provider::envelope::Envelope;
use crate::provider::model::account::{AccountDetail, AccountEntry};
use crate::provider::model::channel::Channel;
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::list::List;
use crate::provider::model::member::{Invitation, ObservedMember};
use crate::provider::model::service::ObservedService;
use crate::provider::model::team::ObservedTeam;

/// One answer, which may be a page of a list.
pub(crate) struct Page {
    /// What it contains.
    pub(crate) answer: Answer,
    /// How many items it shows, with those that cannot be read; `None` if it is no list.
    pub(crate) shown: Option<usize>,
    /// What it says of other pages.
    pub(crate) envelope: Envelope,
}

/// A successful answer. Everything else in the provider's body is dropped when it is read.
#[derive(Clone, PartialEq)]
pub(crate) enum Answer {
    /// The write was accepted; its body contains nothing of use.
    Done,
    /// Something was created; its id, if the answer contains one.
    Created(Option<String>),
    /// Something was created, and the answer shows it with another name than was asked for; its id.
    CreatedOtherwise(String),
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
    /// The id in the answer to a create, if it has one.
    pub(crate) fn created_id(&self) -> Option<&str> {
        match self {
            Self::Created(id) => id.as_deref(),
            Self::CreatedTeam(team) => Some(team.id.as_str()),
            Self::Account(detail) => detail.as_ref().map(|detail| detail.id.as_str()),
            Self::Done
            | Self::CreatedOtherwise(_)
            | Self::Customer(_)
            | Self::Teams(_)
            | Self::Members(_)
            | Self::Invitations(_)
            | Self::Services(_)
            | Self::Service(_)
            | Self::NotListed
            | Self::NotFound
            | Self::Channels(_)
            | Self::Accounts(_) => None,
        }
    }

    /// Adds a later page of the same list to the pages before it, which showed `before` items; `has_shifted`: the list changed
    /// between the reads. Says whether both are such pages.
    pub(crate) fn append(&mut self, later: Self, before: usize, has_shifted: bool) -> bool {
        match self {
            Self::Teams(list) => {
                let Self::Teams(later) = later else { return false };
                list.append(later, before, has_shifted, |team| team.id.to_string());
            }
            Self::Members(list) => {
                let Self::Members(later) = later else { return false };
                list.append(later, before, has_shifted, |member| member.email.clone());
            }
            Self::Invitations(list) => {
                let Self::Invitations(later) = later else { return false };
                // Of one address there may be several, of which each was answered otherwise.
                list.append(later, before, has_shifted, |one| format!("{} {}", one.answer.rank(), one.email));
            }
            Self::Services(list) => {
                let Self::Services(later) = later else { return false };
                list.append(later, before, has_shifted, |service| service.id.to_string());
            }
            Self::Service(found) => {
                let Self::Service(later) = later else { return false };
                *found = found.take().or(later);
                // It may have been on none of the pages.
                return found.is_some() || !has_shifted;
            }
            Self::Channels(list) => {
                let Self::Channels(later) = later else { return false };
                // Equal channels may be listed at several positions.
                list.append(later, before, has_shifted, |channel| format!("{} {}", channel.priority, channel.key));
            }
            Self::Accounts(list) => {
                let Self::Accounts(later) = later else { return false };
                list.append(later, before, has_shifted, |account| account.id.to_string());
            }
            Self::Done
            | Self::Created(_)
            | Self::CreatedOtherwise(_)
            | Self::CreatedTeam(_)
            | Self::Customer(_)
            | Self::NotListed
            | Self::NotFound
            | Self::Account(_) => return false,
        }
        true
    }
}
