//! Planning a [`SubAccount`]: one PUT with the whole managed set, suppression in one of its own. No IO.

pub(crate) mod deletion;

use jiff::Timestamp;

use crate::api::policies::Policies;
use crate::api::provider_config::Provider;
use crate::api::reason::Reason;
use crate::api::sub_account::{AccountDeletionPolicy, SubAccount, SubAccountFacts as Facts};
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::plan::context::PlanContext;
use crate::plan::identity::{Identity, WantedObject, identify};
use crate::plan::managed::{Deletion, Managed, ResolvedRefs, catching_up};
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::{Change, Creation, Step};
use crate::provider::model::account::{AccountDetail, AccountEntry, AccountSettings, NewAccount, same_hours};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::nodeping::call::NodePingCall;

type AccountPlan = Plan<Facts>;

impl Managed for SubAccount {
    type Facts = Facts;
    type Resolved = ();

    const PROVIDER: Provider = Provider::NodePing;

    fn policies(&self) -> &Policies {
        &self.spec.policies
    }

    fn deletion(&self) -> Deletion {
        match self.spec.deletion_policy {
            AccountDeletionPolicy::Orphan => Deletion::Orphan,
            AccountDeletionPolicy::Delete | AccountDeletionPolicy::Suspend => Deletion::Act,
        }
    }

    fn resolve(&self, _: &ResolvedRefs) -> Result<(), State> {
        Ok(())
    }

    fn plan(&self, (): &(), context: &PlanContext, inventory: &Inventory) -> Result<AccountPlan, Need> {
        let accounts = inventory.accounts(context.not_before)?;
        match identify(context, &self.wanted(), accounts, &Collection::Accounts)? {
            Identity::Undetermined(state) => Ok(Plan::ending_in(state)),
            Identity::New(ids) => {
                let lock = format!("account/{}", self.spec.name);
                let creation = Creation { ids, name: self.spec.name.clone(), team: None };
                Ok(Plan::create(NodePingCall::CreateAccount(Box::new(self.new_account())), creation, lock))
            }
            Identity::Bound(entry) if entry.primary => Ok(Plan::ending_in(the_primary(entry.id.as_str()))),
            Identity::Bound(entry) => self.bound(entry, context, inventory),
        }
    }

    fn plan_deletion(&self, _: Option<&()>, context: &PlanContext, inventory: &Inventory) -> Result<AccountPlan, Need> {
        deletion::plan(self, context, inventory)
    }
}

impl SubAccount {
    fn wanted(&self) -> WantedObject<'_> {
        WantedObject { word: "sub-account", name: &self.spec.name, adoption: self.spec.adoption_policy }
    }

    fn new_account(&self) -> NewAccount {
        NewAccount {
            name: self.spec.name.clone(),
            contact_name: Sensitive::new(self.spec.contact_name.clone()),
            email: Sensitive::new(self.spec.email.clone()),
            timezone: self.spec.timezone.clone(),
            location: self.spec.location.as_str().to_owned(),
            email_me: self.spec.email_me,
        }
    }

    fn settings(&self, status: &str) -> AccountSettings {
        AccountSettings {
            name: Some(self.spec.name.clone()),
            timezone: Some(self.spec.timezone.clone()),
            location: Some(self.spec.location.as_str().to_owned()),
            auto_diag: Some(self.spec.auto_diag_notifications),
            email_me: Some(self.spec.email_me),
            status: Some(status.to_owned()),
        }
    }

    fn bound(&self, entry: &AccountEntry, context: &PlanContext, inventory: &Inventory) -> Result<AccountPlan, Need> {
        let single = inventory.account(&entry.id, context.not_before)?;
        let Some(detail) = &single.value else {
            let state = catching_up(context, Collection::Account(entry.id.clone()), single.read_at)?;
            return Ok(Plan {
                external_id: Some(entry.id.to_string()),
                facts: self.recorded_facts(),
                ..Plan::ending_in(state)
            });
        };
        let mut plan = self.known(entry, detail);
        let changes = self.changes(detail, plan.facts.sent_auto_diag_notifications.unwrap_or(false));
        if !changes.is_empty() {
            let settings = self.settings(self.spec.status.as_str());
            plan.steps.push(Step::update(NodePingCall::UpdateAccount { account: entry.id.clone(), settings }, changes));
        }
        let suppress = self.spec.suppress_notifications;
        if detail.suppressed != suppress {
            let change = Change::of("suppressNotifications", &detail.suppressed, &suppress);
            plan.steps.push(Step::update(
                NodePingCall::SuppressNotifications { account: entry.id.clone(), suppress },
                vec![change],
            ));
        }
        Ok(plan)
    }

    fn known(&self, entry: &AccountEntry, detail: &AccountDetail) -> AccountPlan {
        let sent = self.status.as_ref().and_then(|status| status.facts.sent_auto_diag_notifications);
        let facts = Facts {
            creation_time: detail.created.and_then(|ms| Timestamp::from_millisecond(ms).ok()).map(|at| at.to_string()),
            active_checks: entry.checks,
            status: detail.status.clone().or_else(|| entry.status.clone()),
            sent_auto_diag_notifications: Some(detail.auto_diag.or(sent).unwrap_or(false)),
        };
        Plan { external_id: Some(entry.id.to_string()), facts, ..Plan::ending_in(State::Available) }
    }

    fn changes(&self, detail: &AccountDetail, auto_diag: bool) -> Vec<Change> {
        let spec = &self.spec;
        let seen = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
        let status = detail.status.as_deref().unwrap_or("Active");
        let all = [
            (detail.name.as_ref() != Some(&spec.name), Change::of("name", &seen(&detail.name), &spec.name)),
            (
                !same_hours(detail.timezone.as_deref(), &spec.timezone),
                Change::of("timezone", &seen(&detail.timezone), &spec.timezone),
            ),
            (
                detail.location.as_deref() != Some(spec.location.as_str()),
                Change::of("location", &seen(&detail.location), spec.location.as_str()),
            ),
            (detail.email_me != spec.email_me, Change::of("emailMe", &detail.email_me, &spec.email_me)),
            (
                auto_diag != spec.auto_diag_notifications,
                Change::of("autoDiagNotifications", &auto_diag, &spec.auto_diag_notifications),
            ),
            (!status.eq_ignore_ascii_case(spec.status.as_str()), Change::of("status", status, spec.status.as_str())),
        ];
        all.into_iter().filter(|(differs, _)| *differs).map(|(_, change)| change).collect()
    }
}

fn the_primary(id: &str) -> State {
    State::Stalled {
        reason: Reason::Invalid,
        message: format!("'{id}' is the primary account, which is no sub-account: correct the external-id annotation"),
    }
}
