//! The approval: which calls wait until a person has approved them, by the hash of all of them. No IO.
//!
//! An approval is for a set of calls. It is taken when the hash of what is to be done now is given, by the annotation of the resource or
//! in the list of its config, and is then recorded in status: each of its calls, and no other, may be made until a plan shows that it is
//! done. A hash that was taken approves nothing again, as long as it is given: for the same calls another hash is asked for.

pub(crate) mod effect;
pub(crate) mod given;
#[cfg(test)]
mod tests;
pub(crate) mod told;

use std::collections::BTreeSet;

use crate::api::approval::{ApprovedPlan, LONGEST_CALL, MOST_APPROVED, MOST_LISTED, MOST_USED, PendingPlan};
use crate::api::reason::Reason;
use crate::plan::approval::effect::{ApprovalSubject, line, plan_hash, print_of};
use crate::plan::approval::given::Given;
use crate::plan::approval::told::Approval;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::{Step, Why};
use crate::plan::words::words;

/// What decides whether a call is approved, where the config asks for that.
#[derive(Clone, Copy)]
pub(crate) struct ApprovalInputs<'a> {
    /// The resource.
    pub(crate) subject: ApprovalSubject<'a>,
    /// The hashes that approve.
    pub(crate) given: Given<'a>,
    /// `status.approvedPlan`.
    pub(crate) recorded: Option<&'a ApprovedPlan>,
}

/// Takes out of a plan what waits for an approval, and reports that instead. Every other call goes on.
#[must_use]
pub(crate) fn hold_unapproved<F>(plan: Plan<F>, inputs: &ApprovalInputs) -> Plan<F> {
    let ApprovalInputs { subject, given, recorded } = *inputs;
    let recorded = recorded.map(|recorded| Box::new(without_done(&plan, &subject, &given.remembered(recorded))));
    let lines = lines_of(&plan.steps, &subject);
    let open = recorded.as_ref().filter(|recorded| given.has(&recorded.hash));
    let is_open = |line: &str| open.is_some_and(|recorded| recorded.open.contains(&print_of(line)));
    if lines.iter().all(|line| is_open(line)) {
        return Plan { approval: Approval { approved: recorded, ..Approval::default() }, ..plan };
    }
    let hash = asked_hash(&subject, &lines, recorded.as_deref());
    // What follows within seconds belongs to the same decision.
    let used = recorded.as_deref().map(|recorded| given.used_with(recorded)).unwrap_or_default();
    if given.has(&hash) && used.len() <= MOST_USED && !plan.is_settling {
        let open = lines.iter().map(|line| print_of(line)).collect::<BTreeSet<_>>().into_iter().collect();
        let approved = Some(Box::new(ApprovedPlan { hash, open, used }));
        let plan = limited(plan, &subject, |line| lines.contains(line));
        return Plan { approval: Approval { approved, is_taken_now: true, pending: None }, ..plan };
    }
    let calls = sentences(&plan.steps, &subject);
    let is_settling = plan.is_settling;
    let state = if is_settling { plan.state.clone() } else { held_state(&plan.state, &hash, lines.len(), &subject) };
    let until = plan.state.until().filter(|_| !subject.is_deleted);
    let again = [plan.again, until].into_iter().flatten().min();
    let pending = (!is_settling).then(|| Box::new(PendingPlan { hash, calls }));
    let approval = Approval { pending, approved: recorded.clone(), is_taken_now: false };
    Plan { state, again, approval, ..limited(plan, &subject, |line| is_open(line)) }
}

/// The plan without the steps that need an approval, but those that have it.
fn limited<F>(plan: Plan<F>, subject: &ApprovalSubject, is_approved: impl Fn(&str) -> bool) -> Plan<F> {
    let is_free = |step: &Step| line(step, subject).is_none_or(|line| is_approved(&line));
    let kept = plan.steps.iter().filter(|step| is_free(step)).cloned().collect();
    plan.limited_to(kept)
}

