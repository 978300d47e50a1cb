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
/// case, phone numbers without spacing, URLs with a host in lower case and with a path.
pub(crate) fn channel_key(type_: &str, value: &str) -> String {
    let value = value.trim();
    let value = match type_ {
        "email" => value.to_lowercase(),
        "sms" | "phone" => value.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect(),
        _ => normal_url(value).unwrap_or_else(|| value.to_owned()),
    };
    format!("{type_}\0{value}")
}

/// A URL in the form to which RFC 3986 (6.2.2.1, 6.2.3) brings all that are equal to it: scheme and host in lower case, and the path
/// '/' instead of none. `None`: it is no http URL.
fn normal_url(value: &str) -> Option<String> {
    let (scheme, rest) = value.split_once("://")?;
    let scheme = scheme.to_lowercase();
    if !matches!(scheme.as_str(), "http" | "https") {
        return None;
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // A user's name and password keep their case.
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => format!("{user}@{}", host.to_lowercase()),
        None => authority.to_lowercase(),
    };
    let slash = if path.starts_with('/') { "" } else { "/" };
    Some(format!("{scheme}://{authority}{slash}{path}"))
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
    fn equal_urls_are_one_address_and_all_others_are_not() {
        let is_same = |one, other| channel_key("webhook", one) == channel_key("webhook", other);
        for (one, other, same) in [
            ("https://example.com/a", "HTTPS://EXAMPLE.com/a", true),
            ("https://example.com", "https://example.com/", true),
            ("https://example.com?a=B", "https://example.com/?a=B", true),
            ("https://Joe:P@example.com/a", "https://Joe:P@Example.com/a", true),
            ("https://Joe:P@example.com/a", "https://joe:P@example.com/a", false),
            ("https://example.com/a", "https://example.com/A", false),
            ("https://example.com/a", "https://example.com/a/", false),
            ("https://example.com/?a=B", "https://example.com/?a=b", false),
            ("http://example.com/a", "https://example.com/a", false),
            ("Device-A", "device-a", false),
        ] {
            assert_eq!(is_same(one, other), same, "{one} {other}");
        }
    }

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
