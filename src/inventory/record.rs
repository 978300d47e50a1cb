//! Taking in a call that was answered: the one way in which what is known changes. No IO.

use std::collections::HashMap;
use std::hash::Hash;

use jiff::{SignedDuration, Timestamp};

use crate::inventory::Inventory;
use crate::inventory::channels::Channels;
use crate::inventory::collection::Collection;
use crate::inventory::effect::Effect;
use crate::inventory::item::Item;
use crate::inventory::listing::Listing;
use crate::inventory::observed::Single;
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::pinghome::call::PinghomeCall;

/// For how long beyond the lag a write is remembered that no read could have shown.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

impl Inventory {
    /// Takes in a call that was answered with success. `at` is when a read began, or a write ended.
    ///
    /// A read replaces its collection, and the writes that it may have missed are laid over it
    /// again, until a read shows them or the lag is over. A write edits at once.
    pub(crate) fn record(&mut self, call: &Call, answer: &Answer, at: Timestamp) {
        if let Some(collection) = Collection::read_by(call) {
            self.replace(&collection, answer, at);
            self.overlay(&collection, at);
            return;
        }
        for effect in self.effects(call, answer, at) {
            self.apply(&effect, at);
            if let Some(channels) = effect.owner().and_then(|owner| self.channels.get_mut(owner)) {
                channels.wrote(at);
            }
            self.recent.push((effect, at));
        }
    }

    /// Takes in a call that may have had its effect at a time, and nobody heard of it.
    pub(crate) fn record_lost(&mut self, call: &Call, at: Timestamp) {
        match call {
            Call::Pinghome(PinghomeCall::DeleteChannel { .. }) => self.doubt_positions(at),
            Call::Pinghome(PinghomeCall::UpdateMember { team, member, new_team, .. }) => {
                let email = self.email_of(team, member);
                if let Some(members) = self.members.get_mut(new_team) {
                    members.doubt(&email, at);
                }
            }
            _ => {}
        }
    }

    /// A channel may have been deleted at a time: for the read lag, a list may show the positions of before, and another
    /// channel stands where it was.
    pub(crate) fn doubt_positions(&mut self, at: Timestamp) {
        let from = at.saturating_add(self.read_lag).unwrap_or(at);
        self.positions_from = self.positions_from.max(from);
        self.channels
            .values_mut()
            .filter(|list| list.read_at() < from)
            .for_each(|list| list.set_positions_doubted(true));
    }

    fn replace(&mut self, collection: &Collection, answer: &Answer, at: Timestamp) {
        match (collection, answer) {
            (_, Answer::Customer(customer)) => {
                self.customer =
                    Some(Single { value: Some(customer.as_ref().clone()), read_at: at, absent_since: None });
            }
            (_, Answer::Teams(items)) => replace(&mut self.teams, items, at),
            (_, Answer::Accounts(items)) => replace(&mut self.accounts, items, at),
            (_, Answer::NotListed) => drop(self.unlisted.insert(collection.clone(), at)),
            (Collection::Members(team), Answer::Members(items)) => relist(&mut self.members, team, items, at),
            (Collection::Invitations(team), Answer::Invitations(items)) => {
                relist(&mut self.invitations, team, items, at);
            }
            (Collection::Services(team), Answer::Services(items)) => relist(&mut self.services, team, items, at),
            (Collection::Service(id), Answer::Service(value)) => {
                single(&mut self.service, id, value.clone(), at);
            }
            (Collection::Channels(owner), Answer::Channels(items)) => match self.channels.get_mut(owner) {
                Some(channels) => channels.replace(items.clone(), at),
                None => drop(self.channels.insert(owner.clone(), Channels::new(items.clone(), at))),
            },
            (Collection::Account(id), Answer::Account(detail)) => {
                single(&mut self.account, id, detail.as_deref().cloned(), at);
            }
            _ => {}
        }
    }

    /// Lays recent writes over a fresh read; a write that the read shows already is settled.
    fn overlay(&mut self, read: &Collection, at: Timestamp) {
        let recent = std::mem::take(&mut self.recent);
        let lag = self.read_lag;
        let mut hidden = false;
        let kept = recent.into_iter().filter(|(effect, written)| {
            let age = at.duration_since(*written);
            if !effect.touches(read) {
                // It waits for its own collection, which may never be read again.
                return age < lag.saturating_add(REMEMBERED);
            }
            if age >= lag {
                return false;
            }
            let missed = self.apply(effect, *written);
            hidden |= missed;
            // Reads need not go forward: one that shows positions as they were may come after one that does not.
            missed || matches!(effect, Effect::ChannelGone { .. })
        });
        self.recent = kept.collect();
        if let Collection::Channels(owner) = read
            && let Some(channels) = self.channels.get_mut(owner)
        {
            channels.set_positions_doubted(hidden || at < self.positions_from);
        }
    }
}

fn replace<T: Item + Clone>(slot: &mut Option<Listing<T>>, items: &[T], at: Timestamp) {
    match slot {
        Some(listing) => listing.replace(items.to_vec(), at),
        None => *slot = Some(Listing::new(items.to_vec(), at)),
    }
}

fn relist<K: Clone + Eq + Hash, T: Item + Clone>(
    all: &mut HashMap<K, Listing<T>>,
    key: &K,
    items: &[T],
    at: Timestamp,
) {
    match all.get_mut(key) {
        Some(listing) => listing.replace(items.to_vec(), at),
        None => drop(all.insert(key.clone(), Listing::new(items.to_vec(), at))),
    }
}

/// A single thing that is absent remembers since when.
fn single<K: Clone + Eq + Hash, T>(all: &mut HashMap<K, Single<T>>, id: &K, value: Option<T>, at: Timestamp) {
    let before = all.get(id).and_then(|single| single.absent_since);
    let absent_since = value.is_none().then(|| before.unwrap_or(at));
    all.insert(id.clone(), Single { value, read_at: at, absent_since });
}
