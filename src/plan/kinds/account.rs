//! Planning an [`Account`]: the primary account's settings, always with its own id in the call. No IO.

use crate::api::account::{Account, AccountFacts as Facts, AccountSpec};
use crate::api::policies::DeletionPolicy;
use crate::api::references::SecretKeyRef;
use crate::inventory::collection::{Collection, Need};
use crate::plan::context::PlanContext;
use crate::plan::identity;
use crate::plan::kinds::account_settings::{SettingsDiff, ShownSettings, WantedSettings};
use crate::plan::kinds::primary_account::primary;
use crate::plan::managed::{Managed, catching_up};
use crate::plan::references::ResolvedRefs;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::unique_claim::UniqueClaim;
use crate::provider::model::account::{AccountDetail, AccountEntry};
use crate::provider::model::sensitive::Sensitive;

impl Managed for Account {
    type Facts = Facts;
    type Resolved = ();

    /// Deleting the resource never touches the account.
    fn deletion(&self) -> DeletionPolicy {
        DeletionPolicy::Orphan
    }

    fn resolve(&self, _: &ResolvedRefs) -> Result<(), State> {
        Ok(())
    }

    fn plan(&self, (): &(), context: &PlanContext) -> Result<Plan<Facts>, Need> {
        let primary = match primary(context)? {
            Ok(primary) => primary,
            Err(state) => return Ok(Plan::ending_in(state)),
        };
        if let Some(state) = not_ours(context, primary.id.as_str()) {
            return Ok(Plan::ending_in(state));
        }
        let single = context.inventory.account(&primary.id, context.not_before)?;
        if let Some(detail) = &single.value {
            return Ok(self.plan_bound(primary, detail, context));
        }
        let state = catching_up(context, Collection::Account(primary.id.clone()), single.read_at)?;
        let facts = self.recorded_facts_of(primary.id.as_str(), context);
        Ok(Plan::known(primary.id.to_string(), facts, state))
    }

    fn unique_claims(&self, _: &dyn Fn(&SecretKeyRef) -> Option<Sensitive>) -> Vec<UniqueClaim> {
        vec![UniqueClaim::new("", "spec.providerConfigRef.name", "an account's settings have one manifest")]
    }

    fn plan_deletion(&self, _: Option<&()>, _: &PlanContext) -> Result<Plan<Facts>, Need> {
        Ok(Plan::ending_in(State::Gone))
    }
}

impl Account {
    fn plan_bound(&self, entry: &AccountEntry, detail: &AccountDetail, context: &PlanContext) -> Plan<Facts> {
        let sent = self.recorded_facts_of(entry.id.as_str(), context).sent_auto_diag_notifications;
        let auto_diag = detail.auto_diag.or(sent);
        let facts = Facts {
            name: detail.name.clone().or_else(|| Some(entry.name.clone())).map(|name| name.chars().take(256).collect()),
            status: detail.status.as_ref().or(entry.status.as_ref()).map(ToString::to_string),
            sent_auto_diag_notifications: auto_diag,
        };
        let mut plan = Plan::known(entry.id.to_string(), facts, State::Available);
        plan.steps = SettingsDiff::new(self.wanted(), ShownSettings::of(detail, auto_diag)).steps(&entry.id);
        plan
    }

    fn wanted(&self) -> WantedSettings {
        let AccountSpec {
            policies: _,
            name,
            timezone,
            location,
            auto_diag_notifications: auto_diag,
            email_me,
            suppress_notifications: suppress,
        } = self.spec.clone();
        WantedSettings { name, timezone, location, email_me, auto_diag, status: None, suppress }
    }
}

fn not_ours(context: &PlanContext, id: &str) -> Option<State> {
    identity::not_ours(context, id, |named| {
        format!(
            "the token's primary account is '{id}', not '{named}' that the external-id annotation names: correct or remove it"
        )
    })
}
