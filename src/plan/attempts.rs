//! What is remembered of a resource between its visits. It may be lost at any time: that costs a look, never a second call. No IO.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::plan::step::{Change, Why};
use crate::plan::{Plan, State};

/// After so many writes of one difference without a lasting effect nothing is written any more (design §4.9).
const PATIENCE: u32 = 3;

/// What came of a call that is made at most once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
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
pub(crate) struct Memory {
    generation: i64,
    /// Since when this generation is known, until it was made true.
    unsettled_since: Option<Timestamp>,
    promised: BTreeMap<String, Timestamp>,
    outcomes: BTreeMap<String, Outcome>,
    attempts: Vec<Attempt>,
}

impl Memory {
    /// The spec has this generation now: with another one, counting begins anew. `is_settled`: it was made true before.
    pub(crate) fn turn_to(&mut self, generation: i64, is_settled: bool, now: Timestamp) {
        if self.generation != generation {
            self.attempts.clear();
            (self.generation, self.unsettled_since) = (generation, Some(now));
        }
        if is_settled {
            self.unsettled_since = None;
        }
    }

    /// Since when this process knows the spec as it is, unless it was made true since.
    pub(crate) fn unsettled_since(&self) -> Option<Timestamp> {
        self.unsettled_since
    }

    /// Whether there is nothing worth keeping.
    pub(crate) fn is_empty(&self) -> bool {
        self.unsettled_since.is_none()
            && self.promised.is_empty()
            && self.outcomes.is_empty()
            && self.attempts.is_empty()
    }

    /// These calls are recorded in status at `at`: they may be made, once.
    pub(crate) fn promise(&mut self, keys: impl IntoIterator<Item = String>, at: Timestamp) {
        self.promised.extend(keys.into_iter().map(|key| (key, at)));
    }

    /// Whether the call was recorded not before `since`: what is sent long after is not found by the recorded time.
    pub(crate) fn is_promised_since(&self, key: &str, since: Timestamp) -> bool {
        self.promised.get(key).is_some_and(|at| *at >= since)
    }

    /// Whether this process recorded the call and has not made it yet.
    pub(crate) fn is_promised(&self, key: &str) -> bool {
        self.promised.contains_key(key)
    }

    /// The call was made.
    pub(crate) fn settle(&mut self, key: &str, outcome: Outcome) {
        self.promised.remove(key);
        self.outcomes.insert(key.to_owned(), outcome);
    }

    /// What came of the call, if this process made it.
    pub(crate) fn outcome(&self, key: &str) -> Option<Outcome> {
        self.outcomes.get(key).copied()
    }

    /// A person asks for a fresh look: what was refused may be tried again.
    pub(crate) fn forgive(&mut self) {
        self.outcomes.retain(|_, outcome| *outcome != Outcome::Refused);
    }

    /// These differences were written at `at`.
    pub(crate) fn wrote(&mut self, changes: &[Change], at: Timestamp) {
        for change in changes {
            match self.attempts.iter_mut().find(|attempt| attempt.change == *change) {
                Some(attempt) => (attempt.writes, attempt.last) = (attempt.writes + 1, at),
                None => self.attempts.push(Attempt { change: change.clone(), writes: 1, last: at }),
            }
        }
    }

    /// Lists must be read after this to tell whether a repeated write took effect.
    pub(crate) fn looks_since(&self, now: Timestamp, lag: SignedDuration) -> Option<Timestamp> {
        let repeated = self.attempts.iter().filter(|attempt| attempt.writes > 1);
        repeated.map(|attempt| attempt.last.saturating_add(lag).unwrap_or(now)).filter(|due| *due <= now).max()
    }

    /// Takes out of a plan what was written often enough without a lasting effect. `has_seen` tells
    /// whether a read has shown what was written at a time; `stalled` is what status says of it already.
    #[must_use]
    pub(crate) fn judged<F>(
        &mut self,
        plan: Plan<F>,
        has_seen: impl Fn(Timestamp) -> bool,
        (now, lag): (Timestamp, SignedDuration),
        stalled: Option<&str>,
    ) -> Plan<F> {
        if plan.steps.is_empty() {
            return self.unseen(plan, has_seen, now, lag);
        }
        let hopeless = |change: &&Change| {
            self.attempts.iter().any(|attempt| attempt.change == **change && attempt.writes >= PATIENCE)
        };
        let unknown = stalled.filter(|_| self.attempts.is_empty());
        let (mut kept, mut message) = (Vec::new(), None);
        for step in plan.steps {
            match &step.why {
                Why::Update(changes) => match (changes.iter().find(hopeless), unknown) {
                    (Some(change), _) => message = Some(not_converging(change)),
                    (None, Some(said)) => message = Some(said.to_owned()),
                    (None, None) => kept.push(step),
                },
                _ => kept.push(step),
            }
        }
        let stall = message.map(|message| State::Stalled { reason: "NotConverging", message });
        Plan { steps: kept, state: stall.unwrap_or(plan.state), ..plan }
    }

    /// Nothing is left to do, as far as is known: a repeated write must be shown by a read first.
    fn unseen<F>(
        &mut self,
        plan: Plan<F>,
        has_seen: impl Fn(Timestamp) -> bool,
        now: Timestamp,
        lag: SignedDuration,
    ) -> Plan<F> {
        if plan.state != State::Available {
            return plan;
        }
        // After the lag of a repeated write the lists were read anew, see `looks_since`: they agree.
        let is_over = |attempt: &Attempt| attempt.writes > 1 && now.duration_since(attempt.last) >= lag;
        self.attempts.retain(|attempt| !has_seen(attempt.last) && !is_over(attempt));
        let Some(attempt) = self.attempts.iter().find(|attempt| attempt.writes > 1) else { return plan };
        let message = format!(
            "`{}` was written and accepted, but reads still showed the old value after the read lag; it was written again",
            attempt.change.field
        );
        let until = attempt.last.saturating_add(lag).ok();
        Plan { state: State::Waiting { reason: "WriteNotVisible", message, until }, ..plan }
    }
}

fn not_converging(change: &Change) -> String {
    let Change { field, old, new } = change;
    format!(
        "`{field}` was written {PATIENCE} times and accepted each time, and is still '{old}' instead of '{new}': find out who or what \
         sets it back, then change the spec"
    )
}
