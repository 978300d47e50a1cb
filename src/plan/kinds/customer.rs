//! Planning a [`Customer`]: the token's own profile. It is never created, and closed only by double confirmation. No IO.

pub(crate) mod username;

use jiff::Timestamp;

use crate::api::conditions::NewCondition;
use crate::api::customer::{Closure, Customer, CustomerDeletionPolicy, CustomerFacts as Facts, CustomerSpec};
use crate::api::policies::DeletionPolicy;
use crate::api::references::SecretKeyRef;
use crate::inventory::collection::{Collection, Need};
use crate::plan::context::PlanContext;
use crate::plan::diff::Diff;
use crate::plan::identity;
use crate::plan::kinds::customer::username::{CustomerPlan, ResolvedCustomer};
use crate::plan::managed::Managed;
use crate::plan::references::{Reference, ResolvedRefs};
use crate::plan::resource_plan::{Kept, Plan};
use crate::plan::state::State;
use crate::plan::step::Step;
use crate::plan::unique_claim::UniqueClaim;
use crate::provider::failure::{Class, Failure};
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::sensitive::Sensitive;
use crate::provider::pinghome::call::PinghomeCall;

impl Managed for Customer {
    type Facts = Facts;
    type Resolved = ResolvedCustomer;

    fn deletion(&self) -> DeletionPolicy {
        match self.spec.deletion_policy {
            CustomerDeletionPolicy::Orphan => DeletionPolicy::Orphan,
            CustomerDeletionPolicy::CloseAccount => DeletionPolicy::Delete,
        }
    }

    fn references(&self) -> Vec<Reference> {
        let verification = self.spec.username_verification.iter();
        verification.map(|from| Reference::Code(from.code_secret_ref.clone())).collect()
    }

    fn resolve(&self, refs: &ResolvedRefs) -> Result<ResolvedCustomer, State> {
        let verification = self.spec.username_verification.as_ref();
        Ok(ResolvedCustomer { code: verification.and_then(|from| refs.code(&from.code_secret_ref)) })
    }

    fn plan(&self, resolved: &ResolvedCustomer, context: &PlanContext) -> Result<CustomerPlan, Need> {
        let own = context.inventory.customer(context.not_before)?;
        if let Some(state) = not_ours(context, own.id.as_str()) {
            return Ok(Plan::ending_in(state));
        }
        let facts = seen(own, self.recorded_facts_of(own.id.as_str(), context));
        let named = self.named(own, &facts);
        let mut plan = Plan::known(own.id.to_string(), facts, State::Available);
        plan.steps.extend(named);
        self.username(own, resolved, context, &mut plan)?;
        Ok(plan)
    }

    fn unique_claims(&self, _: &dyn Fn(&SecretKeyRef) -> Option<Sensitive>) -> Vec<UniqueClaim> {
        vec![UniqueClaim::new("", "spec.providerConfigRef.name", "a token has one customer")]
    }

    /// Closing needs the policy, `closure`, and exactly the e-mail that Pinghome shows now. Otherwise nothing is done.
    fn plan_deletion(&self, _: Option<&ResolvedCustomer>, context: &PlanContext) -> Result<CustomerPlan, Need> {
        let own = context.inventory.customer(context.delete_freshness())?;
        let is_ours = not_ours(context, own.id.as_str()).is_none() && context.known_id == Some(own.id.as_str());
        if !is_ours {
            return Ok(Plan::ending_in(State::Gone));
        }
        let is_confirmed = |closure: &&Closure| own.email.as_ref() == Some(&closure.confirm_username);
        let Some(closure) = self.spec.closure.as_ref().filter(is_confirmed) else {
            return Ok(Plan::keeping(Kept::ClosureNotConfirmed));
        };
        // A read that shows the account although a closure would be seen by now proves that it did not happen.
        let read_at = context.inventory.read_at(&Collection::Customer);
        let is_open = |time: &Timestamp| read_at.is_some_and(|read_at| read_at >= context.resolvable_at(*time));
        let recorded = self.recorded_facts();
        let closure_time = recorded.closure_time.filter(|time| !is_open(time));
        // Each call has a record of its own.
        let due = closure_time.is_none_or(|time| time < context.write_ahead_valid_since()).then_some(context.now);
        let mut plan = Plan::delete(PinghomeCall::CloseCustomer { reason: closure.reason.clone() }, None);
        plan.external_id = context.known_id.map(str::to_owned);
        plan.facts = Facts { closure_time, ..recorded };
        plan.is_recorded_first = due.is_some();
        plan.recording(None, move |record| record.facts.closure_time = due.or(closure_time));
        Ok(plan)
    }

