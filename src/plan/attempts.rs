//! What is remembered of a resource between reconciles. It may be lost at any time: that costs a read, never a second call. No IO.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::api::reason::Reason;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::{Change, Why};

/// After so many writes of one difference without a lasting effect nothing is written any more.
const MAX_WRITES: u32 = 3;

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

/// A difference that was written.
#[derive(Clone, Debug)]
struct Attempt {
    change: Change,
    writes: u32,
    last: Timestamp,
}

/// What is remembered of one resource.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts {
    generation: i64,
    /// Since when this generation is known; absent once the resource was Ready at it.
    spec_changed_at: Option<Timestamp>,
    pending: BTreeMap<String, Timestamp>,
    outcomes: BTreeMap<String, CallResult>,
    written: Vec<Attempt>,
}

impl Attempts {
    /// Sets the generation of the spec. Another generation restarts the counts. `is_ready_for_generation`: the resource was Ready at it.
    pub(crate) fn on_generation(&mut self, generation: i64, is_ready_for_generation: bool, now: Timestamp) {
        if self.generation != generation {
            self.written.clear();
            (self.generation, self.spec_changed_at) = (generation, Some(now));
        }
        if is_ready_for_generation {
            self.spec_changed_at = None;
        }
    }

    /// Since when this process knows the present spec, unless the resource was Ready at it since.
    pub(crate) fn spec_changed_at(&self) -> Option<Timestamp> {
        self.spec_changed_at
    }

    /// Whether there is nothing worth keeping.
    pub(crate) fn is_empty(&self) -> bool {
        self.spec_changed_at.is_none() && self.pending.is_empty() && self.outcomes.is_empty() && self.written.is_empty()
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

    /// Forgets refusals, since a person asked for a reconcile: what was refused may be tried again.
    pub(crate) fn retry_refused(&mut self) {
        self.outcomes.retain(|_, outcome| *outcome != CallResult::Refused);
    }

    /// Counts a write of these differences at `at`.
    pub(crate) fn record_write(&mut self, changes: &[Change], at: Timestamp) {
        for change in changes {
            match self.written.iter_mut().find(|attempt| attempt.change == *change) {
                Some(attempt) => (attempt.writes, attempt.last) = (attempt.writes + 1, at),
                None => self.written.push(Attempt { change: change.clone(), writes: 1, last: at }),
            }
        }
    }

    /// Lists must be read after this time to show whether a repeated write took effect.
    pub(crate) fn reread_after(&self, now: Timestamp, lag: SignedDuration) -> Option<Timestamp> {
        let repeated = self.written.iter().filter(|attempt| attempt.writes > 1);
        repeated.map(|attempt| attempt.last.saturating_add(lag).unwrap_or(now)).filter(|due| *due <= now).max()
    }

    /// Takes out of a plan what was written often enough without a lasting effect. `has_seen`: whether a read has shown what
    /// was written at a time. `not_converging_before`: what status says of this already.
    #[must_use]
    pub(crate) fn stop_non_converging<F>(
        &mut self,
        plan: Plan<F>,
        has_seen: impl Fn(Timestamp) -> bool,
        as_of: Timestamp,
        read_lag: SignedDuration,
        not_converging_before: Option<&str>,
    ) -> Plan<F> {
        if plan.steps.is_empty() {
            return self.until_visible(plan, has_seen, as_of, read_lag);
        }
        let hopeless = |change: &&Change| {
            self.written.iter().any(|attempt| attempt.change == **change && attempt.writes >= MAX_WRITES)
        };
        let unknown = not_converging_before.filter(|_| self.written.is_empty());
        let (mut kept, mut message) = (Vec::new(), None);
        for step in plan.steps.clone() {
            match &step.why {
                Why::Update(changes) => match (changes.iter().find(hopeless), unknown) {
                    (Some(change), _) => message = Some(not_converging(change)),
                    (None, Some(said)) => message = Some(said.to_owned()),
                    (None, None) => kept.push(step),
                },
                Why::Create(_) | Why::Delete | Why::Notify(_) => kept.push(step),
            }
        }
        let stall = message.map(|message| State::stalled(Reason::NotConverging, message));
        let state = stall.unwrap_or_else(|| plan.state.clone());
        Plan { state, ..plan.limited_to(kept) }
    }

    /// No step is left. After a repeated write the resource waits until a read shows it.
    fn until_visible<F>(
        &mut self,
        plan: Plan<F>,
        has_seen: impl Fn(Timestamp) -> bool,
        now: Timestamp,
        lag: SignedDuration,
    ) -> Plan<F> {
        if plan.state != State::Available {
            return plan;
        }
        // After the lag of a repeated write the lists were read again, see `reread_after`: they agree.
        let is_over = |attempt: &Attempt| attempt.writes > 1 && now.duration_since(attempt.last) >= lag;
        self.written.retain(|attempt| !has_seen(attempt.last) && !is_over(attempt));
        let Some(attempt) = self.written.iter().find(|attempt| attempt.writes > 1) else { return plan };
        let message = format!(
            "`{}` was written and accepted, but reads still showed the old value after the read lag; it was written again",
            attempt.change.field
        );
        let until = attempt.last.saturating_add(lag).ok();
        Plan { state: State::waiting(Reason::WriteNotVisible, message, until), ..plan }
    }
}

fn not_converging(change: &Change) -> String {
    let Change { field, old, new } = change;
    format!(
        "`{field}` was written {MAX_WRITES} times and accepted each time, and is still '{old}' instead of '{new}': find out who or what \
         sets it back, then change the spec"
    )
}
