//! What is known of one provider account, and how a call changes it. No IO.
//!
//! [`Inventory::record`] is the only way in: a read replaces its collection, a write edits it and
//! is remembered for as long as reads may miss it. Planning asks for a collection not older than
//! it needs and gets it, or a [`Need`] that says what to read first.

pub(crate) mod apply;
pub(crate) mod assume;
pub(crate) mod channels;
pub(crate) mod collection;
pub(crate) mod effect;
pub(crate) mod effects;
pub(crate) mod item;
pub(crate) mod listing;
pub(crate) mod observed;
pub(crate) mod record;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::inventory::channels::Channels;
use crate::inventory::collection::{Collection, Need};
use crate::inventory::effect::Effect;
use crate::inventory::listing::Listing;
use crate::inventory::observed::Single;
use crate::provider::model::account::{AccountDetail, AccountEntry};
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::ids::{AccountId, ChannelOwner, ServiceId, TeamId};
use crate::provider::model::member::{Invitation, ObservedMember};
use crate::provider::model::service::ObservedService;
use crate::provider::model::team::ObservedTeam;

/// What is known of one provider account. A collection that was never listed is absent, not empty.
#[derive(Default)]
pub(crate) struct Inventory {
    read_lag: SignedDuration,
    customer: Option<Single<ObservedCustomer>>,
    teams: Option<Listing<ObservedTeam>>,
    members: HashMap<TeamId, Listing<ObservedMember>>,
    invitations: HashMap<TeamId, Listing<Invitation>>,
    services: HashMap<TeamId, Listing<ObservedService>>,
    unlisted: HashMap<Collection, Timestamp>,
    service: HashMap<ServiceId, Single<ObservedService>>,
    channels: HashMap<ChannelOwner, Channels>,
    /// Channel lists from before are not trusted for positions.
    positions_from: Timestamp,
    accounts: Option<Listing<AccountEntry>>,
    account: HashMap<AccountId, Single<AccountDetail>>,
    recent: Vec<(Effect, Timestamp)>,
}

impl Inventory {
    /// Sets for how long a read may miss a write (`spec.readLagSeconds`).
    pub(crate) fn set_read_lag(&mut self, read_lag: SignedDuration) {
        self.read_lag = read_lag;
    }

    /// For how long a read may miss a write.
    #[cfg(test)]
    pub(crate) fn read_lag(&self) -> SignedDuration {
        self.read_lag
    }

    /// The token's own customer, read not before `since`.
    pub(crate) fn customer(&self, not_before: Timestamp) -> Result<&ObservedCustomer, Need> {
        let known = self.customer.as_ref().filter(|single| single.read_at >= not_before);
        known.and_then(|single| single.value.as_ref()).ok_or(Need { collection: Collection::Customer, not_before })
    }

    /// All teams, listed not before `since`.
    pub(crate) fn teams(&self, not_before: Timestamp) -> Result<&Listing<ObservedTeam>, Need> {
        let known = self.teams.as_ref().filter(|listing| listing.read_at() >= not_before);
        known.ok_or(Need { collection: Collection::Teams, not_before })
    }

    /// The people in a team, listed not before `since`; `None` if the provider knows no such team.
    pub(crate) fn members(
        &self,
        team: &TeamId,
        not_before: Timestamp,
    ) -> Result<Option<&Listing<ObservedMember>>, Need> {
        self.listed(self.members.get(team), Listing::read_at, Collection::Members(team.clone()), not_before)
    }

    /// The invitations to a team, listed not before `since`; `None` if the provider knows no such team.
    pub(crate) fn invitations(
        &self,
        team: &TeamId,
        not_before: Timestamp,
    ) -> Result<Option<&Listing<Invitation>>, Need> {
        self.listed(self.invitations.get(team), Listing::read_at, Collection::Invitations(team.clone()), not_before)
    }

