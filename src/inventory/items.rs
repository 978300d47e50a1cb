//! The things that an account holds, as far as the operator cares. No IO.

use super::channels::channel_key;
use super::ids::{AccountId, CustomerId, ServiceId, TeamId};
use super::listing::Item;

/// A value that must not be seen: an address, a code. It has no `Debug` and no `Display`.
#[derive(Clone, Eq, PartialEq)]
pub struct Sensitive(String);

impl Sensitive {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the wire and for comparing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The token's own customer (P1).
#[derive(Clone, PartialEq)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// The organisation's name, or else the customer's own, if told.
    pub account_name: Option<String>,
    /// The e-mail, if told.
    pub email: Option<String>,
    /// The first name, if told by itself.
    pub name: Option<String>,
    /// The surname, if told by itself.
    pub surname: Option<String>,
    /// Both names in one text, if told.
    pub full_name: Option<String>,
    /// The team that the customer is in, if told.
    pub team: Option<TeamId>,
}

/// A team (P14).
#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    /// `team_id`.
    pub id: TeamId,
    /// `name`.
    pub name: String,
    /// `member_count`.
    pub member_count: Option<i64>,
    /// `created_at` as written.
    pub created: Option<String>,
}

/// A service (P34).
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// `service_id`.
    pub id: ServiceId,
    /// `name`.
    pub name: String,
    /// `resource_count`.
    pub resources: Option<i64>,
    /// `heartbeat_count`.
    pub heartbeats: Option<i64>,
}

/// A notification channel (P7, P25).
#[derive(Clone, PartialEq)]
pub struct Channel {
    /// Type and normalised address: a channel has no other identity. As sensitive as the address.
    pub key: String,
    /// The type's word.
    pub type_: String,
    /// The address.
    pub value: Sensitive,
    /// Its position; it moves.
    pub priority: i64,
    /// Whether messages are delivered, if the list says.
    pub enabled: Option<bool>,
    /// Whether the address is verified, if the list says.
    pub verified: Option<bool>,
}

/// An account in the list (N2).
#[derive(Clone, Debug, PartialEq)]
pub struct AccountEntry {
    /// The key.
    pub id: AccountId,
    /// `name`.
    pub name: String,
    /// `status`.
    pub status: Option<String>,
    /// `count`, the active checks.
    pub checks: Option<i64>,
    /// Whether it is the token's own account, which has the number `parent`.
    pub primary: bool,
    /// Whether we asked for its deletion, and no list has dropped it yet.
    pub deleting: bool,
}

/// An account's settings (N1).
#[derive(Clone, Debug, PartialEq)]
pub struct AccountDetail {
    /// `_id`.
    pub id: AccountId,
    /// `customer_name`.
    pub name: Option<String>,
    /// `creation_date`, milliseconds since 1970.
    pub created: Option<i64>,
    /// `status`.
    pub status: Option<String>,
    /// `timezone` as written.
    pub timezone: Option<String>,
    /// The first of `defaultlocations`.
    pub location: Option<String>,
    /// `emailme`; absent = no.
    pub email_me: bool,
    /// `accountsuppressall`; absent = no.
    pub suppressed: bool,
    /// `autodiagnotifications`, if told (NU7).
    pub auto_diag: Option<bool>,
}

impl Channel {
    /// A channel at a position.
    pub fn new(type_: &str, value: Sensitive, priority: i64, enabled: Option<bool>, verified: Option<bool>) -> Self {
        Self { key: channel_key(type_, value.expose()), type_: type_.to_owned(), value, priority, enabled, verified }
    }
}

impl Item for Channel {
    fn id(&self) -> &str {
        &self.key
    }
    fn name(&self) -> &str {
        &self.type_
    }
}

impl Item for Team {
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn name(&self) -> &str {
        &self.name
    }
}

impl Item for Service {
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn name(&self) -> &str {
        &self.name
    }
}

impl Item for AccountEntry {
    fn id(&self) -> &str {
        self.id.as_str()
    }
    /// The primary account is never found by its name (NU12).
    fn name(&self) -> &str {
        if self.primary { "" } else { &self.name }
    }
}
