//! One owner's channels. They have no ids: identity is (type, normalised address). No IO.

use jiff::Timestamp;

use crate::inventory::listing::Listing;
use crate::provider::model::channel::Channel;

/// One owner's channels as of the last read, edited by the writes since.
pub(crate) struct Channels {
    listing: Listing<Channel>,
    written_at: Timestamp,
    positions_doubted: bool,
}

impl Channels {
    pub(crate) fn new(items: Vec<Channel>, at: Timestamp) -> Self {
        Self { listing: Listing::new(first_of_each(items), at), written_at: Timestamp::MIN, positions_doubted: false }
    }

    pub(crate) fn replace(&mut self, items: Vec<Channel>, at: Timestamp) {
        self.listing.replace(first_of_each(items), at);
    }

    /// A list at this time shows the same channels: what stood behind one that went has moved up.
    pub(crate) fn assume_current(&mut self, at: Timestamp) {
        let mut items: Vec<_> = self.items().cloned().collect();
        items.sort_by_key(|channel| channel.priority);
        for (mut channel, priority) in items.into_iter().zip(1..) {
            channel.priority = priority;
            self.listing.put(channel);
        }
        self.listing.assume_current(at);
        self.positions_doubted = false;
    }

    /// When the last read began.
    pub(crate) fn read_at(&self) -> Timestamp {
        self.listing.read_at()
    }

    /// When we last wrote to this list.
    pub(crate) fn written_at(&self) -> Timestamp {
        self.written_at
    }

    /// Whether a position in this list can be trusted: it was read after our last write, and shows it.
    pub(crate) fn positions_trusted(&self) -> bool {
        self.read_at() >= self.written_at && !self.positions_doubted
    }

    /// All channels, in no order.
    pub(crate) fn items(&self) -> impl Iterator<Item = &Channel> {
        self.listing.items()
    }

    /// The list by key, with its memory of what is missing.
    pub(crate) fn listing(&self) -> &Listing<Channel> {
        &self.listing
    }

    /// The channel at a position.
    pub(crate) fn at(&self, priority: i64) -> Option<&Channel> {
        self.items().find(|channel| channel.priority == priority)
    }

    pub(crate) fn listing_mut(&mut self) -> &mut Listing<Channel> {
        &mut self.listing
    }

    pub(crate) fn wrote(&mut self, at: Timestamp) {
        self.written_at = self.written_at.max(at);
    }

    pub(crate) fn set_positions_doubted(&mut self, positions_doubted: bool) {
        self.positions_doubted = positions_doubted;
    }
}

/// Of several channels of one identity the first counts (PU10).
pub(crate) fn first_of_each(mut items: Vec<Channel>) -> Vec<Channel> {
    items.sort_by(|a, b| (&a.key, a.priority).cmp(&(&b.key, b.priority)));
    items.dedup_by(|later, first| later.key == first.key);
    items
}
