//! Planning a [`Probe`], the kind for tests: one POST, and one PUT for another name. No IO.

use crate::api::policies::DeletionPolicy;
use crate::api::probe::{Probe, ProbeFacts, ProbeSpec};
use crate::inventory::collection::{Collection, Need};
use crate::inventory::listing::Listing;
use crate::plan::context::PlanContext;
use crate::plan::identity::{DeletionTarget, Identity, NamedObject, WantedObject, deletion_target};
use crate::plan::managed::Managed;
use crate::plan::references::ResolvedRefs;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::{Change, Creation, Step};
use crate::provider::model::account::{AccountEntry, AccountSettings, NewAccount};
use crate::provider::model::ids::AccountId;
use crate::provider::model::sensitive::Sensitive;
use crate::provider::nodeping::call::NodePingCall;

impl Managed for Probe {
    type Facts = ProbeFacts;
    type Resolved = ();

    fn deletion(&self) -> DeletionPolicy {
        DeletionPolicy::Delete
    }

    fn resolve(&self, _: &ResolvedRefs) -> Result<(), State> {
        Ok(())
    }

    fn plan(&self, (): &(), context: &PlanContext) -> Result<Plan<ProbeFacts>, Need> {
        let name = &self.spec.name;
        let account = match self.wanted(context.inventory.accounts(context.not_before)?).identify(context)? {
            Identity::Undetermined(state) => return Ok(Plan::ending_in(state)),
            Identity::New(ids) => {
                let creation = Creation { ids, name: name.clone(), team: None };
                let call = NodePingCall::CreateAccount(Box::new(new_account(name)));
                return Ok(Plan::create(call, creation, format!("account/{name}")));
            }
            Identity::Contradicted(account, state) => {
                return Ok(Plan { external_id: Some(account.id.to_string()), ..Plan::ending_in(state) });
            }
            Identity::Bound(account) => account,
        };
        let external_id = Some(account.id.to_string());
        let mut plan = Plan { external_id, ..Plan::ending_in(State::Available) };
        if account.name != *name {
            let call = NodePingCall::UpdateAccount { account: account.id.clone(), settings: renamed(name) };
            plan.steps.push(Step::update(call, vec![Change::of("name", &account.name, name)]));
        }
        Ok(plan)
    }

    fn named_object(&self, (): &(), context: &PlanContext) -> Result<Option<NamedObject>, Need> {
        Ok(self.wanted(context.inventory.accounts(context.not_before)?).sole_bearer(context))
    }

    fn plan_deletion(&self, _: Option<&()>, context: &PlanContext) -> Result<Plan<ProbeFacts>, Need> {
        let DeletionTarget::Object(id) = deletion_target(context) else { return Ok(Plan::ending_in(State::Gone)) };
        let accounts = context.inventory.accounts(context.delete_freshness())?;
        let listed = accounts.get(&id).filter(|account| !account.deleting);
        Ok(match listed.and_then(|account| AccountId::parse(account.id.as_str())) {
            Some(account) => Plan::delete(NodePingCall::DeleteAccount { account }, None),
            None => Plan::ending_in(State::Gone),
        })
    }
}

impl Probe {
    fn wanted<'a>(&'a self, list: &'a Listing<AccountEntry>) -> WantedObject<'a, AccountEntry> {
        let ProbeSpec { policies: _, name, adoption_policy } = &self.spec;
        let (adoption, collection) = (*adoption_policy, Collection::Accounts);
        WantedObject { label: "sub-account", name, adoption, list, collection }
    }
}

fn new_account(name: &str) -> NewAccount {
    NewAccount {
        name: name.to_owned(),
        contact_name: Sensitive::new("Probe"),
        email: Sensitive::new("probe@example.com"),
        timezone: "0".to_owned(),
        location: "eur".to_owned(),
        email_me: false,
    }
}

fn renamed(name: &str) -> AccountSettings {
    let (name, nothing) = (Some(name.to_owned()), None);
    AccountSettings {
        name,
        timezone: nothing.clone(),
        location: nothing,
        auto_diag: None,
        email_me: None,
        status: None,
    }
}
