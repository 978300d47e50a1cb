//! What the policies of a resource, a dry run, or an earlier reconcile change in the conditions of an outcome. No IO.

use crate::api::conditions::{ConditionStatus, ConditionType, EQUAL, NewCondition};
use crate::api::policies::DriftPolicy;
use crate::api::reason::Reason;
use crate::plan::managed::Managed;
use crate::plan::outcome::Outcome;
use crate::plan::state::State;

/// Adds remarks to what `Ready` says of a resource that equals its spec.
pub(crate) fn remark(conditions: &mut [NewCondition], remarks: impl IntoIterator<Item = &'static str>) {
    let ready = conditions.iter_mut().find(|condition| condition.type_ == ConditionType::Ready);
    if let Some(ready) = ready.filter(|ready| ready.message == EQUAL) {
        ready.message = [EQUAL].into_iter().chain(remarks).collect::<Vec<_>>().join("; ");
    }
}

/// Adds the condition by which status keeps that the provider equalled this spec once: later differences are only reported.
/// `was_ready`: status says so already.
pub(crate) fn mark_ready_once(conditions: &mut Vec<NewCondition>, was_ready: bool) {
    let is = |type_| conditions.iter().find(|condition| condition.type_ == type_);
    let is_ready = is(ConditionType::Ready).is_some_and(|ready| ready.status == ConditionStatus::True);
    if (was_ready || is_ready) && is(ConditionType::Drifted).is_none() {
        let message = "the provider equalled this spec; what differs later is only reported";
        conditions.push(NewCondition::new(ConditionType::Drifted, false, Reason::Available, message));
    }
}

/// Leaves out of the conditions of a dry run what only an operator that writes may say: a spec that is not applied is not Ready, although
/// nothing else is to be done, and has not been true once.
pub(crate) fn limit_to_dry_run(conditions: &mut Vec<NewCondition>, resource: &impl Managed) {
    if resource.is_ready_for_generation() {
        return;
    }
    let is_drifted = |condition: &&NewCondition| {
        condition.type_ == ConditionType::Drifted && condition.status == ConditionStatus::True
    };
    if let Some(drifted) = conditions.iter().find(is_drifted).cloned()
        && let Some(ready) = conditions.iter_mut().find(|condition| condition.type_ == ConditionType::Ready)
    {
        // `Drifted` has the message.
        (ready.status, ready.reason) = (ConditionStatus::False, drifted.reason);
    }
    if resource.policies().drift_policy == DriftPolicy::Report && !resource.was_ready_for_generation() {
        // Of such a resource this condition says that the provider equalled the spec once.
        conditions.retain(|condition| condition.type_ != ConditionType::Drifted);
    }
}

/// Keeps the word of a difference that calls did not remove: a failure or a wait says nothing of it, and the next process knows of those
/// calls by this condition only. `told`: what status says of this very spec, see [`Managed::not_converging`].
///
/// [`Managed::not_converging`]: crate::plan::managed::Managed::not_converging
pub(crate) fn keep_not_converging(conditions: &mut [NewCondition], outcome: &Outcome, told: Option<&str>) {
    let is_undecided = match outcome {
        Outcome::Failed { .. } | Outcome::ApiServer { .. } => true,
        // Such a resource has nothing else to be done.
        Outcome::State(State::Waiting { reason, .. }) => *reason != Reason::VerificationRequired,
        Outcome::State(
            State::Available | State::Drifted(_) | State::Gone | State::Stalled { .. } | State::DeletionBlocked { .. },
        )
        | Outcome::Suspended => false,
    };
    let synced = conditions.iter_mut().find(|condition| condition.type_ == ConditionType::Synced);
    if let (true, Some(message), Some(synced)) = (is_undecided, told, synced) {
        *synced = NewCondition::new(ConditionType::Synced, false, Reason::NotConverging, message);
    }
}
