//! One owner's channels. They have no ids: identity is (type, normalised address). No IO.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::items::Channel;
use super::listing::Listing;

/// One owner's channels as of the last read, edited by the writes since.
pub struct Channels {
    listing: Listing<Channel>,
    written_at: Timestamp,
    unsettled: bool,
}

impl Channels {
    pub(super) fn new(items: Vec<Channel>, at: Timestamp) -> Self {
        Self { listing: Listing::new(first_of_each(items), at), written_at: Timestamp::MIN, unsettled: false }
    }

    pub(super) fn replace(&mut self, items: Vec<Channel>, at: Timestamp) {
        self.listing.replace(first_of_each(items), at);
    }

    /// A list at this time shows the same channels: what stood behind one that went has moved up.
    pub(super) fn confirm(&mut self, at: Timestamp) {
        let mut items: Vec<_> = self.items().cloned().collect();
        items.sort_by_key(|channel| channel.priority);
        for (mut channel, priority) in items.into_iter().zip(1..) {
            channel.priority = priority;
            self.listing.put(channel);
        }
        self.listing.confirm(at);
        self.unsettled = false;
    }

    /// When the last read began.
    pub fn read_at(&self) -> Timestamp {
        self.listing.read_at()
    }

    /// When we last wrote to this list.
    pub fn written_at(&self) -> Timestamp {
        self.written_at
    }

    /// Whether a position in this list can be trusted: it was read after our last write, and shows it.
    pub fn is_settled(&self) -> bool {
        self.read_at() >= self.written_at && !self.unsettled
    }

    /// All channels, in no order.
    pub fn items(&self) -> impl Iterator<Item = &Channel> {
        self.listing.items()
    }

    /// The list by key, with its memory of what is missing.
    pub fn listing(&self) -> &Listing<Channel> {
        &self.listing
    }

    /// The channel at a position.
    pub fn at(&self, priority: i64) -> Option<&Channel> {
        self.items().find(|channel| channel.priority == priority)
    }

    pub(super) fn listing_mut(&mut self) -> &mut Listing<Channel> {
        &mut self.listing
    }

    pub(super) fn wrote(&mut self, at: Timestamp) {
        self.written_at = self.written_at.max(at);
    }

    pub(super) fn set_unsettled(&mut self, unsettled: bool) {
        self.unsettled = unsettled;
    }
}

/// Of several channels of one identity the first counts (PU10).
pub fn first_of_each(mut items: Vec<Channel>) -> Vec<Channel> {
    items.sort_by(|a, b| (&a.key, a.priority).cmp(&(&b.key, b.priority)));
    items.dedup_by(|later, first| later.key == first.key);
    items
}

/// What a channel is recognised by: its type, and its address as it is compared, e-mails without
/// case (PU22), phone numbers without spacing.
pub fn channel_key(type_: &str, value: &str) -> String {
    let value = value.trim();
    let value = match type_ {
        "email" => value.to_lowercase(),
        "sms" | "phone" => value.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect(),
        _ => value.to_owned(),
    };
    format!("{type_}\0{value}")
}

/// What is remembered of a channel's key: it tells equal from different and nothing else.
pub fn fingerprint(salt: &str, key: &str) -> String {
    let digest = Sha256::digest(format!("{salt}\0{key}"));
    digest.iter().take(16).fold(String::new(), |print, byte| format!("{print}{byte:02x}"))
}
