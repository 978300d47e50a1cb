//! The order of one reconcile: what comes next, and what follows from the result of a call. No IO.
//!
//! The operator runs it against the API server and the provider, the tests against models of both. Every
//! order that matters is decided here: a lock before a position is read, a permit before the last plan, the deletion guard's word
//! before a write-ahead, a write-ahead before a person is notified or taken out, and each step planned from what the step before it left.

use jiff::Timestamp;

use crate::api::annotations::Intent;
use crate::api::approval::ApprovedPlan;
use crate::inventory::collection::Need;
use crate::plan::attempts::difference::TryResult;
use crate::plan::attempts::{Attempts, CallResult};
use crate::plan::resource_plan::{Plan, Record};
use crate::plan::step::{Step, Why};
use crate::provider::answer::Answer;
use crate::provider::failure::{Class, Failure};

/// The most steps of one reconcile, reads and permits included: more than any resource needs.
pub(crate) const MAX_STEPS: usize = 1000;
/// What to report of a reconcile that reaches [`MAX_STEPS`].
pub(crate) const TOO_MANY_STEPS: &str =
    "the reconcile took more steps than any resource needs, and its plan is not empty; it is tried again later";

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
        /// The facts that must be in status before the first of the calls; absent: what is there stays.
        facts: Option<F>,
        /// The approval that the calls use.
        approved: Option<Box<ApprovedPlan>>,
        /// The keys of the calls.
        keys: Vec<String>,
    },
    /// Wait for the permit of one call.
    AcquirePermit,
    /// Reserve this step at the deletion guard.
    Reserve(Box<Step>),
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
    /// Under which mark the next step is reserved.
    reserved: Option<String>,
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
                (self.has_permit, self.reserved) = (false, None);
                return Next::Read(need);
            }
        };
        let Some(step) = plan.steps.first().cloned() else { return Next::Done(plan) };
        if let Some(key) = step.lock.as_ref().filter(|key| self.lock.as_ref() != Some(*key)) {
            (self.lock, self.has_permit, self.reserved) = (Some(key.clone()), false, None);
            return Next::Lock(key.clone());
        }
        // It is planned once more with the permit in hand: the wait for it may have been long.
        if !std::mem::replace(&mut self.has_permit, true) {
            self.reserved = None;
            return Next::AcquirePermit;
        }
        // What the guard holds is not written ahead.
        if step.guard.is_some() && self.reserved != step.guard {
            self.reserved.clone_from(&step.guard);
            return Next::Reserve(Box::new(step));
        }
        if let Some(written_ahead) = written_ahead(&plan, &step, attempts, known_id, valid_since) {
            return written_ahead;
        }
        (self.has_permit, self.reserved) = (false, None);
        Next::Execute(Box::new(step), Box::new(plan))
    }
}

/// What must be in status before a step is sent, if that is not there yet.
fn written_ahead<F: Clone>(
    plan: &Plan<F>,
    step: &Step,
    attempts: &Attempts,
    known_id: Option<&str>,
    valid_since: Timestamp,
) -> Option<Next<F>> {
    let is_due = |key: &str| !attempts.is_pending_since(key, valid_since);
    let not_written_ahead = step.key.as_deref().filter(|key| step.is_written_ahead() && is_due(key));
    // The result of a create was recognised by its name: its id is written before the name may change, or the object go.
    let Record { external_id, facts } = plan.record();
    let is_news = plan.is_recorded_first || (external_id.is_some() && external_id.as_deref() != known_id);
    let is_written_first = is_news && matches!(step.why, Why::Update(_) | Why::Delete);
    if not_written_ahead.is_some() || is_written_first {
        let written_ahead = plan.steps.iter().filter(|step| step.is_written_ahead());
        let keys = written_ahead.filter_map(|step| step.key.clone()).collect();
        let approved = plan.approval.approved.clone();
        return Some(Next::WriteAhead { external_id, facts: Some(facts), approved, keys });
    }
    let approved = plan.approval.approved.clone();
    plan.approval.is_taken_now.then(|| Next::WriteAhead { external_id: None, facts: None, approved, keys: Vec::new() })
}