    /// A team's services, listed not before `since`; `None` if the provider does not list by team (PU6).
    pub(crate) fn services(
        &self,
        team: &TeamId,
        not_before: Timestamp,
    ) -> Result<Option<&Listing<ObservedService>>, Need> {
        self.listed(self.services.get(team), Listing::read_at, Collection::Services(team.clone()), not_before)
    }

    /// One service, read by its id not before `since`.
    pub(crate) fn service(&self, id: &ServiceId, not_before: Timestamp) -> Result<&Single<ObservedService>, Need> {
        let known = self.service.get(id).filter(|single| single.read_at >= not_before);
        known.ok_or_else(|| Need { collection: Collection::Service(id.clone()), not_before })
    }

    /// An owner's channels, listed not before `since`; `None` if the provider knows no such owner.
    pub(crate) fn channels(&self, owner: &ChannelOwner, not_before: Timestamp) -> Result<Option<&Channels>, Need> {
        self.listed(self.channels.get(owner), Channels::read_at, Collection::Channels(owner.clone()), not_before)
    }

    fn listed<'a, T>(
        &self,
        list: Option<&'a T>,
        read_at: impl Fn(&T) -> Timestamp,
        collection: Collection,
        not_before: Timestamp,
    ) -> Result<Option<&'a T>, Need> {
        let refused = self.unlisted.get(&collection).copied();
        match list {
            Some(list) if read_at(list) >= not_before && refused.is_none_or(|at| at < read_at(list)) => Ok(Some(list)),
            _ if refused.is_some_and(|at| at >= not_before) => Ok(None),
            _ => Err(Need { collection, not_before }),
        }
    }

    /// The account list, read not before `since`.
    pub(crate) fn accounts(&self, not_before: Timestamp) -> Result<&Listing<AccountEntry>, Need> {
        let known = self.accounts.as_ref().filter(|listing| listing.read_at() >= not_before);
        known.ok_or(Need { collection: Collection::Accounts, not_before })
    }

    /// One account's settings, read not before `since`.
    pub(crate) fn account(&self, id: &AccountId, not_before: Timestamp) -> Result<&Single<AccountDetail>, Need> {
        let known = self.account.get(id).filter(|single| single.read_at >= not_before);
        known.ok_or_else(|| Need { collection: Collection::Account(id.clone()), not_before })
    }

    /// Whether a read has shown what was written at `at`, or had the time to.
    pub(crate) fn has_seen(&self, at: Timestamp) -> bool {
        !self.recent.iter().any(|(effect, written)| *written == at && self.can_show(effect))
    }

    /// Whether a collection that is known can show this effect.
    fn can_show(&self, effect: &Effect) -> bool {
        match effect {
            Effect::ServiceReadMade { id, .. }
            | Effect::ServiceReadNamed { id, .. }
            | Effect::ServiceReadGone { id } => self.service.contains_key(id),
            Effect::DetailDoubted { .. } => false,
            _ => true,
        }
    }

    /// When a collection was last read.
    pub(crate) fn read_at(&self, collection: &Collection) -> Option<Timestamp> {
        let refused = self.unlisted.get(collection).copied();
        match collection {
            Collection::Customer => self.customer.as_ref().map(|single| single.read_at),
            Collection::Teams => self.teams.as_ref().map(Listing::read_at),
            Collection::Members(team) => self.members.get(team).map(Listing::read_at).max(refused),
            Collection::Invitations(team) => self.invitations.get(team).map(Listing::read_at).max(refused),
            Collection::Services(team) => self.services.get(team).map(Listing::read_at).max(refused),
            Collection::Service(id) => self.service.get(id).map(|single| single.read_at),
            Collection::Channels(owner) => self.channels.get(owner).map(Channels::read_at).max(refused),
            Collection::Accounts => self.accounts.as_ref().map(Listing::read_at),
            Collection::Account(id) => self.account.get(id).map(|single| single.read_at),
        }
    }
}
