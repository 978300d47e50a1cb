//! What a channel is recognised by, in a form that may be stored. No IO.

use std::fmt;

use crate::inventory::{Channel, Owner, Sensitive, channel_key, fingerprint};

/// (owner, type, address), the address as a fingerprint that is salted by the owner. Two resources
/// that mean one channel have one id, so the claim on it is like any other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChannelId {
    /// Whose channel it is.
    pub owner: Owner,
    type_: String,
    print: String,
}

impl ChannelId {
    /// The id of the channel with this type and address.
    pub fn of(owner: &Owner, type_: &str, value: &Sensitive) -> Self {
        let print = fingerprint(&owner.path(), &channel_key(type_, value.expose()));
        Self { owner: owner.clone(), type_: type_.to_owned(), print }
    }

    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (rest, print) = text.rsplit_once('/')?;
        let (owner, type_) = rest.rsplit_once('/')?;
        Some(Self { owner: Owner::parse(owner)?, type_: type_.to_owned(), print: print.to_owned() })
    }

    /// The key under which a list has it.
    pub fn key(&self, value: &Sensitive) -> String {
        channel_key(&self.type_, value.expose())
    }

    /// Whether a listed channel is this one.
    pub fn is(&self, channel: &Channel) -> bool {
        channel.type_ == self.type_ && self.has(&channel.key)
    }

    /// Whether a key of its owner's list, present or gone, is this one's.
    pub fn has(&self, key: &str) -> bool {
        fingerprint(&self.owner.path(), key) == self.print
    }
}

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.owner.path(), self.type_, self.print)
    }
}