/// Whether a step may be sent after its write-ahead, or the write-ahead took so long that its result would be judged too early. `record`: the
/// create record; what was written ahead must be so at or after `valid_since`.
pub(crate) fn may_be_sent(step: &Step, record: Option<&Intent>, attempts: &Attempts, valid_since: Timestamp) -> bool {
    let is_recorded = step.recorded_at.is_none_or(|at| at >= valid_since);
    match &step.why {
        Why::Create(_) => record.is_some_and(|record| record.time >= valid_since),
        Why::Notify(_) | Why::Update(_) | Why::Delete if step.is_written_ahead() => {
            step.key.as_deref().is_none_or(|key| attempts.is_pending_since(key, valid_since))
        }
        Why::Notify(_) | Why::Update(_) | Why::Delete => is_recorded,
    }
}

/// A call was accepted, with this answer. `nonce`: that of the create record.
pub(crate) fn on_accepted(step: &Step, answer: &Answer, at: Timestamp, nonce: Option<&str>, attempts: &mut Attempts) {
    if let (Answer::CreatedOtherwise(id), Some(nonce)) = (answer, nonce) {
        attempts.record_other_name(nonce, id);
    }
    if let Some(key) = &step.key {
        attempts.record_result(key, CallResult::Done);
    }
    attempts.record_try(step, at, &TryResult::Done);
}