    /// The token goes with the account: after a closure that was recorded before its call, a token that Pinghome rejects is all that can be known.
    fn is_ended_by(&self, failure: &Failure) -> bool {
        failure.class == Class::Credential && failure.status == 401 && self.recorded_facts().closure_time.is_some()
    }

    fn conditions(facts: &Facts) -> Vec<NewCondition> {
        username::reported::conditions(facts)
    }
}

/// What Pinghome shows; where it does not show the names, what was sent last.
fn seen(own: &ObservedCustomer, known: Facts) -> Facts {
    let is_silent = own.name.is_none() && own.full_name.is_none();
    let kept = |shown: &Option<String>, before: Option<String>| shown.clone().or(before.filter(|_| is_silent));
    Facts {
        username: own.email.clone(),
        name: kept(&own.name, known.name),
        surname: kept(&own.surname, known.surname),
        ..known
    }
}

impl Customer {
    /// One PATCH with both names: what the spec leaves open is sent as it is.
    fn named(&self, own: &ObservedCustomer, seen: &Facts) -> Option<Step> {
        let diff = NamesDiff::new(&self.spec, seen, own);
        if diff.is_same() { None } else { diff.step() }
    }
}

/// A customer's names, wanted beside observed. The username is planned in `username`.
struct NamesDiff {
    name: Diff<String>,
    surname: Diff<String>,
    /// Both names in one, where Pinghome shows them so.
    full_name: Option<String>,
}

impl NamesDiff {
    fn new(spec: &CustomerSpec, seen: &Facts, own: &ObservedCustomer) -> Self {
        let CustomerSpec {
            policies: _,
            name,
            surname,
            username: _,
            username_verification: _,
            deletion_policy: _,
            closure: _,
        } = spec;
        let ObservedCustomer { id: _, account_name: _, email: _, name: _, surname: _, full_name, team: _ } = own;
        Self {
            name: Diff::new("name", seen.name.clone(), name.clone()).shown_as("(not shown)"),
            surname: Diff::new("surname", seen.surname.clone(), surname.clone()).shown_as("(not shown)"),
            full_name: full_name.clone(),
        }
    }

    /// Whether nothing is wanted, or what is wanted is there.
    fn is_same(&self) -> bool {
        let Self { name, surname, full_name } = self;
        if name.old.is_some() && surname.old.is_some() {
            return name.change().is_none() && surname.change().is_none();
        }
        let wanted = name.value().zip(surname.value()).map(|(name, surname)| format!("{name} {surname}"));
        (name.new.is_none() && surname.new.is_none()) || (wanted.is_some() && wanted == *full_name)
    }

    fn step(self) -> Option<Step> {
        let Self { name, surname, full_name: _ } = self;
        let changes = name.change().into_iter().chain(surname.change()).collect();
        let (name, surname) = (name.value()?, surname.value()?);
        Some(Step::update(PinghomeCall::UpdateCustomer { name, surname }, changes))
    }
}

fn not_ours(context: &PlanContext, id: &str) -> Option<State> {
    identity::not_ours(context, id, |named| {
        format!(
            "the token belongs to the customer '{id}', not to '{named}' that the external-id annotation names: correct or remove it"
        )
    })
}
