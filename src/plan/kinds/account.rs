//! Planning an [`Account`]: the primary account's settings, always with its own id in the call. No IO.

use crate::api::account::{Account, AccountFacts as Facts};
use crate::api::policies::Policies;
use crate::api::provider_config::Provider;
use crate::api::reason::Reason;
use crate::api::sub_account::Location;
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::plan::context::PlanContext;
use crate::plan::identity;
use crate::plan::managed::{Deletion, Managed, ResolvedRefs, catching_up};
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::{Change, Step};
use crate::provider::model::account::{AccountDetail, AccountEntry, AccountSettings, same_hours};
use crate::provider::nodeping::call::NodePingCall;

type AccountPlan = Plan<Facts>;

impl Managed for Account {
    type Facts = Facts;
    type Resolved = ();

    const PROVIDER: Provider = Provider::NodePing;

    fn policies(&self) -> &Policies {
        &self.spec.policies
    }

    /// Deleting the resource never touches the account.
    fn deletion(&self) -> Deletion {
        Deletion::Orphan
    }

    fn resolve(&self, _: &ResolvedRefs) -> Result<(), State> {
        Ok(())
    }

    fn plan(&self, (): &(), context: &PlanContext, inventory: &Inventory) -> Result<AccountPlan, Need> {
        let accounts = inventory.accounts(context.not_before)?;
        let Some(primary) = accounts.items().find(|account| account.primary) else {
            return Ok(Plan::ending_in(no_primary()));
        };
        if let Some(state) = not_ours(context, primary.id.as_str()) {
            return Ok(Plan::ending_in(state));
        }
        let single = inventory.account(&primary.id, context.not_before)?;
        if let Some(detail) = &single.value {
            return Ok(self.bound(primary, detail));
        }
        let state = catching_up(context, Collection::Account(primary.id.clone()), single.read_at)?;
        let facts = self.recorded_facts();
        Ok(Plan { external_id: Some(primary.id.to_string()), facts, ..Plan::ending_in(state) })
    }

    fn plan_deletion(&self, _: Option<&()>, _: &PlanContext, _: &Inventory) -> Result<AccountPlan, Need> {
        Ok(Plan::ending_in(State::Gone))
    }
}

impl Account {
    fn bound(&self, entry: &AccountEntry, detail: &AccountDetail) -> AccountPlan {
        let sent = self.status.as_ref().and_then(|status| status.facts.sent_auto_diag_notifications);
        let auto_diag = detail.auto_diag.or(sent);
        let facts = Facts {
            name: detail.name.clone().or_else(|| Some(entry.name.clone())).map(|name| name.chars().take(256).collect()),
            status: detail.status.clone().or_else(|| entry.status.clone()),
            sent_auto_diag_notifications: auto_diag,
        };
        let mut plan = Plan { external_id: Some(entry.id.to_string()), facts, ..Plan::ending_in(State::Available) };
        let changes = self.changes(detail, auto_diag);
        if !changes.is_empty() {
            let call =
                NodePingCall::UpdateAccount { account: entry.id.clone(), settings: self.settings(detail, auto_diag) };
            plan.steps.push(Step::update(call, changes));
        }
        if let Some(suppress) = self.spec.suppress_notifications.filter(|wanted| *wanted != detail.suppressed) {
            let change = Change::of("suppressNotifications", &detail.suppressed, &suppress);
            let call = NodePingCall::SuppressNotifications { account: entry.id.clone(), suppress };
            plan.steps.push(Step::update(call, vec![change]));
        }
        plan
    }

    /// The whole managed set (NU4): what the spec leaves open is sent as it is, and left out where it is not known.
    fn settings(&self, detail: &AccountDetail, auto_diag: Option<bool>) -> AccountSettings {
        let spec = &self.spec;
        let location = spec.location.map(|location| location.as_str().to_owned());
        AccountSettings {
            name: spec.name.clone().or_else(|| detail.name.clone()),
            timezone: spec.timezone.clone().or_else(|| detail.timezone.clone()),
            location: location.or_else(|| detail.location.clone()),
            auto_diag: spec.auto_diag_notifications.or(auto_diag),
            email_me: Some(spec.email_me.unwrap_or(detail.email_me)),
            // Not supported on the primary account.
            status: None,
        }
    }

    fn changes(&self, detail: &AccountDetail, auto_diag: Option<bool>) -> Vec<Change> {
        let spec = &self.spec;
        let seen = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
        let text = |field, seen_value: &Option<String>, wanted: Option<&str>| {
            let wanted = wanted.filter(|wanted| seen_value.as_deref() != Some(*wanted))?;
            Some(Change::of(field, &seen(seen_value), wanted))
        };
        let zone = spec.timezone.as_deref().filter(|wanted| !same_hours(detail.timezone.as_deref(), wanted));
        let mail = spec.email_me.filter(|wanted| *wanted != detail.email_me);
        let diag = spec.auto_diag_notifications.filter(|wanted| auto_diag != Some(*wanted));
        let shown = auto_diag.map_or_else(|| "(not shown)".to_owned(), |seen| seen.to_string());
        let all = [
            text("name", &detail.name, spec.name.as_deref()),
            zone.map(|wanted| Change::of("timezone", &seen(&detail.timezone), wanted)),
            text("location", &detail.location, spec.location.map(Location::as_str)),
            mail.map(|wanted| Change::of("emailMe", &detail.email_me, &wanted)),
            diag.map(|wanted| Change::of("autoDiagNotifications", &shown, &wanted)),
        ];
        all.into_iter().flatten().collect()
    }
}

fn not_ours(context: &PlanContext, id: &str) -> Option<State> {
    identity::not_ours(context, id, |named| {
        format!(
            "the token's primary account is '{id}', not '{named}' that the external-id annotation names: correct or remove it"
        )
    })
}

/// A list without a primary account is no list to write by.
fn no_primary() -> State {
    State::Stalled {
        reason: Reason::ExternalNotFound,
        message: "NodePing's list does not tell which account is the primary one: nothing is written; see whether the token belongs to \
                  a primary account"
            .to_owned(),
    }
}
