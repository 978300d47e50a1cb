//! Recording a call that was answered: the only way in which the inventory changes. No IO.

use std::collections::HashMap;
use std::hash::Hash;

use jiff::Timestamp;

use crate::inventory::channels::Channels;
use crate::inventory::collection::Collection;
use crate::inventory::effect::Effect;
use crate::inventory::item::Item;
use crate::inventory::listing::Listing;
use crate::inventory::observed::Observed;
use crate::inventory::{Inventory, NotListed};
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::model::list::List;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::pinghome::call::PinghomeCall;

impl Inventory {
    /// Records a call that was answered with success. `at` is when a read began, or a write ended.
    ///
    /// A read replaces its collection. The writes that it may miss are then applied again, until a read shows them or
    /// the read lag has passed. A read that began before the one that is known says nothing. A write changes the collections at once.
    pub(crate) fn record(&mut self, call: &Call, answer: &Answer, at: Timestamp) {
        self.note_host(call, answer);
        if let Some(collection) = Collection::read_by(call) {
            if self.read_at(&collection).is_some_and(|known| at < known) || at < self.valid_since {
                return;
            }
            if matches!(answer, Answer::NotFound | Answer::NotListed) {
                self.record_absent(&collection, at);
            } else {
                self.replace(&collection, answer, at);
            }
            if self.stale.get(&collection).is_some_and(|since| *since <= at) {
                self.stale.remove(&collection);
            }
            self.overlay(&collection, at);
            self.forget_gone(at);
            return;
        }
        for effect in self.effects(call, answer, at) {
            self.apply(&effect, at);
            if let Effect::Channels { owner, key, effect } = &effect
                && let Some(channels) = self.channels.get_mut(owner)
            {
                channels.mark_written(key, effect, at);
            }
            self.recent_writes.push(effect, at);
        }
    }

    /// Records a call that may have had its effect at this time, and whose answer was lost.
    pub(crate) fn record_lost(&mut self, call: &Call, at: Timestamp) {
        match call {
            Call::Pinghome(PinghomeCall::DeleteChannel { owner, priority: _ }) => {
                let from = self.trusted_again(at);
                if let Some(channels) = self.channels.get_mut(owner) {
                    channels.distrust_positions(from);
                }
            }
            Call::Pinghome(PinghomeCall::UpdateMember { team, member, role: _, new_team }) => {
                let email = self.email_of(team, member);
                if let Some(members) = self.members.get_mut(new_team) {
                    members.restart_absence(&email, at);
                }
            }
            // The next read shows whether the call had its effect.
            Call::Pinghome(
                PinghomeCall::ReadCustomer
                | PinghomeCall::UpdateCustomer { .. }
                | PinghomeCall::CloseCustomer { .. }
                | PinghomeCall::ChangeUsername { .. }
                | PinghomeCall::ConfirmUsername { .. }
                | PinghomeCall::CreateChannel { .. }
                | PinghomeCall::ListChannels { .. }
                | PinghomeCall::UpdateChannel { .. }
                | PinghomeCall::VerifyChannel { .. }
                | PinghomeCall::TestChannel { .. }
                | PinghomeCall::EnableChannel { .. }
                | PinghomeCall::CreateTeam { .. }
                | PinghomeCall::ListTeams
                | PinghomeCall::RenameTeam { .. }
                | PinghomeCall::DeleteTeam { .. }
                | PinghomeCall::ListInvitations { .. }
                | PinghomeCall::Invite { .. }
                | PinghomeCall::Uninvite { .. }
                | PinghomeCall::ListMembers { .. }
                | PinghomeCall::RemoveMember { .. }
                | PinghomeCall::RemindInvited { .. }
                | PinghomeCall::CreateService { .. }
                | PinghomeCall::RenameService { .. }
                | PinghomeCall::DeleteService { .. }
                | PinghomeCall::ListServices { .. }
                | PinghomeCall::ReadService { .. },
            )
            | Call::NodePing(
                NodePingCall::ReadAccount { .. }
                | NodePingCall::ListAccounts
                | NodePingCall::UpdateAccount { .. }
                | NodePingCall::CreateAccount(_)
                | NodePingCall::DeleteAccount { .. }
                | NodePingCall::SuppressNotifications { .. },
            ) => {}
        }
    }

