//! A notification channel as the provider shows it. No IO.

use sha2::{Digest, Sha256};

use crate::provider::model::ids::ChannelOwner;
use crate::provider::model::sensitive::Sensitive;

/// A notification channel (P7, P25).
#[derive(Clone, PartialEq)]
pub(crate) struct Channel {
    /// Type and normalised address, see [`channel_key`]: a channel has no other identity. It is as sensitive as the address.
    pub(crate) key: String,
    /// The type, in lower case: `email`, `sms`, `webhook` ...
    pub(crate) type_: String,
    /// The address.
    pub(crate) value: Sensitive,
    /// Its position in the owner's list, from 1. It changes when a channel before it is deleted.
    pub(crate) priority: i64,
    /// Whether messages are delivered; `None` if the list does not show it.
    pub(crate) enabled: Option<bool>,
    /// Whether the address is verified; `None` if the list does not show it.
    pub(crate) verified: Option<bool>,
}

impl Channel {
    /// A channel; its key is computed from type and address.
    pub(crate) fn new(
        type_: &str,
        value: Sensitive,
        priority: i64,
        enabled: Option<bool>,
        verified: Option<bool>,
    ) -> Self {
        Self { key: channel_key(type_, value.expose()), type_: type_.to_owned(), value, priority, enabled, verified }
    }
}

/// The identity of a channel: its type, and its address in the form in which addresses are compared: e-mails without
/// case, phone numbers without spacing.
pub(crate) fn channel_key(type_: &str, value: &str) -> String {
    let value = value.trim();
    let value = match type_ {
        "email" => value.to_lowercase(),
        "sms" | "phone" => value.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect(),
        _ => value.to_owned(),
    };
    format!("{type_}\0{value}")
}

/// The id of a channel, in a form that may be stored: owner, type, and a fingerprint of the key that is salted by the owner.
pub(crate) fn channel_id(owner: &ChannelOwner, type_: &str, key: &str) -> String {
    let owner = owner.path();
    format!("{owner}/{type_}/{}", fingerprint(&owner, key))
}

/// A salted hash of a channel's key. It shows whether two keys are equal, and does not reveal the address.
pub(crate) fn fingerprint(salt: &str, key: &str) -> String {
    let digest = Sha256::digest(format!("{salt}\0{key}"));
    digest.iter().take(16).fold(String::new(), |print, byte| format!("{print}{byte:02x}"))
}