/// A call failed, or its answer was lost, at `at`. The reconcile continues where the plan can deal with that; returns
/// what came of the call.
///
/// # Errors
/// The failure with which the reconcile ends.
pub(crate) fn on_failed(
    step: &Step,
    failure: Failure,
    at: Timestamp,
    nonce: Option<&str>,
    attempts: &mut Attempts,
) -> Result<CallResult, Failure> {
    let failure = if step.why == Why::Delete { failure.of_deletion(step.call.operation()) } else { failure };
    match failure.class {
        Class::Invalid | Class::Denied | Class::Gone => {
            attempts.record_try(step, at, &TryResult::Refused(failure.clone()));
        }
        Class::Uncertain => attempts.record_try(step, at, &TryResult::Unknown),
        // It was surely not carried out, or it may be repeated: an outage is no difference that calls cannot remove.
        Class::Credential | Class::Retry | Class::Wait => {}
    }
    if step.why == Why::Delete {
        attempts.record_failed_deletion();
    }
    // A create that surely did not happen leaves nothing to resolve.
    if let Some(nonce) = nonce.filter(|_| matches!(step.why, Why::Create(_)) && failure.class != Class::Uncertain) {
        attempts.record_result(nonce, CallResult::Refused);
    }
    let (result, key) = match (failure.class, &step.key) {
        // Whether the object is there, lists decide that are read from now on: see `Inventory::record_failed`.
        (Class::Gone, _) if !step.call.is_once() => return Err(failure),
        // It may be allowed later. Until then the bound holds it, and others are notified.
        (Class::Denied, Some(_)) if step.is_notification() => return Ok(CallResult::Refused),
        (Class::Invalid | Class::Gone, Some(key)) => (CallResult::Refused, key),
        (Class::Uncertain, Some(key)) => (CallResult::Unknown, key),
        (Class::Invalid | Class::Gone | Class::Uncertain, None)
        | (Class::Credential | Class::Denied | Class::Retry | Class::Wait, _) => return Err(failure),
    };
    attempts.record_result(key, result);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::api::annotations::CreateTries;
    use crate::inventory::collection::Collection;
    use crate::plan::approval::told::Approval;
    use crate::plan::state::State;
    use crate::plan::step::{Change, Creation};
    use crate::provider::model::ids::{AccountId, TeamId};
    use crate::provider::nodeping::call::NodePingCall;
    use crate::provider::pinghome::call::PinghomeCall;

    #[test]
    fn a_deletion_that_found_nothing_is_not_done_and_a_refused_one_is_told() {
        let (mut attempts, at) = (Attempts::default(), Timestamp::UNIX_EPOCH);
        let team = Step::new(PinghomeCall::DeleteTeam { team: TeamId::parse("t1").unwrap() }, Why::Delete);
        let gone = || Failure::new(Class::Gone, "x");
        assert!(on_failed(&team, gone(), at, None, &mut attempts).is_err() && attempts.has_failed_deletion());
        let account = NodePingCall::DeleteAccount { account: AccountId::parse("A1").unwrap() };
        let account = Step::new(account, Why::Delete).remembered("deletion");
        assert!(on_failed(&account, gone(), at, None, &mut attempts).is_err());
        assert_eq!(attempts.outcome("deletion"), None);
        assert!(on_failed(&account, Failure::new(Class::Invalid, "x"), at, None, &mut attempts).is_ok());
        assert_eq!(attempts.outcome("deletion"), Some(CallResult::Refused));
    }

    #[test]
    fn a_call_is_not_sent_when_its_write_ahead_took_too_long() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let team = TeamId::parse("t1").unwrap();
        let creation = Creation { ids: BTreeSet::new(), name: "a".to_owned(), team: None };
        let tries = CreateTries { generation: 1, count: 1 };
        let record = creation.record("n".to_owned(), at(10), tries, None);
        let create = Step::new(PinghomeCall::DeleteTeam { team: team.clone() }, Why::Create(creation));
        let mut attempts = Attempts::default();
        assert!(may_be_sent(&create, Some(&record), &attempts, at(10)));
        assert!(!may_be_sent(&create, Some(&record), &attempts, at(11)));
        assert!(!may_be_sent(&create, None, &attempts, at(0)));
        let change = Change { field: "a", old: String::new(), new: String::new() };
        let notify = Step::notify(PinghomeCall::DeleteTeam { team }, "k".to_owned(), change);
        assert!(!may_be_sent(&notify, None, &attempts, at(0)));
        attempts.mark_pending(["k".to_owned()], at(10));
        assert!(may_be_sent(&notify, None, &attempts, at(10)) && !may_be_sent(&notify, None, &attempts, at(11)));
        let removal = Step::update(notify.call, Vec::new()).recorded_at(Some(at(10)));
        assert!(may_be_sent(&removal, None, &attempts, at(10)) && !may_be_sent(&removal, None, &attempts, at(11)));
    }

    #[test]
    fn what_the_guard_has_not_admitted_is_not_written_ahead_and_a_wait_ends_its_reservation() {
        let team = TeamId::parse("t1").unwrap();
        let step = |mark: &str| Step::update(PinghomeCall::DeleteTeam { team: team.clone() }, Vec::new()).counted(mark);
        let planned = |is_recorded_first, mark| {
            let known = Plan::known("t1", (), State::Available);
            Ok(Plan { steps: vec![step(mark)], is_recorded_first, ..known })
        };
        let (mut sequencer, attempts) = (Sequencer::default(), Attempts::default());
        let mut next = |planned| match sequencer.next(planned, &attempts, Some("t1"), Timestamp::UNIX_EPOCH) {
            Next::Read(_) => "read".to_owned(),
            Next::Lock(_) => "lock".to_owned(),
            Next::WriteAhead { .. } => "write ahead".to_owned(),
            Next::AcquirePermit => "permit".to_owned(),
            Next::Reserve(step) => format!("reserve {}", step.guard.unwrap_or_default()),
            Next::Execute(..) => "execute".to_owned(),
            Next::Done(_) => "done".to_owned(),
        };
        let need = || Err(Need { collection: Collection::Teams, not_before: Timestamp::UNIX_EPOCH });
        assert_eq!([next(planned(true, "a")), next(planned(true, "a"))], ["permit", "reserve a"]);
        assert_eq!([next(need()), next(planned(true, "a"))], ["read", "permit"]);
        assert_eq!([next(planned(true, "a")), next(planned(true, "a"))], ["reserve a", "write ahead"]);
        assert_eq!([next(planned(false, "a")), next(planned(false, "a"))], ["execute", "permit"]);
        assert_eq!([next(planned(false, "b")), next(planned(false, "b"))], ["reserve b", "execute"]);
    }

    #[test]
    fn an_approval_is_recorded_before_the_first_call_and_what_status_says_besides_stays() {
        let call = PinghomeCall::DeleteTeam { team: TeamId::parse("t1").unwrap() };
        let approved = ApprovedPlan { hash: "a".to_owned(), open: vec!["b".to_owned()], used: Vec::new() };
        let approval = Approval { approved: Some(Box::new(approved)), is_taken_now: true, pending: None };
        let plan = Plan::<u8> { approval, ..Plan::delete(call, None) };
        let (mut sequencer, attempts, at) = (Sequencer::default(), Attempts::default(), Timestamp::UNIX_EPOCH);
        let mut next = |plan: Plan<u8>| sequencer.next(Ok(plan), &attempts, Some("t1"), at);
        assert!(matches!(next(plan.clone()), Next::AcquirePermit));
        assert!(matches!(next(plan.clone()), Next::Reserve(_)));
        assert!(matches!(
            next(plan.clone()),
            Next::WriteAhead { facts: None, external_id: None, approved: Some(_), .. }
        ));
        let recorded = Approval { is_taken_now: false, ..plan.approval.clone() };
        assert!(matches!(next(Plan { approval: recorded, ..plan }), Next::Execute(..)));
    }
}
