//! What is remembered of a resource between reconciles. It may be lost at any time: that costs a read, never a second call. No IO.

pub(crate) mod bound;
pub(crate) mod difference;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::api::annotations::Annotations;
use crate::plan::attempts::difference::{Attempt, TriedDifference, TryResult};
use crate::plan::step::Step;

/// The result of a call that is made at most once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CallResult {
    /// It was accepted.
    Done,
    /// It was surely refused: nothing happened.
    Refused,
    /// The answer was lost.
    Unknown,
}

/// A create whose answer shows an object of another name than was asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
struct OtherName {
    /// The nonce of the create record.
    nonce: String,
    /// The id of the object.
    id: String,
}

/// What is remembered of one resource.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts {
    generation: i64,
    /// The way on which calls were sent last.
    route: Option<u64>,
    /// Since when this generation is known; absent once the resource was Ready at it.
    spec_changed_at: Option<Timestamp>,
    pending: BTreeMap<String, Timestamp>,
    outcomes: BTreeMap<String, CallResult>,
    /// The create whose answer shows an object of another name.
    other_name: Option<OtherName>,
    /// Whether a call to delete the object was not accepted: the provider's list decides whether it is gone.
    deletion_failed: bool,
    /// The calls of this generation, by the difference that they were to remove.
    tried: Vec<Attempt>,
    /// What the last create record of this process counts.
    recorded_creates: u32,
    /// The nonce of a repeated create whose result a read has shown.
    confirmed_create: Option<String>,
    /// The last request for a reconcile that allowed to try again what was refused.
    retried_for: Option<String>,
}

impl Attempts {
    /// Sets the generation of the spec. Another generation restarts the counts, and what was refused may be sent again.
    /// `is_ready_for_generation`: the resource was Ready at it.
    pub(crate) fn on_generation(
        &mut self,
        generation: i64,
        is_ready_for_generation: bool,
        now: Timestamp,
        annotations: &Annotations,
    ) {
        if self.generation != generation {
            self.tried.clear();
            self.forget_refusals(annotations);
            (self.generation, self.spec_changed_at) = (generation, Some(now));
        }
        if is_ready_for_generation {
            self.spec_changed_at = None;
        }
    }

    /// Sets the way on which calls are sent: the endpoints, and the account. What was refused may be sent on another one.
    pub(crate) fn on_route(&mut self, route: u64, annotations: &Annotations) {
        if self.route.replace(route).is_some_and(|before| before != route) {
            self.try_again(annotations, |result| matches!(result, TryResult::Refused(_)));
        }
    }

    /// Since when this process knows the present spec, unless the resource was Ready at it since.
    pub(crate) fn spec_changed_at(&self) -> Option<Timestamp> {
        self.spec_changed_at
    }

    /// Whether there is nothing worth keeping.
    pub(crate) fn is_empty(&self) -> bool {
        self.spec_changed_at.is_none()
            && self.pending.is_empty()
            && self.outcomes.is_empty()
            && self.other_name.is_none()
            && self.tried.is_empty()
            && self.confirmed_create.is_none()
            && !self.deletion_failed
    }

    /// These calls were written ahead to status at `at`: each may be made once.
    pub(crate) fn mark_pending(&mut self, keys: impl IntoIterator<Item = String>, at: Timestamp) {
        self.pending.extend(keys.into_iter().map(|key| (key, at)));
    }

    /// Whether the call was written ahead at or after `since`. A call that is sent long after cannot be found by the time in status.
    pub(crate) fn is_pending_since(&self, key: &str, since: Timestamp) -> bool {
        self.pending.get(key).is_some_and(|at| *at >= since)
    }

    /// Whether this process wrote the call ahead and has not made it yet.
    pub(crate) fn is_pending(&self, key: &str) -> bool {
        self.pending.contains_key(key)
    }

    /// The call was made, with this result.
    pub(crate) fn record_result(&mut self, key: &str, outcome: CallResult) {
        self.pending.remove(key);
        self.outcomes.insert(key.to_owned(), outcome);
    }

    /// The result of the call, if this process made it.
    pub(crate) fn outcome(&self, key: &str) -> Option<CallResult> {
        self.outcomes.get(key).copied()
    }

