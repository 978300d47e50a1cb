//! Another username: one PUT after which Pinghome mails a code, then the code, once. No IO.

use crate::api::conditions::{ConditionType, NewCondition};
use crate::api::customer::{Customer, CustomerFacts as Facts};
use crate::api::reason::Reason;
use crate::plan::attempts::CallResult;
use crate::plan::context::PlanContext;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::{Change, Step};
use crate::provider::model::channel::fingerprint;
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::member::email_key;
use crate::provider::model::sensitive::Sensitive;
use crate::provider::pinghome::call::PinghomeCall;

impl Customer {
    /// Adds to the plan what is to be done for the username.
    pub(crate) fn username(
        &self,
        own: &ObservedCustomer,
        resolved: &ResolvedCustomer,
        context: &PlanContext,
        plan: &mut CustomerPlan,
    ) {
        let seen = own.email.as_deref().unwrap_or_default();
        let Some(wanted) = self.spec.username.as_ref().filter(|wanted| email_key(wanted) != email_key(seen)) else {
            (plan.facts.pending_username, plan.facts.submitted_code) = (None, None);
            return;
        };
        if self.spec.username_verification.is_none() {
            plan.state = unverifiable(wanted, seen);
            return;
        }
        plan.again = context.next_code_check();
        if !request(wanted, seen, context, plan) {
            confirm(wanted, own, resolved, context, plan);
        }
    }
}

/// Asks for the change; returns whether that is still to be done, or was refused.
fn request(wanted: &str, seen: &str, context: &PlanContext, plan: &mut CustomerPlan) -> bool {
    let key = format!("username/{}", email_key(wanted));
    if context.attempts.outcome(&key) == Some(CallResult::Refused) {
        plan.facts.pending_username = None;
        plan.state = refused(wanted);
        return true;
    }
    let is_recorded = plan.facts.pending_username.as_deref().map(email_key) == Some(email_key(wanted));
    if context.is_done(is_recorded, &key) {
        return false;
    }
    let pending = wanted.to_owned();
    plan.recording(Some(&key), move |record| {
        (record.facts.pending_username, record.facts.submitted_code) = (Some(pending.clone()), None);
    });
    let change = Change::of("username", seen, wanted);
    plan.steps.push(Step::notify(PinghomeCall::ChangeUsername { email: Sensitive::new(wanted) }, key, change));
    true
}

/// Submits the code, once for each code.
fn confirm(
    wanted: &str,
    own: &ObservedCustomer,
    resolved: &ResolvedCustomer,
    context: &PlanContext,
    plan: &mut CustomerPlan,
) {
    let Some(code) = resolved.code.clone() else { return };
    let print = fingerprint(&format!("{}/{}", own.id, email_key(wanted)), code.expose());
    let key = format!("code/{print}");
    if context.is_done(plan.facts.submitted_code.as_ref() == Some(&print), &key) {
        return;
    }
    plan.recording(Some(&key), move |record| record.facts.submitted_code = Some(print.clone()));
    let call = PinghomeCall::ConfirmUsername { code, email: wanted.to_owned() };
    plan.steps.push(Step::notify(call, key, Change::of("usernameVerification", "(not verified)", "(a code)")));
}

/// Whether a code is awaited.
pub(crate) fn conditions(facts: &Facts) -> Vec<NewCondition> {
    let pending = facts.pending_username.as_ref();
    let (is_pending, reason, message) = match (pending, &facts.submitted_code) {
        (None, _) => return Vec::new(),
        (Some(email), None) => (true, Reason::CodeAwaited, code_awaited(email)),
        (Some(email), Some(_)) => (true, Reason::CodeRejected, code_rejected(email)),
    };
    vec![NewCondition::new(ConditionType::UsernameVerificationPending, is_pending, reason, message)]
}

fn code_awaited(email: &str) -> String {
    format!("Pinghome mailed a code to '{email}': put it into the Secret that `usernameVerification` names")
}

fn code_rejected(email: &str) -> String {
    format!(
        "the code was submitted, and the username is not '{email}' yet: put the code that Pinghome mailed last into the Secret"
    )
}

fn unverifiable(wanted: &str, seen: &str) -> State {
    State::stalled(
        Reason::Invalid,
        format!(
            "the username is '{seen}', and changing it to '{wanted}' takes a code that Pinghome mails: set `usernameVerification`"
        ),
    )
}

fn refused(wanted: &str) -> State {
    State::stalled(Reason::Invalid, format!("Pinghome refused '{wanted}' as a username: choose another e-mail"))
}

/// The plan of a customer.
pub(crate) type CustomerPlan = Plan<Facts>;

/// A profile as wanted, the code filled in if it is in the Secret.
pub(crate) struct ResolvedCustomer {
    /// The code for the new username.
    pub(crate) code: Option<Sensitive>,
}
