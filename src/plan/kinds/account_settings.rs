//! The settings that `Account` and `SubAccount` have in common: compared once, for the call and for the text. No IO.

use crate::api::sub_account::{AccountState, Location};
use crate::plan::diff::Diff;
use crate::plan::step::{Change, Step};
use crate::provider::model::account::{AccountDetail, AccountSettings, NodePingStatus, same_hours};
use crate::provider::model::ids::AccountId;
use crate::provider::nodeping::call::NodePingCall;

/// What a spec wants; a setting that is absent is left as it is.
pub(crate) struct WantedSettings {
    /// The account's name.
    pub(crate) name: Option<String>,
    /// GMT offset in hours.
    pub(crate) timezone: Option<String>,
    /// The default region of checks.
    pub(crate) location: Option<Location>,
    /// Whether NodePing may send e-mail about its service.
    pub(crate) email_me: Option<bool>,
    /// Whether results of automated diagnostics are mailed.
    pub(crate) auto_diag: Option<bool>,
    /// Whether the account works; always absent for the primary account, which does not support it.
    pub(crate) status: Option<AccountState>,
    /// Whether all notifications are silenced.
    pub(crate) suppress: Option<bool>,
}

/// What NodePing has; a setting that is absent is not shown.
#[derive(Default)]
pub(crate) struct ShownSettings {
    name: Option<String>,
    timezone: Option<String>,
    location: Option<String>,
    email_me: Option<bool>,
    auto_diag: Option<bool>,
    status: Option<NodePingStatus>,
    suppressed: Option<bool>,
}

impl ShownSettings {
    /// What NodePing shows; `auto_diag` is what it shows or, where it never does, what was sent last.
    pub(crate) fn of(detail: &AccountDetail, auto_diag: Option<bool>) -> Self {
        let AccountDetail { id: _, name, created: _, status, timezone, location, email_me, suppressed, auto_diag: _ } =
            detail.clone();
        let (email_me, suppressed) = (Some(email_me), Some(suppressed));
        Self { name, timezone, location, email_me, auto_diag, status, suppressed }
    }
}

/// The settings of one account, wanted beside shown.
pub(crate) struct SettingsDiff {
    name: Diff<String>,
    timezone: Diff<String>,
    location: Diff<String>,
    email_me: Diff<bool>,
    auto_diag: Diff<bool>,
    status: Diff<NodePingStatus>,
    suppress: Diff<bool>,
}

impl SettingsDiff {
    /// Compares all settings.
    pub(crate) fn new(wanted: WantedSettings, shown: ShownSettings) -> Self {
        let ShownSettings { name, timezone, location, email_me, auto_diag, status, suppressed } = shown;
        let same_zone = |old: Option<&String>, new: &String| same_hours(old.map(String::as_str), new);
        let same_status =
            |old: Option<&NodePingStatus>, new: &NodePingStatus| old.unwrap_or(&NodePingStatus::Active) == new;
        let wanted_location = wanted.location.map(|location| location.as_str().to_owned());
        let wanted_status = wanted.status.map(NodePingStatus::from);
        Self {
            name: Diff::new("name", name, wanted.name),
            timezone: Diff::by("timezone", timezone, wanted.timezone, same_zone),
            location: Diff::new("location", location, wanted_location),
            email_me: Diff::new("emailMe", email_me, wanted.email_me),
            auto_diag: Diff::new("autoDiagNotifications", auto_diag, wanted.auto_diag).shown_as("(not shown)"),
            status: Diff::by("status", status, wanted_status, same_status).shown_as("Active"),
            suppress: Diff::new("suppressNotifications", suppressed, wanted.suppress),
        }
    }

    /// One call with all settings where one differs, and one of its own for suppression.
    pub(crate) fn steps(&self, account: &AccountId) -> Vec<Step> {
        let Self { name, timezone, location, email_me, auto_diag, status, suppress } = self;
        let changes = [
            name.change(),
            timezone.change(),
            location.change(),
            email_me.change(),
            auto_diag.change(),
            status.change(),
        ];
        let changes: Vec<_> = changes.into_iter().flatten().collect();
        let update = (!changes.is_empty()).then(|| self.update(account, changes));
        let suppression = suppress.change().zip(suppress.new).map(|(change, suppress)| {
            Step::update(NodePingCall::SuppressNotifications { account: account.clone(), suppress }, vec![change])
        });
        update.into_iter().chain(suppression).collect()
    }

    /// The one call that changes the status, if it differs; the other settings are sent as they are wanted.
    pub(crate) fn status_step(&self, account: &AccountId) -> Option<Step> {
        self.status.change().map(|change| self.update(account, vec![change]))
    }

    /// The whole managed set (NU4): what the spec leaves open is sent as it is, and left out where it is not known.
    fn update(&self, account: &AccountId, changes: Vec<Change>) -> Step {
        let Self { name, timezone, location, email_me, auto_diag, status, suppress: _ } = self;
        let settings = AccountSettings {
            name: name.value(),
            timezone: timezone.value(),
            location: location.value(),
            auto_diag: auto_diag.value(),
            email_me: email_me.value(),
            status: status.new.clone(),
        };
        Step::update(NodePingCall::UpdateAccount { account: account.clone(), settings }, changes)
    }
}
