//! Forgetting what is gone, so that an inventory does not grow with every object that ever was. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::inventory::Inventory;
use crate::inventory::channels::Channels;
use crate::inventory::collection::Collection;
use crate::inventory::listing::Listing;
use crate::inventory::observed::Observed;
use crate::inventory::search::Search;
use crate::provider::model::account::AccountEntry;
use crate::provider::model::ids::{AccountId, ChannelOwner, TeamId};
use crate::provider::model::team::ObservedTeam;

/// What is gone is settled so long after two read lags: reads that may still show it are over, and so is what was planned from them.
const MARGIN: SignedDuration = SignedDuration::from_mins(1);

/// How often the inventory is searched for what is gone.
const INTERVAL: SignedDuration = SignedDuration::from_mins(1);

impl Inventory {
    /// Forgets what is gone for long at `now`, at most once a minute. What was read a short while ago is kept: somebody waits until it
    /// has shown the same for the read lag.
    pub(crate) fn forget_gone(&mut self, now: Timestamp) {
        if now.duration_since(self.searched_at) < INTERVAL {
            return;
        }
        self.searched_at = now;
        let search = Search { now, settling: self.read_lag.saturating_add(self.read_lag).saturating_add(MARGIN) };
        self.forget_writes(search);
        self.missed.retain(|_, until| !search.is_old(*until));
        let gone = Gone { teams: self.teams.as_ref(), accounts: self.accounts.as_ref(), search };
        let is_in_use = |team: &TeamId, read_at: Timestamp| !gone.has_team(team) || !search.is_settled(read_at);
        self.members.retain(|team, list| is_in_use(team, list.read_at()));
        // Where everybody is in the team, only its members are read again.
        let is_passed_over = |team: &TeamId, read_at: Timestamp| {
            self.members.get(team).is_some_and(|members| members.read_at().duration_since(read_at) > search.settling)
        };
        self.invitations.retain(|team, list| is_in_use(team, list.read_at()) && !is_passed_over(team, list.read_at()));
        self.services.retain(|team, list| is_in_use(team, list.read_at()));
        self.channels.retain(|owner, list| match owner {
            ChannelOwner::Team(team) => is_in_use(team, list.read_at()),
            ChannelOwner::Customer(_) => true,
        });
        let is_over = |collection: &Collection, at: Timestamp| {
            search.is_old(at) || (gone.has(collection) && search.is_settled(at))
        };
        self.not_listed.retain(|collection, not_listed| !is_over(collection, not_listed.read_at));
        self.stale.retain(|collection, since| !is_over(collection, *since));
        // A resource that waits for the proof of absence may look again much later: a short memory would start its wait anew for ever.
        let absent = self.service.values().filter(|service| service.value.is_none());
        let is_remembered = search.remembers(absent.map(|service| service.read_at).collect());
        self.service.retain(|_, service| service.value.is_some() || is_remembered(service.read_at));
        let absent = self.account.values().filter(|account| account.value.is_none());
        let is_remembered = search.remembers(absent.map(|account| account.read_at).collect());
        self.account.retain(|id, Observed { value, read_at, absent_since: _ }| match value {
            Some(_) => !gone.has_account(id) || !search.is_settled(*read_at),
            None => is_remembered(*read_at),
        });
        self.forget_absent(search);
    }

    /// Forgets the writes that no read will show any more.
    fn forget_writes(&mut self, search: Search) {
        let mut writes = std::mem::take(&mut self.recent_writes);
        let gone = Gone { teams: self.teams.as_ref(), accounts: self.accounts.as_ref(), search };
        let is_read = |collection: &Collection| self.can_show_writes(collection) && !gone.has(collection);
        writes.retain(|collection, write| {
            let is_awaited = !write.is_shown && !search.is_old(write.at) && is_read(collection);
            !search.is_settled(write.at) || is_awaited
        });
        self.recent_writes = writes;
    }

    /// Forgets since when ids are absent from the lists.
    fn forget_absent(&mut self, search: Search) {
        self.teams.iter_mut().for_each(|teams| teams.forget_absent(search));
        self.accounts.iter_mut().for_each(|accounts| accounts.forget_absent(search));
        self.members.values_mut().for_each(|members| members.forget_absent(search));
        self.invitations.values_mut().for_each(|invitations| invitations.forget_absent(search));
        self.services.values_mut().for_each(|services| services.forget_absent(search));
        self.channels.values_mut().map(Channels::listing_mut).for_each(|channels| channels.forget_absent(search));
    }

    /// How many entries the inventory has, of what is there and of what is gone.
    #[cfg(test)]
    pub(crate) fn size(&self) -> usize {
        let lists = [
            self.teams.iter().map(Listing::size).sum::<usize>(),
            self.accounts.iter().map(Listing::size).sum(),
            self.members.values().map(Listing::size).sum(),
            self.invitations.values().map(Listing::size).sum(),
            self.services.values().map(Listing::size).sum(),
            self.channels.values().map(|channels| channels.listing().size()).sum(),
        ];
        let maps = [self.members.len(), self.invitations.len(), self.services.len(), self.channels.len()];
        let single = [self.service.len(), self.account.len(), self.not_listed.len(), self.recent_writes.len()];
        let doubts = [self.missed.len(), self.stale.len()];
        [&lists[..], &maps, &single, &doubts].concat().iter().sum()
    }
}

/// Which teams and accounts are gone.
struct Gone<'a> {
    teams: Option<&'a Listing<ObservedTeam>>,
    accounts: Option<&'a Listing<AccountEntry>>,
    search: Search,
}

impl Gone<'_> {
    fn has_team(&self, team: &TeamId) -> bool {
        self.teams.is_some_and(|teams| teams.is_gone(team.as_str(), self.search))
    }

    fn has_account(&self, account: &AccountId) -> bool {
        self.accounts.is_some_and(|accounts| accounts.is_gone(account.as_str(), self.search))
    }

    /// Whether what a collection belongs to is gone.
    fn has(&self, collection: &Collection) -> bool {
        match collection {
            Collection::Members(team)
            | Collection::Invitations(team)
            | Collection::Services(team)
            | Collection::Channels(ChannelOwner::Team(team)) => self.has_team(team),
            Collection::Account(account) => self.has_account(account),
            Collection::Customer
            | Collection::Teams
            | Collection::Service(_)
            | Collection::Channels(ChannelOwner::Customer(_))
            | Collection::Accounts => false,
        }
    }
}
