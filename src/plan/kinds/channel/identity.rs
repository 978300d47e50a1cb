//! The id of a channel, in a form that may be stored. No IO.

use std::fmt;

use crate::provider::model::channel::{Channel, channel_key, fingerprint};
use crate::provider::model::ids::ChannelOwner;
use crate::provider::model::sensitive::Sensitive;

/// (owner, type, address), the address as a fingerprint that is salted by the owner. Two resources
/// that mean one channel have one id, so the claim on it is like any other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ChannelId {
    /// Whose channel it is.
    pub(crate) owner: ChannelOwner,
    type_: String,
    print: String,
}

impl ChannelId {
    /// The id of the channel with this type and address.
    pub(crate) fn of(owner: &ChannelOwner, type_: &str, value: &Sensitive) -> Self {
        let print = fingerprint(&owner.path(), &channel_key(type_, value.expose()));
        Self { owner: owner.clone(), type_: type_.to_owned(), print }
    }

    /// Reads what `Display` writes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (rest, print) = text.rsplit_once('/')?;
        let (owner, type_) = rest.rsplit_once('/')?;
        Some(Self { owner: ChannelOwner::parse(owner)?, type_: type_.to_owned(), print: print.to_owned() })
    }

    /// The key of the channel in its owner's list.
    pub(crate) fn key(&self, value: &Sensitive) -> String {
        channel_key(&self.type_, value.expose())
    }

    /// Whether a listed channel has this type.
    pub(crate) fn is_of_type(&self, channel: &Channel) -> bool {
        channel.type_ == self.type_
    }

    /// Whether a listed channel is this one.
    pub(crate) fn is(&self, channel: &Channel) -> bool {
        channel.type_ == self.type_ && self.has(&channel.key)
    }

    /// Whether a key of the owner's list, of a present or of a former channel, is this channel's.
    pub(crate) fn has(&self, key: &str) -> bool {
        fingerprint(&self.owner.path(), key) == self.print
    }
}

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.owner.path(), self.type_, self.print)
    }
}
