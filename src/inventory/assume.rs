//! For the simulation: what reads would show if no other client wrote meanwhile. No IO.

use jiff::Timestamp;

use crate::inventory::Inventory;
use crate::inventory::collection::Collection;
use crate::inventory::item::Item;
use crate::inventory::listing::Listing;
use crate::inventory::observed::Observed;

impl Inventory {
    /// Assumes that a read of this collection at this time shows what is known: no other client writes, and reads do not lag.
    /// Returns false if the collection was never read.
    pub(crate) fn assume_current(&mut self, collection: &Collection, at: Timestamp) -> bool {
        if self.read_at(collection).is_none() {
            return false;
        }
        if let Some(not_listed) = self.not_listed.get_mut(collection) {
            not_listed.read_at = at;
            return true;
        }
        match collection {
            Collection::Customer => assume_observed(self.customer.as_mut(), at),
            Collection::Teams => assume_listed(self.teams.as_mut(), at),
            Collection::Members(team) => assume_listed(self.members.get_mut(team), at),
            Collection::Invitations(team) => assume_listed(self.invitations.get_mut(team), at),
            Collection::Services(team) => assume_listed(self.services.get_mut(team), at),
            Collection::Service(id) => assume_observed(self.service.get_mut(id), at),
            Collection::Channels(owner) => {
                if let Some(channels) = self.channels.get_mut(owner) {
                    channels.assume_current(at);
                }
            }
            Collection::Accounts => assume_listed(self.accounts.as_mut(), at),
            Collection::Account(id) => assume_observed(self.account.get_mut(id), at),
        }
        self.recent_writes.take(collection);
        self.missed.clear();
        true
    }
}

fn assume_observed<T>(observed: Option<&mut Observed<T>>, at: Timestamp) {
    if let Some(observed) = observed {
        observed.read_at = at;
    }
}

fn assume_listed<T: Item>(listing: Option<&mut Listing<T>>, at: Timestamp) {
    if let Some(listing) = listing {
        listing.assume_current(at);
    }
}
