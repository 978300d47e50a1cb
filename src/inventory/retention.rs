//! Forgetting what is gone, so that an inventory does not grow with every object that ever was. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::inventory::Inventory;
use crate::inventory::channels::Channels;
#[cfg(test)]
use crate::inventory::listing::Listing;
use crate::inventory::observed::Observed;
use crate::provider::model::ids::{AccountId, ChannelOwner, TeamId};

/// For how long what is gone is remembered: far longer than any read lag, so that what is forgotten proves nothing any more.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// How often the inventory is searched for what is gone.
const INTERVAL: SignedDuration = SignedDuration::from_hours(1);

impl Inventory {
    /// Forgets what is gone for long at `now`, at most once an hour.
    pub(crate) fn forget_gone(&mut self, now: Timestamp) {
        if now.duration_since(self.searched_at) < INTERVAL {
            return;
        }
        self.searched_at = now;
        let is_old = |since: Timestamp| now.duration_since(since) >= KEPT;
        let (teams, accounts) = (&self.teams, &self.accounts);
        let since = |team: &TeamId| teams.as_ref().and_then(|teams| teams.absent_since(team.as_str()));
        let is_team_gone = |team: &TeamId| since(team).is_some_and(is_old);
        let is_account_gone = |id: &AccountId| {
            accounts.as_ref().and_then(|accounts| accounts.absent_since(id.as_str())).is_some_and(is_old)
        };
        let is_owner_gone = |owner: &ChannelOwner| match owner {
            ChannelOwner::Team(team) => is_team_gone(team),
            ChannelOwner::Customer(_) => false,
        };
        self.members.retain(|team, _| !is_team_gone(team));
        self.invitations.retain(|team, _| !is_team_gone(team));
        self.services.retain(|team, _| !is_team_gone(team));
        self.channels.retain(|owner, _| !is_owner_gone(owner));
        self.not_listed.retain(|_, not_listed| !is_old(not_listed.read_at));
        self.stale.retain(|_, since| !is_old(*since));
        self.service.retain(|_, service| !is_gone(service, is_old));
        self.account.retain(|id, account| !is_gone(account, is_old) && !is_account_gone(id));
        self.forget_absent(is_old);
    }

    /// Forgets since when ids are absent from the lists.
    fn forget_absent(&mut self, is_old: impl Fn(Timestamp) -> bool) {
        self.teams.iter_mut().for_each(|teams| teams.forget_absent(&is_old));
        self.accounts.iter_mut().for_each(|accounts| accounts.forget_absent(&is_old));
        self.members.values_mut().for_each(|members| members.forget_absent(&is_old));
        self.invitations.values_mut().for_each(|invitations| invitations.forget_absent(&is_old));
        self.services.values_mut().for_each(|services| services.forget_absent(&is_old));
        self.channels.values_mut().map(Channels::listing_mut).for_each(|channels| channels.forget_absent(&is_old));
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

/// Whether the last read of an object showed that it does not exist, and is old.
fn is_gone<T>(observed: &Observed<T>, is_old: impl Fn(Timestamp) -> bool) -> bool {
    observed.value.is_none() && is_old(observed.read_at)
}