/// The calls that need an approval, as it names them; of more than one approval can name, the first.
pub(crate) fn lines_of(steps: &[Step], subject: &ApprovalSubject) -> BTreeSet<String> {
    let all: BTreeSet<_> = steps.iter().filter_map(|step| line(step, subject)).collect();
    all.into_iter().take(MOST_APPROVED).collect()
}

/// The hash that approves these calls. One that was taken already is used up: then it is another one.
fn asked_hash(subject: &ApprovalSubject, lines: &BTreeSet<String>, recorded: Option<&ApprovedPlan>) -> String {
    let is_used =
        |hash: &str| recorded.is_some_and(|recorded| recorded.hash == hash || recorded.used.contains(&print_of(hash)));
    let mut hash = plan_hash(subject, lines, None);
    while is_used(&hash) {
        hash = plan_hash(subject, lines, Some(&hash));
    }
    hash
}

/// An approval without what a plan shows to be done. While something is awaited, such as a list that shows what came of a lost answer,
/// a call that is missing in the plan may come back.
fn without_done<F>(plan: &Plan<F>, subject: &ApprovalSubject, recorded: &ApprovedPlan) -> ApprovedPlan {
    let is_awaited = match &plan.state {
        State::Waiting { .. } => true,
        State::Available | State::Drifted(_) | State::Stalled { .. } | State::DeletionBlocked { .. } | State::Gone => {
            plan.is_partial
        }
    };
    // What follows a create is planned once the object is there.
    if is_awaited || plan.steps.iter().any(|step| matches!(step.why, Why::Create(_))) {
        return recorded.clone();
    }
    let left: BTreeSet<_> =
        plan.steps.iter().filter_map(|step| line(step, subject)).map(|line| print_of(&line)).collect();
    let open = recorded.open.iter().filter(|print| left.contains(*print)).cloned().collect();
    ApprovedPlan { open, ..recorded.clone() }
}

/// The calls that need an approval, in words.
fn sentences(steps: &[Step], subject: &ApprovalSubject) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let gated = steps.iter().filter(|step| line(step, subject).is_some());
    let mut calls: Vec<String> = gated
        .map(|step| words(step, subject.key, subject.is_deleted).chars().take(LONGEST_CALL).collect::<String>())
        .filter(|sentence| seen.insert(sentence.clone()))
        .collect();
    let more = calls.len().saturating_sub(MOST_LISTED);
    calls.truncate(MOST_LISTED);
    calls.extend((more > 0).then(|| format!("and {more} more")));
    calls
}

/// The state of a resource whose calls wait for an approval, instead of the planned one.
fn held_state(planned: &State, hash: &str, count: usize, subject: &ApprovalSubject) -> State {
    let calls = if count == 1 { "1 call waits" } else { &format!("{count} calls wait") };
    let message = format!(
        "{calls} for an approval, see `status.pendingPlan`: to approve, set the annotation ping-operator.dev/approved-plan to '{hash}'"
    );
    match planned {
        State::DeletionBlocked { reason, message: planned } => {
            State::deletion_blocked(*reason, format!("{planned}; {message}"))
        }
        // The next process knows by this reason what calls did not change; it may have read both sentences there.
        State::Stalled { reason, message: planned } if *reason == Reason::NotConverging => {
            let both = if planned.contains(&message) { planned.clone() } else { format!("{planned}; {message}") };
            State::stalled(*reason, both)
        }
        State::Stalled { reason: _, message: planned } => {
            State::stalled(Reason::ApprovalRequired, format!("{message}; {planned}"))
        }
        State::Drifted(drift) => State::stalled(Reason::ApprovalRequired, format!("{message}; {}", drift.message())),
        State::Available | State::Waiting { .. } | State::Gone if subject.is_deleted => {
            State::deletion_blocked(Reason::ApprovalRequired, message)
        }
        State::Available | State::Waiting { .. } | State::Gone => State::stalled(Reason::ApprovalRequired, message),
    }
}
