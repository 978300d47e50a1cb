//! NodePing accounts: what the provider shows of them, and the settings that it accepts. No IO.

use std::fmt;

use crate::api::sub_account::AccountState;
use crate::provider::model::ids::AccountId;
use crate::provider::model::sensitive::Sensitive;

/// The status of an account. A spec can set only some of the values: see [`AccountState`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum NodePingStatus {
    /// The account is in use.
    Active,
    /// The account is suspended.
    Suspend,
    /// The account is being deleted.
    Delete,
    /// A status that this version does not know, as the provider writes it.
    Other(String),
}

/// An account in the list (N2).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AccountEntry {
    /// The key of the list's entry.
    pub(crate) id: AccountId,
    /// `name`.
    pub(crate) name: String,
    /// `status`.
    pub(crate) status: Option<NodePingStatus>,
    /// `count`: how many checks are active.
    pub(crate) checks: Option<i64>,
    /// Whether the list shows it as the token's own account: only that has a number in `parent`.
    pub(crate) primary: bool,
    /// Whether its deletion was requested, and lists still show it.
    pub(crate) deleting: bool,
}

/// An account's settings (N1).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AccountDetail {
    /// `_id`.
    pub(crate) id: AccountId,
    /// `customer_name`.
    pub(crate) name: Option<String>,
    /// `creation_date`, milliseconds since 1970.
    pub(crate) created: Option<i64>,
    /// `status`.
    pub(crate) status: Option<NodePingStatus>,
    /// `timezone` as the provider writes it: hours from GMT.
    pub(crate) timezone: Option<String>,
    /// The first of `defaultlocations`.
    pub(crate) location: Option<String>,
    /// `emailme`; false if absent.
    pub(crate) email_me: bool,
    /// `accountsuppressall`; false if absent.
    pub(crate) suppressed: bool,
    /// `autodiagnotifications`, if the provider shows it.
    pub(crate) auto_diag: Option<bool>,
}

/// The settings that N3 accepts. A setting that is `None` is not sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AccountSettings {
    /// `name`.
    pub(crate) name: Option<String>,
    /// `timezone`: hours from GMT.
    pub(crate) timezone: Option<String>,
    /// `location`.
    pub(crate) location: Option<String>,
    /// `autodiagnotifications`.
    pub(crate) auto_diag: Option<bool>,
    /// `emailme`.
    pub(crate) email_me: Option<bool>,
    /// `status`; `None` for the primary account.
    pub(crate) status: Option<NodePingStatus>,
}

/// What N4 accepts.
#[derive(Clone, PartialEq)]
pub(crate) struct NewAccount {
    /// `name`.
    pub(crate) name: String,
    /// `contactname`.
    pub(crate) contact_name: Sensitive,
    /// `email`.
    pub(crate) email: Sensitive,
    /// `timezone`: hours from GMT.
    pub(crate) timezone: String,
    /// `location`.
    pub(crate) location: String,
    /// `emailme`.
    pub(crate) email_me: bool,
}

impl NodePingStatus {
    /// Reads the provider's word without regard to case.
    pub(crate) fn parse(word: &str) -> Self {
        let known = [Self::Active, Self::Suspend, Self::Delete];
        let found = known.into_iter().find(|status| status.as_str().eq_ignore_ascii_case(word));
        found.unwrap_or_else(|| Self::Other(word.to_owned()))
    }

    /// The word that the API uses.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Active => "Active",
            Self::Suspend => "Suspend",
            Self::Delete => "Delete",
            Self::Other(word) => word,
        }
    }
}

impl From<AccountState> for NodePingStatus {
    fn from(state: AccountState) -> Self {
        match state {
            AccountState::Active => Self::Active,
            AccountState::Suspend => Self::Suspend,
        }
    }
}

impl fmt::Display for NodePingStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl AccountSettings {
    /// Changes an account as these settings do once the provider has accepted them. `auto_diag` is left out: reads may
    /// never show it.
    pub(crate) fn apply(&self, detail: &mut AccountDetail) {
        let Self { name, timezone, location, auto_diag: _, email_me, status } = self;
        detail.name = name.clone().or(detail.name.take());
        if let Some(timezone) = timezone.as_ref().filter(|zone| !same_hours(detail.timezone.as_deref(), zone)) {
            detail.timezone = Some(timezone.clone());
        }
        detail.location = location.clone().or(detail.location.take());
        detail.email_me = email_me.unwrap_or(detail.email_me);
        detail.status = status.clone().or(detail.status.take());
    }
}

/// Whether two GMT offsets are the same number, however each is written.
pub(crate) fn same_hours(observed: Option<&str>, wanted: &str) -> bool {
    let hours = |text: &str| text.trim().parse::<f64>().ok();
    let both = observed.and_then(hours).zip(hours(wanted));
    both.is_some_and(|(observed, wanted)| (observed - wanted).abs() < 0.01)
}
