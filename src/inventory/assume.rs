//! Planning ahead: what reads would show if nobody else wrote meanwhile. No IO.

use jiff::Timestamp;

use crate::inventory::Inventory;
use crate::inventory::collection::Collection;
use crate::inventory::item::Item;
use crate::inventory::listing::Listing;
use crate::inventory::observed::Single;

impl Inventory {
    /// Takes it that a read at this time shows just what is known: that is how it is where nobody else writes, and no read lags.
    /// False: the collection was never read, so nothing is known of it.
    pub(crate) fn assume_current(&mut self, collection: &Collection, at: Timestamp) -> bool {
        if self.read_at(collection).is_none() {
            return false;
        }
        if let Some(refused) = self.unlisted.get_mut(collection) {
            *refused = at;
            return true;
        }
        match collection {
            Collection::Customer => seen_again(self.customer.as_mut(), at),
            Collection::Teams => listed_again(self.teams.as_mut(), at),
            Collection::Members(team) => listed_again(self.members.get_mut(team), at),
            Collection::Invitations(team) => listed_again(self.invitations.get_mut(team), at),
            Collection::Services(team) => listed_again(self.services.get_mut(team), at),
            Collection::Service(id) => seen_again(self.service.get_mut(id), at),
            Collection::Channels(owner) => {
                if let Some(channels) = self.channels.get_mut(owner) {
                    channels.assume_current(at);
                }
            }
            Collection::Accounts => listed_again(self.accounts.as_mut(), at),
            Collection::Account(id) => seen_again(self.account.get_mut(id), at),
        }
        self.recent.retain(|(effect, _)| !effect.touches(collection));
        true
    }
}

fn seen_again<T>(single: Option<&mut Single<T>>, at: Timestamp) {
    if let Some(single) = single {
        single.read_at = at;
    }
}

fn listed_again<T: Item>(listing: Option<&mut Listing<T>>, at: Timestamp) {
    if let Some(listing) = listing {
        listing.assume_current(at);
    }
}
