//! Planning a [`SubAccount`]: one PUT with the whole managed set, suppression in one of its own. No IO.

pub(crate) mod deletion;

use jiff::Timestamp;

use crate::api::policies::DeletionPolicy;
use crate::api::reason::Reason;
use crate::api::sub_account::{
    AccountDeletionPolicy, AccountState, SubAccount, SubAccountFacts as Facts, SubAccountSpec,
};
use crate::inventory::collection::{Collection, Need};
use crate::inventory::listing::Listing;
use crate::plan::context::PlanContext;
use crate::plan::identity::{Identity, NamedObject, WantedObject};
use crate::plan::kinds::account_settings::{SettingsDiff, ShownSettings, WantedSettings};
use crate::plan::kinds::primary_account::primary;
use crate::plan::managed::{Managed, catching_up};
use crate::plan::references::ResolvedRefs;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::Creation;
use crate::provider::model::account::{AccountDetail, AccountEntry, NewAccount};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::nodeping::call::NodePingCall;

type AccountPlan = Plan<Facts>;

impl Managed for SubAccount {
    type Facts = Facts;
    type Resolved = ();

    fn deletion(&self) -> DeletionPolicy {
        match self.spec.deletion_policy {
            AccountDeletionPolicy::Orphan => DeletionPolicy::Orphan,
            AccountDeletionPolicy::Delete | AccountDeletionPolicy::Suspend => DeletionPolicy::Delete,
        }
    }

    fn resolve(&self, _: &ResolvedRefs) -> Result<(), State> {
        Ok(())
    }

    fn plan(&self, (): &(), context: &PlanContext) -> Result<AccountPlan, Need> {
        if let Err(state) = primary(context)? {
            return Ok(Plan::ending_in(state));
        }
        let accounts = context.inventory.accounts(context.not_before)?;
        match self.wanted(accounts).identify(context)? {
            Identity::Undetermined(state) => Ok(Plan::ending_in(state)),
            Identity::Contradicted(entry, state) => Ok(Plan::known(entry.id.to_string(), self.recorded_facts(), state)),
            Identity::New(ids) => {
                let lock = format!("account/{}", self.spec.name);
                let creation = Creation { ids, name: self.spec.name.clone(), team: None };
                Ok(Plan::create(NodePingCall::CreateAccount(Box::new(self.new_account())), creation, lock))
            }
            Identity::Bound(entry) if entry.primary => Ok(Plan::ending_in(the_primary(entry.id.as_str()))),
            Identity::Bound(entry) => self.plan_bound(entry, context),
        }
    }

    fn named_object(&self, (): &(), context: &PlanContext) -> Result<Option<NamedObject>, Need> {
        let accounts = context.inventory.accounts(context.not_before)?;
        let is_sub_account = |named: &NamedObject| accounts.get(&named.id).is_some_and(|entry| !entry.primary);
        Ok(self.wanted(accounts).sole_bearer(context).filter(is_sub_account))
    }

    fn plan_deletion(&self, _: Option<&()>, context: &PlanContext) -> Result<AccountPlan, Need> {
        deletion::plan(self, context)
    }
}

impl SubAccount {
    fn wanted<'a>(&'a self, list: &'a Listing<AccountEntry>) -> WantedObject<'a, AccountEntry> {
        let (name, adoption, collection) = (&self.spec.name, self.spec.adoption_policy, Collection::Accounts);
        WantedObject { label: "sub-account", name, adoption, list, collection }
    }

    fn new_account(&self) -> NewAccount {
        let SubAccountSpec {
            policies: _,
            name,
            contact_name,
            email,
            timezone,
            location,
            email_me,
            auto_diag_notifications: _,
            status: _,
            suppress_notifications: _,
            deletion_policy: _,
            adoption_policy: _,
        } = self.spec.clone();
        let (contact_name, email) = (Sensitive::new(contact_name), Sensitive::new(email));
        NewAccount { name, contact_name, email, timezone, location: location.as_str().to_owned(), email_me }
    }

    /// The settings that the spec wants, with this status.
    fn settings(&self, status: AccountState) -> WantedSettings {
        let SubAccountSpec {
            policies: _,
            name,
            // NodePing takes these two only when the sub-account is created.
            contact_name: _,
            email: _,
            timezone,
            location,
            email_me,
            auto_diag_notifications,
            status: _,
            suppress_notifications,
            deletion_policy: _,
            adoption_policy: _,
        } = self.spec.clone();
        WantedSettings {
            name: Some(name),
            timezone: Some(timezone),
            location: Some(location),
            email_me: Some(email_me),
            auto_diag: Some(auto_diag_notifications),
            status: Some(status),
            suppress: Some(suppress_notifications),
        }
    }

    fn plan_bound(&self, entry: &AccountEntry, context: &PlanContext) -> Result<AccountPlan, Need> {
        let single = context.inventory.account(&entry.id, context.not_before)?;
        let Some(detail) = &single.value else {
            let state = catching_up(context, Collection::Account(entry.id.clone()), single.read_at)?;
            return Ok(Plan {
                external_id: Some(entry.id.to_string()),
                facts: self.recorded_facts_of(entry.id.as_str(), context),
                ..Plan::ending_in(state)
            });
        };
        let mut plan = self.as_observed(entry, detail, context);
        // NodePing does not show the setting; it begins as false.
        let shown = ShownSettings::of(detail, plan.facts.sent_auto_diag_notifications.or(Some(false)));
        plan.steps = SettingsDiff::new(self.settings(self.spec.status), shown).steps(&entry.id);
        Ok(plan)
    }

    fn as_observed(&self, entry: &AccountEntry, detail: &AccountDetail, context: &PlanContext) -> AccountPlan {
        let sent = self.recorded_facts_of(entry.id.as_str(), context).sent_auto_diag_notifications;
        let facts = Facts {
            creation_time: detail.created.and_then(|ms| Timestamp::from_millisecond(ms).ok()).map(|at| at.to_string()),
            active_checks: entry.checks,
            status: detail.status.as_ref().or(entry.status.as_ref()).map(ToString::to_string),
            sent_auto_diag_notifications: detail.auto_diag.or(sent),
            deletion_accepted_time: None,
        };
        Plan::known(entry.id.to_string(), facts, State::Available)
    }
}

fn the_primary(id: &str) -> State {
    State::stalled(
        Reason::Invalid,
        format!("'{id}' is the primary account, which is no sub-account: correct the external-id annotation"),
    )
}
