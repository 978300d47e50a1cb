//! The cache of what is known of one provider account, and how calls change it. No IO.
//!
//! [`Inventory::record`] is the only way in. A read replaces its collection. A write changes it, and is applied again to
//! later reads for as long as they may miss it. The planner asks for a collection that is fresh enough, and gets it, or a
//! [`Need`] that says what to read first.

pub(crate) mod addresses;
pub(crate) mod apply;
pub(crate) mod assume;
pub(crate) mod channels;
pub(crate) mod collection;
pub(crate) mod created;
pub(crate) mod doubt;
pub(crate) mod effect;
pub(crate) mod effects;
pub(crate) mod identity;
pub(crate) mod item;
pub(crate) mod last_read;
pub(crate) mod listing;
pub(crate) mod observed;
pub(crate) mod others;
pub(crate) mod overlay;
pub(crate) mod recent_writes;
pub(crate) mod record;
pub(crate) mod retention;
pub(crate) mod search;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::inventory::channels::Channels;
use crate::inventory::collection::{Collection, Need};
use crate::inventory::listing::Listing;
use crate::inventory::observed::Observed;
use crate::inventory::recent_writes::RecentWrites;
use crate::provider::model::account::{AccountDetail, AccountEntry};
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::ids::{AccountId, ChannelOwner, ServiceId, TeamId};
use crate::provider::model::member::{Invitation, ObservedMember};
use crate::provider::model::service::ObservedService;
use crate::provider::model::team::ObservedTeam;
use crate::provider::request::Host;

/// A list that the provider may not have, or the read that must come first.
type Listed<'a, T> = Result<Option<&'a T>, Need>;

/// When reads said that a collection is not listed.
#[derive(Clone, Copy)]
struct NotListed {
    /// When the first of the reads in a row began that said so.
    since: Timestamp,
    /// When the last read began.
    read_at: Timestamp,
}

/// What is known of one provider account. A collection that was never read is `None` or has no entry; it is not empty.
#[derive(Default)]
pub(crate) struct Inventory {
    /// For how long a read may miss a write.
    read_lag: SignedDuration,
    customer: Option<Observed<ObservedCustomer>>,
    teams: Option<Listing<ObservedTeam>>,
    members: HashMap<TeamId, Listing<ObservedMember>>,
    invitations: HashMap<TeamId, Listing<Invitation>>,
    services: HashMap<TeamId, Listing<ObservedService>>,
    /// When the provider said that a collection is not listed.
    not_listed: HashMap<Collection, NotListed>,
    service: HashMap<ServiceId, Observed<ObservedService>>,
    channels: HashMap<ChannelOwner, Channels>,
    /// Positions in channel lists that were read before this time are uncertain.
    positions_trusted_from: Timestamp,
    accounts: Option<Listing<AccountEntry>>,
    account: HashMap<AccountId, Observed<AccountDetail>>,
    /// The effects that reads may still miss.
    recent_writes: RecentWrites,
    /// When the inventory was last searched for what is gone.
    searched_at: Timestamp,
    /// The objects whose last writes a later read did not show, by the id that `status` records; and until when a read may miss them.
    missed: HashMap<String, Timestamp>,
    /// The hosts that have answered in the API's form.
    spoken: HashSet<Host>,
    /// Since when a collection is known to be wrong: a write that was planned from it found nothing.
    stale: HashMap<Collection, Timestamp>,
    /// What was read before this time counts no more: another process may have written since.
    valid_since: Timestamp,
}

impl Inventory {
    /// Sets for how long a read may miss a write (`spec.readLagSeconds` of the `ProviderConfig`).
    pub(crate) fn set_read_lag(&mut self, read_lag: SignedDuration) {
        self.read_lag = read_lag;
    }

    /// For how long a read may miss a write.
    pub(crate) fn read_lag(&self) -> SignedDuration {
        self.read_lag
    }

    /// The token's own customer, read not before `not_before`.
    pub(crate) fn customer(&self, not_before: Timestamp) -> Result<&ObservedCustomer, Need> {
        let not_before = self.fresh_since(&Collection::Customer, not_before);
        let known = self.customer.as_ref().filter(|observed| observed.read_at >= not_before);
        known.and_then(|observed| observed.value.as_ref()).ok_or(Need { collection: Collection::Customer, not_before })
    }

    /// All teams, listed not before `not_before`.
    pub(crate) fn teams(&self, not_before: Timestamp) -> Result<&Listing<ObservedTeam>, Need> {
        let not_before = self.fresh_since(&Collection::Teams, not_before);
        let known = self.teams.as_ref().filter(|listing| listing.read_at() >= not_before);
        known.ok_or(Need { collection: Collection::Teams, not_before })
    }

