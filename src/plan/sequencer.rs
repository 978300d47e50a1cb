//! The course of one visit: what comes next, as a value, and what is concluded from a call. No IO.
//!
//! The operator walks it with the API server and the provider, tests with models of both. Every
//! order that matters is decided here: a lock before a position is read, a record before a person
//! is reached, a turn before a last look, and a step planned from what the last one left.

use jiff::Timestamp;

use crate::inventory::collection::Need;
use crate::plan::attempts::{Attempts, CallResult};
use crate::plan::resource_plan::Plan;
use crate::plan::step::{Step, Why};
use crate::provider::answer::Answer;
use crate::provider::failure::{Class, Failure};

/// What comes next.
pub(crate) enum Next<F> {
    /// Read this, holding no turn.
    Read(Need),
    /// Take this lock, giving up the one that is held, and the turn.
    Lock(String),
    /// Write this to status, and remember that these calls may be made.
    WriteAhead {
        /// The external object that is known.
        external_id: Option<String>,
        /// What must be known before the first of them.
        facts: F,
        /// The calls.
        keys: Vec<String>,
    },
    /// Wait for the turn of one call.
    AcquirePermit,
    /// Take this step with the turn: reserve, prepare, send. The plan is what it is part of.
    Execute(Box<Step>, Box<Plan<F>>),
    /// Nothing is left to do.
    Done(Plan<F>),
}

/// How far a visit has come.
#[derive(Default)]
pub(crate) struct Sequencer {
    lock: Option<String>,
    has_permit: bool,
}

impl Sequencer {
    /// Decides what comes next from what was planned just now; `recorded` is the external object that is known so far,
    /// `since` how long ago a call may have been recorded that is sent now.
    pub(crate) fn next<F: Clone>(
        &mut self,
        planned: Result<Plan<F>, Need>,
        attempts: &Attempts,
        known_id: Option<&str>,
        valid_since: Timestamp,
    ) -> Next<F> {
        let plan = match planned {
            Ok(plan) => plan,
            Err(need) => {
                // A read takes a turn of its own; nobody waits for one while holding another.
                self.has_permit = false;
                return Next::Read(need);
            }
        };
        let Some(step) = plan.steps.first().cloned() else { return Next::Done(plan) };
        if let Some(key) = step.lock.as_ref().filter(|key| self.lock.as_ref() != Some(*key)) {
            (self.lock, self.has_permit) = (Some(key.clone()), false);
            return Next::Lock(key.clone());
        }
        // Planned once more with the turn in hand: waiting for it may have taken long.
        if !std::mem::replace(&mut self.has_permit, true) {
            return Next::AcquirePermit;
        }
        let is_due = |key: &str| !attempts.is_pending_since(key, valid_since);
        let unrecorded = step.key.as_deref().filter(|key| is_notification(&step) && is_due(key));
        // What a create turned out to be is recognised by its name: it is written down before that may change.
        let is_news = plan.external_id.is_some() && plan.external_id.as_deref() != known_id;
        if unrecorded.is_some() || (is_news && matches!(step.why, Why::Update(_))) {
            let keys =
                plan.steps.iter().filter(|step| is_notification(step)).filter_map(|step| step.key.clone()).collect();
            return Next::WriteAhead { external_id: plan.external_id, facts: plan.facts, keys };
        }
        self.has_permit = false;
        Next::Execute(Box::new(step), Box::new(plan))
    }
}

fn is_notification(step: &Step) -> bool {
    matches!(step.why, Why::Notify(_))
}

/// A call was accepted.
pub(crate) fn on_accepted(step: &Step, at: Timestamp, attempts: &mut Attempts) {
    if let Some(key) = &step.key {
        attempts.record_result(key, CallResult::Done);
    }
    if let Why::Update(changes) = &step.why {
        attempts.record_write(changes, at);
    }
}

/// A call failed, or its answer is lost. Where the plan knows what to make of that, it goes on.
///
/// # Errors
/// The failure with which the visit ends.
pub(crate) fn on_failed(
    step: &Step,
    failure: Failure,
    nonce: Option<&str>,
    attempts: &mut Attempts,
) -> Result<(), Failure> {
    // Deleting by id what is gone is done; at a position, something else may have moved.
    if failure.class == Class::Gone && step.why == Why::Delete && step.lock.is_none() {
        if let Some(key) = &step.key {
            attempts.record_result(key, CallResult::Done);
        }
        return Ok(());
    }
    // A create that surely did not happen leaves nothing to resolve.
    if let Some(nonce) = nonce.filter(|_| matches!(step.why, Why::Create(_)) && failure.class != Class::Uncertain) {
        attempts.record_result(nonce, CallResult::Refused);
    }
    match (failure.class, &step.key) {
        (Class::Invalid | Class::Gone, Some(key)) => attempts.record_result(key, CallResult::Refused),
        (Class::Uncertain, Some(key)) => attempts.record_result(key, CallResult::Unknown),
        _ => return Err(failure),
    }
    Ok(())
}

/// The id that a create's answer tells, if it does.
pub(crate) fn created_id(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Created(id) => id.as_deref(),
        Answer::CreatedTeam(team) => Some(team.id.as_str()),
        Answer::Account(detail) => detail.as_ref().map(|detail| detail.id.as_str()),
        _ => None,
    }
}
