//! The channels of one owner. A channel has no id: it is identified by type and normalised address. No IO.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::inventory::listing::Listing;
use crate::provider::model::channel::Channel;
use crate::provider::model::list::List;

/// The channels of one owner as of the last read, changed by the writes since.
pub(crate) struct Channels {
    listing: Listing<Channel>,
    /// When the operator last wrote to this list.
    written_at: Timestamp,
    /// Whether another channel may be at a position than this list shows.
    positions_uncertain: bool,
    /// A position at which the last read showed several channels, or that is not above zero: no position says which channel it is.
    ambiguous_position: Option<i64>,
}

impl Channels {
    /// The first list; the read began at `at`.
    pub(crate) fn new(list: List<Channel>, at: Timestamp) -> Self {
        let ambiguous_position = ambiguous_position(&list.items);
        let listing = Listing::new(each_once(list), at);
        Self { listing, written_at: Timestamp::MIN, positions_uncertain: false, ambiguous_position }
    }

    /// A later list.
    pub(crate) fn replace(&mut self, list: List<Channel>, at: Timestamp) {
        self.ambiguous_position = ambiguous_position(&list.items);
        self.listing.replace(each_once(list), at);
    }

    /// Assumes that a read at this time shows the same channels. The channels behind a deleted one have moved up.
    pub(crate) fn assume_current(&mut self, at: Timestamp) {
        let mut items: Vec<_> = self.items().cloned().collect();
        items.sort_by_key(|channel| channel.priority);
        for (mut channel, priority) in items.into_iter().zip(1..) {
            channel.priority = priority;
            self.listing.put(channel);
        }
        self.listing.assume_current(at);
        self.positions_uncertain = false;
    }

    /// When the last read began.
    pub(crate) fn read_at(&self) -> Timestamp {
        self.listing.read_at()
    }

    /// When the operator last wrote to this list.
    pub(crate) fn written_at(&self) -> Timestamp {
        self.written_at
    }

    /// Whether the positions in this list are reliable: the list was read after the last write, and shows it.
    pub(crate) fn positions_trusted(&self) -> bool {
        self.read_at() >= self.written_at && !self.positions_uncertain
    }

    /// A position at which the last read showed several channels, or that is not above zero.
    pub(crate) fn ambiguous_position(&self) -> Option<i64> {
        self.ambiguous_position
    }

    /// All channels, in no order.
    pub(crate) fn items(&self) -> impl Iterator<Item = &Channel> {
        self.listing.items()
    }

    /// The channels by key, with the times since when keys are absent.
    pub(crate) fn listing(&self) -> &Listing<Channel> {
        &self.listing
    }

    /// The channel at a position.
    pub(crate) fn at(&self, priority: i64) -> Option<&Channel> {
        self.items().find(|channel| channel.priority == priority)
    }

    /// The channels by key, to be changed by a write.
    pub(crate) fn listing_mut(&mut self) -> &mut Listing<Channel> {
        &mut self.listing
    }

    /// Notes a write to this list at this time.
    pub(crate) fn mark_written(&mut self, at: Timestamp) {
        self.written_at = self.written_at.max(at);
    }

    /// Sets whether another channel may be at a position than this list shows.
    pub(crate) fn set_positions_uncertain(&mut self, positions_uncertain: bool) {
        self.positions_uncertain = positions_uncertain;
    }
}

fn ambiguous_position(channels: &[Channel]) -> Option<i64> {
    let mut seen = BTreeSet::new();
    channels.iter().map(|channel| channel.priority).find(|position| *position < 1 || !seen.insert(*position))
}

fn each_once(List { items, unreadable }: List<Channel>) -> List<Channel> {
    List { items: without_duplicates(items), unreadable }
}

/// Keeps the first of several channels with one identity.
pub(crate) fn without_duplicates(mut items: Vec<Channel>) -> Vec<Channel> {
    items.sort_by(|a, b| (&a.key, a.priority).cmp(&(&b.key, b.priority)));
    items.dedup_by(|later, first| later.key == first.key);
    items
}
