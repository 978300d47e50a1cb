//! A notification channel as the provider shows it. No IO.

use sha2::{Digest, Sha256};

use crate::provider::model::sensitive::Sensitive;

/// A notification channel (P7, P25).
#[derive(Clone, PartialEq)]
pub(crate) struct Channel {
    /// Type and normalised address: a channel has no other identity. As sensitive as the address.
    pub(crate) key: String,
    /// The type's word.
    pub(crate) type_: String,
    /// The address.
    pub(crate) value: Sensitive,
    /// Its position; it moves.
    pub(crate) priority: i64,
    /// Whether messages are delivered, if the list says.
    pub(crate) enabled: Option<bool>,
    /// Whether the address is verified, if the list says.
    pub(crate) verified: Option<bool>,
}

impl Channel {
    /// A channel at a position.
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

/// What a channel is recognised by: its type, and its address as it is compared, e-mails without
/// case (PU22), phone numbers without spacing.
pub(crate) fn channel_key(type_: &str, value: &str) -> String {
    let value = value.trim();
    let value = match type_ {
        "email" => value.to_lowercase(),
        "sms" | "phone" => value.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect(),
        _ => value.to_owned(),
    };
    format!("{type_}\0{value}")
}

/// What is remembered of a channel's key: it tells equal from different and nothing else.
pub(crate) fn fingerprint(salt: &str, key: &str) -> String {
    let digest = Sha256::digest(format!("{salt}\0{key}"));
    digest.iter().take(16).fold(String::new(), |print, byte| format!("{print}{byte:02x}"))
}