    /// The answer to the create with this nonce shows this object, with another name than was asked for.
    pub(crate) fn record_other_name(&mut self, nonce: &str, id: &str) {
        self.other_name = Some(OtherName { nonce: nonce.to_owned(), id: id.to_owned() });
    }

    /// A call to delete the object was not accepted.
    pub(crate) fn record_failed_deletion(&mut self) {
        self.deletion_failed = true;
    }

    /// Whether a list decides whether the object is gone, since a call to delete it was not accepted.
    pub(crate) fn has_failed_deletion(&self) -> bool {
        self.deletion_failed
    }

    /// A person asked for a reconcile, by this value: what was refused, or whose answer was lost, may be tried again. Once for each request.
    pub(crate) fn retry(&mut self, request: &str, annotations: &Annotations) {
        if self.retried_for.as_deref() == Some(request) {
            return;
        }
        self.retried_for = Some(request.to_owned());
        self.try_again(annotations, |result| matches!(result, TryResult::Refused(_) | TryResult::Unknown));
    }

    /// What was refused, and the differences with such a result, may be tried again.
    fn try_again(&mut self, annotations: &Annotations, is_tried_again: impl Fn(&TryResult) -> bool) {
        self.forget_refusals(annotations);
        if self.tried.iter().any(|attempt| is_tried_again(&attempt.result) && attempt.is_create()) {
            self.confirmed_create = annotations.intent.as_ref().map(|intent| intent.nonce.clone());
        }
        self.tried.retain(|attempt| !is_tried_again(&attempt.result));
    }

    /// A create that was surely not carried out stays so: what bears its name now was made by somebody else.
    fn forget_refusals(&mut self, annotations: &Annotations) {
        let created = annotations.intent.as_ref().map(|intent| &intent.nonce);
        self.outcomes.retain(|key, outcome| *outcome != CallResult::Refused || Some(key) == created);
    }

    /// Counts a call that was made for the differences of this step, at `at`.
    pub(crate) fn record_try(&mut self, step: &Step, at: Timestamp, result: &TryResult) {
        for difference in TriedDifference::of(step) {
            let tries = self.next_try(&difference);
            self.tried.retain(|attempt| !attempt.difference.is_same(&difference));
            // Most resources have one.
            self.tried.reserve_exact(1);
            self.tried.push(Attempt { difference, tries, last: at, result: result.clone() });
        }
    }

    /// Which try of its difference a step is, from 1; of several differences that of the one that was tried most.
    pub(crate) fn try_of(&self, step: &Step) -> u32 {
        TriedDifference::of(step).iter().map(|difference| self.next_try(difference)).max().unwrap_or(1)
    }

    /// Which try of a difference the next one is, from 1.
    fn next_try(&self, difference: &TriedDifference) -> u32 {
        // The record of a create counts the calls of earlier processes, too.
        let recorded = if matches!(difference, TriedDifference::Missing(_)) { self.recorded_creates } else { 0 };
        self.attempt(difference).map_or(recorded.max(1), |attempt| attempt.tries.saturating_add(1))
    }

    /// The calls for one difference.
    pub(crate) fn attempt(&self, difference: &TriedDifference) -> Option<&Attempt> {
        self.tried.iter().find(|attempt| attempt.difference.is_same(difference))
    }

    /// When after `now` a refused call may be made again, if one was refused. `is_deletion`: the resource is deleted.
    pub(crate) fn retry_at(&self, is_deletion: bool, now: Timestamp) -> Option<Timestamp> {
        let refused = self.tried.iter().filter(|attempt| matches!(attempt.result, TryResult::Refused(_)));
        refused.filter_map(|attempt| attempt.next_at(is_deletion)).filter(|at| *at > now).min()
    }

    /// Lists must be read after this time to show whether a repeated write took effect.
    pub(crate) fn reread_after(&self, now: Timestamp, lag: SignedDuration) -> Option<Timestamp> {
        let repeated = self.tried.iter().filter(|attempt| attempt.tries > 1);
        repeated.map(|attempt| attempt.last.saturating_add(lag).unwrap_or(now)).filter(|due| *due <= now).max()
    }

    fn is_refused(&self, key: &str) -> bool {
        self.outcome(key) == Some(CallResult::Refused)
    }
}
