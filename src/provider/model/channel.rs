//! A notification channel as the provider shows it. No IO.

use sha2::{Digest, Sha256};

use crate::provider::model::ids::ChannelOwner;
use crate::provider::model::sensitive::Sensitive;

/// Characters that a provider may show instead of those that were sent.
const MASKS: [char; 4] = ['*', '•', '…', '#'];

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

/// Whether a list may show the address that was sent, in another form: other case, a slash at the end, other spacing, or masked characters.
pub(crate) fn is_form_of(type_: &str, sent: &str, shown: &str) -> bool {
    let (sent, shown) = (loose(type_, sent), loose(type_, shown));
    sent == shown || (shown.contains(MASKS) && fits_mask(&sent, &shown))
}

/// An address without what providers change when they show it.
fn loose(type_: &str, value: &str) -> String {
    let value = value.trim().trim_end_matches('/').to_lowercase();
    let is_of_number = |c: &char| c.is_ascii_digit() || *c == '+' || MASKS.contains(c);
    if matches!(type_, "sms" | "phone") { value.chars().filter(is_of_number).collect() } else { value }
}

/// Whether a text consists of what a masked one shows, in order, and of anything where that is masked.
fn fits_mask(text: &str, masked: &str) -> bool {
    let mut parts = masked.split(MASKS);
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_in_the_forms_in_which_providers_show_it() {
        for (type_, sent, shown, is_form) in [
            ("sms", "+994551234567", "+99455123****", true),
            ("sms", "+994551234567", "+994 55 *** 45 67", true),
            ("sms", "+994551234567", "+99455124****", false),
            ("sms", "+994551234567", "+994551234568", false),
            ("sms", "+994551234567", "********", true),
            ("webhook", "https://example.com/a", "https://EXAMPLE.com/a/", true),
            ("webhook", "https://example.com/a", "https://example.com/b", false),
            ("webhook", "https://example.com/token", "https://example.com/****", true),
            ("email", "joe@example.com", "j**@example.com", true),
            ("email", "joe@example.com", "j**@example.org", false),
        ] {
            assert_eq!(is_form_of(type_, sent, shown), is_form, "{sent} {shown}");
        }
    }
}
