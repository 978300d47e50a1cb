//! The order of one reconcile: what comes next, and what follows from the result of a call. No IO.
//!
//! The operator runs it against the API server and the provider, the tests against models of both. Every
//! order that matters is decided here: a lock before a position is read, a write-ahead before a person is
//! notified, a permit before the last plan, and each step planned from what the step before it left.

use jiff::Timestamp;

use crate::inventory::collection::Need;
use crate::plan::attempts::{Attempts, CallResult};
use crate::plan::resource_plan::{Plan, Record};
use crate::plan::step::{Step, Why};
use crate::provider::answer::Answer;
use crate::provider::failure::{Class, Failure};

/// What comes next.
pub(crate) enum Next<F> {
    /// Read this, without a permit.
    Read(Need),
    /// Take this lock; release the present lock and the permit.
    Lock(String),
    /// Write this to status, and mark these calls as pending.
    WriteAhead {
        /// The known external id.
        external_id: Option<String>,
        /// The facts that must be in status before the first of the calls.
        facts: F,
        /// The keys of the calls.
        keys: Vec<String>,
    },
    /// Wait for the permit of one call.
    AcquirePermit,
    /// Execute this step of this plan, with the permit.
    Execute(Box<Step>, Box<Plan<F>>),
    /// Nothing is left to do.
    Done(Plan<F>),
}

/// How far a reconcile has come.
#[derive(Default)]
pub(crate) struct Sequencer {
    lock: Option<String>,
    has_permit: bool,
}

impl Sequencer {
    /// Decides what comes next from what was planned just now. `known_id` is the external id that is known so far. A call may
    /// be sent if it was written ahead at or after `valid_since`.
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
                // A read takes a permit of its own; a reconcile never waits for one permit while it has another.
                self.has_permit = false;
                return Next::Read(need);
            }
        };
        let Some(step) = plan.steps.first().cloned() else { return Next::Done(plan) };
        if let Some(key) = step.lock.as_ref().filter(|key| self.lock.as_ref() != Some(*key)) {
            (self.lock, self.has_permit) = (Some(key.clone()), false);
            return Next::Lock(key.clone());
        }
        // It is planned once more with the permit in hand: the wait for it may have been long.
        if !std::mem::replace(&mut self.has_permit, true) {
            return Next::AcquirePermit;
        }
        let is_due = |key: &str| !attempts.is_pending_since(key, valid_since);
        let not_written_ahead = step.key.as_deref().filter(|key| step.is_notification() && is_due(key));
        // The result of a create was recognised by its name: its id is written before the name may change.
        let Record { external_id, facts } = plan.record();
        let is_news = external_id.is_some() && external_id.as_deref() != known_id;
        if not_written_ahead.is_some() || (is_news && matches!(step.why, Why::Update(_))) {
            let keys =
                plan.steps.iter().filter(|step| step.is_notification()).filter_map(|step| step.key.clone()).collect();
            return Next::WriteAhead { external_id, facts, keys };
        }
        self.has_permit = false;
        Next::Execute(Box::new(step), Box::new(plan))
    }
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

/// A call failed, or its answer was lost. The reconcile continues where the plan can deal with that.
///
/// # Errors
/// The failure with which the reconcile ends.
pub(crate) fn on_failed(
    step: &Step,
    failure: Failure,
    nonce: Option<&str>,
    attempts: &mut Attempts,
) -> Result<(), Failure> {
    // What is deleted by id and is gone already is done. At a position, something else may have moved up.
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
        (Class::Invalid | Class::Gone | Class::Uncertain, None)
        | (Class::Credential | Class::Retry | Class::Wait, _) => return Err(failure),
    }
    Ok(())
}

/// The id in the answer to a create, if it has one.
pub(crate) fn created_id(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Created(id) => id.as_deref(),
        Answer::CreatedTeam(team) => Some(team.id.as_str()),
        Answer::Account(detail) => detail.as_ref().map(|detail| detail.id.as_str()),
        Answer::Done
        | Answer::Customer(_)
        | Answer::Teams(_)
        | Answer::Members(_)
        | Answer::Invitations(_)
        | Answer::Services(_)
        | Answer::Service(_)
        | Answer::NotListed
        | Answer::Channels(_)
        | Answer::Accounts(_) => None,
    }
}
