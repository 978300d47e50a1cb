//! Another username: one PUT after which Pinghome mails a code, then the code, once. No IO.

pub(crate) mod reported;

use jiff::Timestamp;

use crate::api::customer::{Customer, CustomerFacts as Facts, UsernameCall};
use crate::api::reason::Reason;
use crate::inventory::collection::Need;
use crate::plan::attempts::CallResult;
use crate::plan::attempts::difference::{TriedDifference, TryResult};
use crate::plan::context::PlanContext;
use crate::plan::kinds::customer::username::reported::{
    code_changed, not_shown_yet, refused, shown_otherwise, unverifiable,
};
use crate::plan::managed::Managed;
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
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn username(
        &self,
        own: &ObservedCustomer,
        resolved: &ResolvedCustomer,
        context: &PlanContext,
        plan: &mut CustomerPlan,
    ) -> Result<(), Need> {
        let Some(wanted) = &self.spec.username else {
            forget(&mut plan.facts);
            return Ok(());
        };
        let seen = own.email.as_deref().unwrap_or_default();
        let planner = UsernamePlanner { wanted, seen, own, resolved, context };
        // A further request of this generation is counted, although no read shows one.
        plan.is_partial = context.attempts.attempt(&TriedDifference::sent(&planner.request_key())).is_some();
        if let Some(at) = planner.accepted_at(&plan.facts) {
            return planner.await_change(at, self.recorded_facts().username, plan);
        }
        if planner.is_shown() {
            return planner.settle(plan);
        }
        plan.facts.username_shown_time = None;
        if self.spec.username_verification.is_none() {
            plan.state = unverifiable(wanted, seen);
        } else {
            plan.again = context.next_code_check();
            if !planner.request(plan) {
                planner.confirm(plan);
            }
        }
        Ok(())
    }
}

/// The change is done, or is not wanted any more.
fn forget(facts: &mut Facts) {
    let Facts { username, name, surname, .. } = std::mem::take(facts);
    *facts = Facts { username, name, surname, ..Facts::default() };
}

/// What is known while another username is planned.
struct UsernamePlanner<'a> {
    /// The username that the spec asks for.
    wanted: &'a str,
    /// The username that Pinghome shows, or that was confirmed a moment ago.
    seen: &'a str,
    own: &'a ObservedCustomer,
    resolved: &'a ResolvedCustomer,
    context: &'a PlanContext<'a>,
}

