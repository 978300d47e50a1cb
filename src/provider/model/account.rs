//! NodePing accounts as the provider shows and takes them. No IO.

use crate::provider::model::ids::AccountId;
use crate::provider::model::sensitive::Sensitive;

/// An account in the list (N2).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AccountEntry {
    /// The key.
    pub(crate) id: AccountId,
    /// `name`.
    pub(crate) name: String,
    /// `status`.
    pub(crate) status: Option<String>,
    /// `count`, the active checks.
    pub(crate) checks: Option<i64>,
    /// Whether it is the token's own account, which has the number `parent`.
    pub(crate) primary: bool,
    /// Whether we asked for its deletion, and no list has dropped it yet.
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
    pub(crate) status: Option<String>,
    /// `timezone` as written.
    pub(crate) timezone: Option<String>,
    /// The first of `defaultlocations`.
    pub(crate) location: Option<String>,
    /// `emailme`; absent = no.
    pub(crate) email_me: bool,
    /// `accountsuppressall`; absent = no.
    pub(crate) suppressed: bool,
    /// `autodiagnotifications`, if told (NU7).
    pub(crate) auto_diag: Option<bool>,
}

/// The settings that N3 takes. One that is absent is not sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AccountSettings {
    /// `name`
    pub(crate) name: Option<String>,
    /// `timezone`, hours.
    pub(crate) timezone: Option<String>,
    /// `location`
    pub(crate) location: Option<String>,
    /// `autodiagnotifications`
    pub(crate) auto_diag: Option<bool>,
    /// `emailme`
    pub(crate) email_me: Option<bool>,
    /// `status`; absent on the primary account.
    pub(crate) status: Option<String>,
}

/// What N4 takes.
#[derive(Clone, PartialEq)]
pub(crate) struct NewAccount {
    /// `name`
    pub(crate) name: String,
    /// `contactname`
    pub(crate) contact_name: Sensitive,
    /// `email`
    pub(crate) email: Sensitive,
    /// `timezone`, hours.
    pub(crate) timezone: String,
    /// `location`
    pub(crate) location: String,
    /// `emailme`
    pub(crate) email_me: bool,
}

impl AccountSettings {
    /// What an account is after these settings were accepted; `auto_diag` apart, which no read may ever show (NU7).
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

/// Whether two GMT offsets are the same number (apis.md §4.4, NU10).
pub(crate) fn same_hours(seen: Option<&str>, wanted: &str) -> bool {
    let hours = |text: &str| text.trim().parse::<f64>().ok();
    match (seen.and_then(hours), hours(wanted)) {
        (Some(seen), Some(wanted)) => (seen - wanted).abs() < 0.01,
        _ => false,
    }
}
