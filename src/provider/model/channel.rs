//! A notification channel as the provider shows it. No IO.

pub(crate) mod forms;
pub(crate) mod normal_url;

use sha2::{Digest, Sha256};

use crate::provider::model::channel::normal_url::normal_url;
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
/// case, phone numbers without spacing, URLs as [`normal_url`] has them.
pub(crate) fn channel_key(type_: &str, value: &str) -> String {
    let value = value.trim();
    let value = match type_ {
        "email" => value.to_lowercase(),
        "sms" | "phone" => value.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect(),
        _ => normal_url(value).unwrap_or_else(|| value.to_owned()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_urls_are_one_address_and_all_others_are_not() {
        let is_same = |one, other| channel_key("webhook", one) == channel_key("webhook", other);
        for (one, other, same) in [
            ("https://example.com/a", "HTTPS://EXAMPLE.com/a", true),
            ("https://example.com", "https://example.com/", true),
            ("https://example.com?a=B", "https://example.com/?a=B", true),
            ("https://Joe:P@example.com/a", "https://Joe:P@Example.com/a", true),
            ("https://Joe:P@example.com/a", "https://joe:P@example.com/a", false),
            ("https://example.com:443/a", "https://example.com/a", true),
            ("https://example.com:/a", "https://example.com/a", true),
            ("http://example.com:80", "http://example.com/", true),
            ("https://[::1]:443/a", "https://[::1]/a", true),
            ("https://example.com/%61%2fb", "https://example.com/a%2Fb", true),
            ("https://example.com/%", "https://example.com/%25", false),
            ("https://example.com/a%2Fb", "https://example.com/a/b", false),
            ("https://example.com:8443/a", "https://example.com/a", false),
            ("https://example.com:80/a", "https://example.com/a", false),
            ("https://example.com/a", "https://example.com/A", false),
            ("https://example.com/a", "https://example.com/a/", false),
            ("https://example.com/?a=B", "https://example.com/?a=b", false),
            ("http://example.com/a", "https://example.com/a", false),
            ("Device-A", "device-a", false),
        ] {
            assert_eq!(is_same(one, other), same, "{one} {other}");
        }
    }
}