    /// A channel of any owner may have been deleted at this time. For the read lag a list may show the old positions, and another
    /// channel may be at a position that it shows.
    pub(crate) fn distrust_positions(&mut self, at: Timestamp) {
        let from = self.trusted_again(at);
        self.positions_trusted_from = self.positions_trusted_from.max(from);
        self.channels.values_mut().for_each(|channels| channels.distrust_positions(from));
    }

    /// From when on a list shows the positions after a deletion at this time.
    fn trusted_again(&self, deleted_at: Timestamp) -> Timestamp {
        deleted_at.saturating_add(self.read_lag).unwrap_or(deleted_at)
    }

    /// Records that a read found nothing. What cannot be absent stays as it was.
    fn record_absent(&mut self, collection: &Collection, at: Timestamp) {
        match collection {
            Collection::Members(_) | Collection::Invitations(_) | Collection::Services(_) | Collection::Channels(_) => {
                let since = self.not_listed_since(collection).unwrap_or(at);
                self.not_listed.insert(collection.clone(), NotListed { since, read_at: at });
            }
            Collection::Service(id) => replace_one(&mut self.service, id, None, at),
            Collection::Customer | Collection::Teams | Collection::Accounts | Collection::Account(_) => {}
        }
    }

    /// Replaces a collection by what a read showed. An answer that does not fit the collection changes nothing.
    fn replace(&mut self, collection: &Collection, answer: &Answer, at: Timestamp) {
        match collection {
            Collection::Customer => {
                let Answer::Customer(customer) = answer else { return };
                let value = Some(customer.as_ref().clone());
                self.customer = Some(Observed { value, read_at: at, absent_since: None });
            }
            Collection::Teams => {
                let Answer::Teams(items) = answer else { return };
                replace(&mut self.teams, items, at);
            }
            Collection::Members(team) => {
                let Answer::Members(items) = answer else { return };
                replace_in(&mut self.members, team, items, at);
            }
            Collection::Invitations(team) => {
                let Answer::Invitations(items) = answer else { return };
                replace_in(&mut self.invitations, team, items, at);
            }
            Collection::Services(team) => {
                let Answer::Services(items) = answer else { return };
                replace_in(&mut self.services, team, items, at);
                // The list shows them from now on; nobody reads them one by one.
                let listed = self.services.get(team).into_iter().flat_map(Listing::items);
                listed.for_each(|service| drop(self.service.remove(&service.id)));
            }
            Collection::Service(id) => {
                let Answer::Service(value) = answer else { return };
                replace_one(&mut self.service, id, value.clone(), at);
            }
            Collection::Channels(owner) => {
                let Answer::Channels(items) = answer else { return };
                match self.channels.get_mut(owner) {
                    Some(channels) => channels.replace(items.clone(), at),
                    None => drop(self.channels.insert(owner.clone(), Channels::new(items.clone(), at))),
                }
            }
            Collection::Accounts => {
                let Answer::Accounts(items) = answer else { return };
                replace(&mut self.accounts, items, at);
            }
            Collection::Account(id) => {
                let Answer::Account(detail) = answer else { return };
                replace_one(&mut self.account, id, detail.as_deref().cloned(), at);
            }
        }
    }
}

fn replace<T: Item + Clone>(slot: &mut Option<Listing<T>>, list: &List<T>, at: Timestamp) {
    match slot {
        Some(listing) => listing.replace(list.clone(), at),
        None => *slot = Some(Listing::new(list.clone(), at)),
    }
}

fn replace_in<K: Clone + Eq + Hash, T: Item + Clone>(
    all: &mut HashMap<K, Listing<T>>,
    key: &K,
    list: &List<T>,
    at: Timestamp,
) {
    match all.get_mut(key) {
        Some(listing) => listing.replace(list.clone(), at),
        None => drop(all.insert(key.clone(), Listing::new(list.clone(), at))),
    }
}

/// An object that stays absent keeps the time since when it is.
fn replace_one<K: Clone + Eq + Hash, T>(all: &mut HashMap<K, Observed<T>>, id: &K, value: Option<T>, at: Timestamp) {
    let before = all.get(id).and_then(|observed| observed.absent_since);
    let absent_since = value.is_none().then(|| before.unwrap_or(at));
    all.insert(id.clone(), Observed { value, read_at: at, absent_since });
}