impl UsernamePlanner<'_> {
    fn is_shown(&self) -> bool {
        email_key(self.wanted) == email_key(self.seen)
    }

    fn is_requested(&self, facts: &Facts) -> bool {
        facts.pending_username.as_deref().map(email_key) == Some(email_key(self.wanted))
    }

    fn request_key(&self) -> String {
        format!("username/{}/{}", self.own.id, email_key(self.wanted))
    }

    fn code_key(&self, print: &str) -> String {
        format!("code/{}/{print}", email_key(self.wanted))
    }

    /// The fingerprint of the code that is in the Secret. It is the same for each username: a code for another one is known.
    fn code_print(&self) -> Option<String> {
        self.resolved.code.as_ref().map(|code| fingerprint(self.own.id.as_str(), code.expose()))
    }

    /// Asks for the change; returns whether that is still to be done, or was refused.
    fn request(&self, plan: &mut CustomerPlan) -> bool {
        let Self { wanted, seen, own: _, resolved: _, context } = self;
        let key = self.request_key();
        let outcome = context.attempts.outcome(&key);
        let attempt = context.attempts.attempt(&TriedDifference::sent(&key));
        if attempt.is_some_and(|attempt| matches!(attempt.result, TryResult::Refused(_))) {
            plan.facts.pending_username = None;
        }
        if outcome == Some(CallResult::Refused) {
            plan.facts.pending_username = None;
            plan.state = refused(wanted);
            return true;
        }
        if context.is_done(self.is_requested(&plan.facts), &key) {
            let is_open = |call: &UsernameCall| *call == UsernameCall::Code || outcome != Some(CallResult::Done);
            plan.facts.unconfirmed = plan.facts.unconfirmed.filter(is_open);
            return false;
        }
        let (pending, in_secret) = ((*wanted).to_owned(), self.code_print());
        let is_same_code = in_secret.is_none() || in_secret == plan.facts.previous_code;
        if !is_same_code && context.attempts.is_pending_since(&key, context.write_ahead_valid_since()) {
            // The code in the Secret is another one than when the call was written ahead, which is done anew.
            plan.state = State::waiting(Reason::Progressing, code_changed(wanted), plan.again);
            return true;
        }
        plan.recording(Some(&key), move |record| {
            let Facts { submitted_code, previous_code, .. } = record.facts.clone();
            forget(&mut record.facts);
            // What is in the Secret now was not mailed for this request.
            record.facts.previous_code = in_secret.clone().or(submitted_code).or(previous_code);
            (record.facts.pending_username, record.facts.unconfirmed) =
                (Some(pending.clone()), Some(UsernameCall::Request));
        });
        let change = Change::of("username", seen, wanted);
        plan.steps.push(Step::notify(PinghomeCall::ChangeUsername { email: Sensitive::new(*wanted) }, key, change));
        true
    }

    /// Submits the code, once for each code. A code that was in the Secret before the request is not submitted.
    fn confirm(&self, plan: &mut CustomerPlan) {
        let (Some(code), Some(print)) = (self.resolved.code.clone(), self.code_print()) else { return };
        if plan.facts.previous_code.as_ref() == Some(&print) {
            return;
        }
        let key = self.code_key(&print);
        if self.context.is_done(plan.facts.submitted_code.as_ref() == Some(&print), &key) {
            let is_answered =
                matches!(self.context.attempts.outcome(&key), Some(CallResult::Done | CallResult::Refused));
            let is_open = |call: &UsernameCall| *call == UsernameCall::Request || !is_answered;
            plan.facts.unconfirmed = plan.facts.unconfirmed.filter(is_open);
            return;
        }
        plan.recording(Some(&key), move |record| {
            let before = record.facts.submitted_code.replace(print.clone());
            record.facts.unconfirmed = match record.facts.unconfirmed {
                None => Some(UsernameCall::Code),
                // The code before may have ended the request.
                Some(_) if before.as_ref() != Some(&print) => Some(UsernameCall::Request),
                same => same,
            };
        });
        let call = PinghomeCall::ConfirmUsername { code, email: self.wanted.to_owned() };
        plan.steps.push(Step::notify(call, key, Change::of("usernameVerification", "(not verified)", "(a code)")));
    }

    /// Pinghome shows the username. What was asked for is forgotten once it was shown for the read lag: an older read may follow, and
    /// must not lead to another request.
    ///
    /// # Errors
    /// A read that must come first.
    fn settle(&self, plan: &mut CustomerPlan) -> Result<(), Need> {
        let context = self.context;
        if self.is_requested(&plan.facts) {
            let since = *plan.facts.username_shown_time.get_or_insert(context.as_of);
            let until = since.saturating_add(context.read_lag).unwrap_or(since);
            if context.as_of < until {
                plan.again = Some(until);
                return Ok(());
            }
            context.inventory.customer(until)?;
        }
        forget(&mut plan.facts);
        Ok(())
    }

    /// When Pinghome accepted the code for this username, if it did.
    fn accepted_at(&self, facts: &Facts) -> Option<Timestamp> {
        let print = facts.submitted_code.as_deref().filter(|_| self.is_requested(facts))?;
        let attempt = self.context.attempts.attempt(&TriedDifference::sent(&self.code_key(print)));
        let accepted = attempt.filter(|attempt| attempt.result == TryResult::Done).map(|attempt| attempt.last);
        accepted.or(facts.code_accepted_time)
    }

    /// The code was accepted: reads show whether the username is the wanted one now. Nothing further is sent for it.
    fn await_change(&self, at: Timestamp, before: Option<String>, plan: &mut CustomerPlan) -> Result<(), Need> {
        let Self { wanted, seen, own: _, resolved: _, context } = self;
        context.inventory.customer(at)?;
        let until = at.saturating_add(context.read_lag).unwrap_or(at);
        if context.as_of >= until {
            context.inventory.customer(until)?;
        }
        let is_over = context.as_of >= until;
        plan.facts.code_accepted_time = Some(at);
        if self.is_shown() && (is_over || context.inventory.has_seen(at)) {
            return self.settle(plan);
        }
        plan.facts.username_shown_time = None;
        if self.is_shown() {
            // It is what was sent, and no read shows it yet.
            plan.facts.username = before;
        }
        plan.state = if is_over {
            State::stalled(Reason::NotConverging, shown_otherwise(wanted, seen))
        } else {
            State::waiting(Reason::WriteNotVisible, not_shown_yet(wanted), Some(until))
        };
        Ok(())
    }
}

/// The plan of a customer.
pub(crate) type CustomerPlan = Plan<Facts>;

/// A profile as wanted, the code filled in if it is in the Secret.
pub(crate) struct ResolvedCustomer {
    /// The code for the new username.
    pub(crate) code: Option<Sensitive>,
}