    /// The members of a team, listed not before `not_before`; `None` if the provider knows no such team.
    pub(crate) fn members(&self, team: &TeamId, not_before: Timestamp) -> Listed<'_, Listing<ObservedMember>> {
        self.listed(self.members.get(team), Listing::read_at, Collection::Members(team.clone()), not_before)
    }

    /// The invitations to a team, listed not before `not_before`; `None` if the provider knows no such team.
    pub(crate) fn invitations(&self, team: &TeamId, not_before: Timestamp) -> Listed<'_, Listing<Invitation>> {
        self.listed(self.invitations.get(team), Listing::read_at, Collection::Invitations(team.clone()), not_before)
    }

    /// A team's services, listed not before `not_before`; `None` if the provider does not list by team.
    pub(crate) fn services(&self, team: &TeamId, not_before: Timestamp) -> Listed<'_, Listing<ObservedService>> {
        self.listed(self.services.get(team), Listing::read_at, Collection::Services(team.clone()), not_before)
    }

    /// One service, read by its id not before `not_before`.
    pub(crate) fn service(&self, id: &ServiceId, not_before: Timestamp) -> Result<&Observed<ObservedService>, Need> {
        let collection = Collection::Service(id.clone());
        let not_before = self.fresh_since(&collection, not_before);
        let known = self.service.get(id).filter(|observed| observed.read_at >= not_before);
        known.ok_or(Need { collection, not_before })
    }

    /// An owner's channels, listed not before `not_before`; `None` if the provider knows no such owner.
    pub(crate) fn channels(&self, owner: &ChannelOwner, not_before: Timestamp) -> Listed<'_, Channels> {
        self.listed(self.channels.get(owner), Channels::read_at, Collection::Channels(owner.clone()), not_before)
    }

    fn listed<'a, T>(
        &self,
        list: Option<&'a T>,
        read_at: impl Fn(&T) -> Timestamp,
        collection: Collection,
        not_before: Timestamp,
    ) -> Listed<'a, T> {
        let not_before = self.fresh_since(&collection, not_before);
        let not_listed_at = self.not_listed.get(&collection).map(|not_listed| not_listed.read_at);
        let is_latest = |list: &&T| read_at(list) >= not_before && not_listed_at.is_none_or(|at| at < read_at(list));
        match list.filter(is_latest) {
            Some(list) => Ok(Some(list)),
            None if not_listed_at.is_some_and(|at| at >= not_before) => Ok(None),
            None => Err(Need { collection, not_before }),
        }
    }

    /// The account list, read not before `not_before`.
    pub(crate) fn accounts(&self, not_before: Timestamp) -> Result<&Listing<AccountEntry>, Need> {
        let not_before = self.fresh_since(&Collection::Accounts, not_before);
        let known = self.accounts.as_ref().filter(|listing| listing.read_at() >= not_before);
        known.ok_or(Need { collection: Collection::Accounts, not_before })
    }

    /// One account's settings, read not before `not_before`.
    pub(crate) fn account(&self, id: &AccountId, not_before: Timestamp) -> Result<&Observed<AccountDetail>, Need> {
        let collection = Collection::Account(id.clone());
        let not_before = self.fresh_since(&collection, not_before);
        let known = self.account.get(id).filter(|observed| observed.read_at >= not_before);
        known.ok_or(Need { collection, not_before })
    }

    /// Since when all reads said that a collection is not listed, if the last one did.
    pub(crate) fn not_listed_since(&self, collection: &Collection) -> Option<Timestamp> {
        let not_listed = self.not_listed.get(collection)?;
        (self.read_at(collection) == Some(not_listed.read_at)).then_some(not_listed.since)
    }

    /// Whether a read has shown the write that ended at `at`, or the read lag has passed since.
    pub(crate) fn has_seen(&self, at: Timestamp) -> bool {
        !self.recent_writes.unseen_in(at).any(|collection| self.can_show_writes(collection))
    }

    /// Until when reads may miss the last write to the object that `status` records under this id, if a read since has not shown it.
    pub(crate) fn missed_until(&self, id: &str) -> Option<Timestamp> {
        self.missed.get(id).copied()
    }

    /// Whether a read that is to come can show a write to this collection.
    fn can_show_writes(&self, collection: &Collection) -> bool {
        match collection {
            // Only services that are not in a list are read by their ids.
            Collection::Service(id) => self.service.contains_key(id),
            Collection::Customer
            | Collection::Teams
            | Collection::Members(_)
            | Collection::Invitations(_)
            | Collection::Services(_)
            | Collection::Channels(_)
            | Collection::Accounts
            | Collection::Account(_) => true,
        }
    }

    /// How many calls it takes to read everything again that is known, with one page for each collection.
    pub(crate) fn calls_to_read_again(&self) -> usize {
        let single = [self.customer.is_some(), self.teams.is_some(), self.accounts.is_some()];
        let of_owners = [self.members.len(), self.invitations.len(), self.services.len(), self.channels.len()];
        let by_id = [count_present(&self.service), count_present(&self.account)];
        let single = single.into_iter().map(usize::from);
        single.chain(of_owners).chain(by_id).fold(0, usize::saturating_add)
    }

    /// When the last read of a collection began; `None` if it was never read.
    pub(crate) fn read_at(&self, collection: &Collection) -> Option<Timestamp> {
        let not_listed_at = self.not_listed.get(collection).map(|not_listed| not_listed.read_at);
        match collection {
            Collection::Customer => self.customer.as_ref().map(|observed| observed.read_at),
            Collection::Teams => self.teams.as_ref().map(Listing::read_at),
            Collection::Members(team) => self.members.get(team).map(Listing::read_at).max(not_listed_at),
            Collection::Invitations(team) => self.invitations.get(team).map(Listing::read_at).max(not_listed_at),
            Collection::Services(team) => self.services.get(team).map(Listing::read_at).max(not_listed_at),
            Collection::Service(id) => self.service.get(id).map(|observed| observed.read_at),
            Collection::Channels(owner) => self.channels.get(owner).map(Channels::read_at).max(not_listed_at),
            Collection::Accounts => self.accounts.as_ref().map(Listing::read_at),
            Collection::Account(id) => self.account.get(id).map(|observed| observed.read_at),
        }
    }
}

/// How many objects are there.
fn count_present<K, T>(all: &HashMap<K, Observed<T>>) -> usize {
    all.values().filter(|observed| observed.value.is_some()).count()
}
