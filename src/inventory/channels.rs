//! The channels of one owner. A channel has no id: it is identified by type and normalised address. No IO.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use crate::inventory::effect::ChannelEffect;
use crate::inventory::listing::Listing;
use crate::provider::model::channel::Channel;
use crate::provider::model::list::List;

/// The channels of one owner as of the last read, changed by the writes since.
pub(crate) struct Channels {
    listing: Listing<Channel>,
    /// When the operator last wrote to this list.
    written_at: Timestamp,
    /// When the operator last changed or deleted an entry: a create appends one, and leaves the others as they are.
    changed_at: Timestamp,
    /// The keys of created channels, and when the creates ended, until a list is read that began later.
    unread: BTreeMap<String, Timestamp>,
    /// Whether another channel may be at a position than this list shows.
    positions_uncertain: bool,
    /// Positions that were read before this time are uncertain: it is not known whether a channel was deleted.
    positions_trusted_from: Timestamp,
    /// How often the last read showed a key, if more than once.
    copies: HashMap<String, usize>,
    /// The keys that a read showed less often than the read before it, and still shows.
    fewer: HashSet<String>,
    /// A position at which the last read showed several channels, or that is not above zero: no position says which channel it is.
    ambiguous_position: Option<i64>,
}

impl Channels {
    /// The first list; the read began at `at`.
    pub(crate) fn new(list: List<Channel>, at: Timestamp) -> Self {
        Self {
            ambiguous_position: ambiguous_position(&list.items),
            copies: copies(&list.items),
            fewer: HashSet::new(),
            listing: Listing::new(each_once(list), at),
            written_at: Timestamp::MIN,
            changed_at: Timestamp::MIN,
            unread: BTreeMap::new(),
            positions_uncertain: false,
            positions_trusted_from: Timestamp::MIN,
        }
    }

    /// A later list.
    pub(crate) fn replace(&mut self, list: List<Channel>, at: Timestamp) {
        self.ambiguous_position = ambiguous_position(&list.items);
        // A channel that a list does not show may be the item that cannot be read.
        if list.unreadable.is_none() {
            let before = std::mem::replace(&mut self.copies, copies(&list.items));
            let is_shown = |key: &String| list.items.iter().any(|item| item.key == *key);
            self.fewer.retain(|key| !self.copies.contains_key(key) && is_shown(key));
            let fewer = before.into_iter().filter(|(key, count)| is_shown(key) && self.copies(key) < *count);
            let fewer: Vec<_> = fewer.map(|(key, _)| key).collect();
            self.fewer.extend(fewer);
        }
        self.listing.replace(each_once(list), at);
        self.unread.retain(|_, made| *made > at);
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
        self.unread.retain(|_, made| *made > at);
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

    /// When the operator last changed or deleted an entry of this list.
    pub(crate) fn changed_at(&self) -> Timestamp {
        self.changed_at
    }

    /// When the operator created the channel with this key, if the list was not read since.
    pub(crate) fn unread_since(&self, key: &str) -> Option<Timestamp> {
        self.unread.get(key).copied()
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

    /// How many channels with this key the last read showed, if it showed one.
    pub(crate) fn copies(&self, key: &str) -> usize {
        self.copies.get(key).copied().unwrap_or(1)
    }

    /// Whether of several channels with this key one disappeared, and another one is left.
    pub(crate) fn has_fewer(&self, key: &str) -> bool {
        self.fewer.contains(key)
    }

    /// Notes a write to the entry with this key at this time.
    pub(crate) fn mark_written(&mut self, key: &str, effect: &ChannelEffect, at: Timestamp) {
        self.written_at = self.written_at.max(at);
        match effect {
            ChannelEffect::Created(_) => drop(self.unread.insert(key.to_owned(), at)),
            ChannelEffect::AddressReplaced(_)
            | ChannelEffect::Enabled(_)
            | ChannelEffect::Verified
            | ChannelEffect::Deleted => self.changed_at = self.changed_at.max(at),
        }
    }

    /// Sets whether another channel may be at a position than this list shows.
    pub(crate) fn set_positions_uncertain(&mut self, positions_uncertain: bool) {
        self.positions_uncertain = positions_uncertain || self.read_at() < self.positions_trusted_from;
    }

    /// Positions that were read before this time are uncertain.
    pub(crate) fn distrust_positions(&mut self, from: Timestamp) {
        self.positions_trusted_from = self.positions_trusted_from.max(from);
        self.set_positions_uncertain(self.positions_uncertain);
    }
}

/// How often each key is there that is there more than once.
fn copies(items: &[Channel]) -> HashMap<String, usize> {
    let mut copies = HashMap::new();
    for item in items {
        let count: &mut usize = copies.entry(item.key.clone()).or_default();
        *count = count.saturating_add(1);
    }
    copies.retain(|_, count| *count > 1);
    copies
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::model::sensitive::Sensitive;

    fn list(values: &[&str]) -> List<Channel> {
        let items =
            values.iter().zip(1..).map(|(value, at)| Channel::new("email", Sensitive::new(*value), at, None, None));
        List { items: items.collect(), unreadable: None }
    }

    #[test]
    fn of_several_channels_with_one_address_it_is_known_that_one_is_gone() {
        let (key, at) = ("email\0a@x", Timestamp::UNIX_EPOCH);
        let mut channels = Channels::new(list(&["a@x", "b@x", "A@x"]), at);
        assert_eq!((channels.copies(key), channels.has_fewer(key)), (2, false));
        assert_eq!(channels.items().find(|channel| channel.key == key).map(|channel| channel.priority), Some(1));
        for (shown, copies, has_fewer) in [
            (&["b@x", "a@x"][..], 1, true),
            (&["b@x", "a@x"], 1, true),
            (&["a@x", "b@x", "a@x"], 2, false),
            (&["b@x"], 1, false),
            (&["b@x", "a@x"], 1, false),
        ] {
            channels.replace(list(shown), at);
            assert_eq!((channels.copies(key), channels.has_fewer(key)), (copies, has_fewer), "{shown:?}");
        }
    }
}
