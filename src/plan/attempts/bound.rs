//! The bound on every write: a difference that three calls of one generation did not remove is reported, and not written any more. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::annotations::{Annotations, CreateTries, Intent};
use crate::api::reason::Reason;
use crate::plan::attempts::Attempts;
use crate::plan::attempts::difference::{Attempt, MOST_TRIES, TriedDifference, not_created};
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::{Step, Why};

/// What is known besides the attempts when a plan is bounded.
pub(crate) struct BoundInputs<'a> {
    /// Whether a read has shown what was written at a time.
    pub(crate) has_seen: &'a dyn Fn(Timestamp) -> bool,
    /// The time of this reconcile, or of its last write.
    pub(crate) as_of: Timestamp,
    /// For how long a read may miss a write.
    pub(crate) read_lag: SignedDuration,
    /// The resource's annotations: the create record counts its tries.
    pub(crate) annotations: &'a Annotations,
    /// What status says of this very spec if it does not converge.
    pub(crate) not_converging: Option<&'a str>,
    /// Whether the resource is deleted.
    pub(crate) is_deletion: bool,
}

/// Why a step is not taken now.
struct Hold {
    reason: Reason,
    message: String,
    /// When it may be taken again; `None`: not for this generation.
    again: Option<Timestamp>,
}

/// So many differences are told of in one message.
const MOST_TOLD: usize = 10;

impl Hold {
    /// All of them as one: the reason that lasts first, and each message once.
    fn of_all(holds: Vec<Self>) -> Option<Self> {
        let again = holds.iter().filter_map(|hold| hold.again).min();
        let lasting = holds.iter().map(|hold| hold.reason).find(|reason| *reason == Reason::NotConverging);
        let reason = lasting.or(holds.first().map(|hold| hold.reason))?;
        let message =
            holds.into_iter().take(MOST_TOLD).map(|hold| hold.message).reduce(|one, other| joined(one, &other));
        Some(Self { reason, message: message?, again })
    }

    /// The state to report instead of the state of the plan.
    fn state(&self, planned: State, is_deletion: bool) -> State {
        let (reason, message) = (self.reason, self.message.clone());
        let is_awaited = matches!(planned, State::Waiting { reason: Reason::AwaitingRemoval, .. });
        if planned == State::Gone || is_awaited {
            State::deletion_blocked(reason, message)
        } else if is_deletion {
            // The plan of a deletion that the provider carries out later says itself what is awaited.
            planned
        } else if reason == Reason::Gone {
            State::waiting(reason, message, self.again)
        } else if let State::Stalled { reason: _, message: planned } = planned {
            State::stalled(reason, joined(message, &planned))
        } else {
            State::stalled(reason, message)
        }
    }
}

impl Attempts {
    /// Takes out of a plan what was tried often enough, or was refused a moment ago, and reports that instead.
    #[must_use]
    pub(crate) fn bound<F>(&mut self, plan: Plan<F>, inputs: &BoundInputs) -> Plan<F> {
        let (mut kept, mut holds) = (Vec::new(), Vec::new());
        for step in plan.steps.clone() {
            match self.hold(&step, inputs) {
                None => kept.push(step),
                Some(hold) => holds.push(hold),
            }
        }
        let rests = kept.is_empty() && holds.iter().all(|hold| hold.again.is_none());
        if rests && !inputs.is_deletion && shows_all_differences(&plan) {
            self.forget_removed(&plan, inputs);
        }
        let Some(hold) = Hold::of_all(holds) else {
            let is_done = plan.steps.is_empty() && !inputs.is_deletion;
            return if is_done { self.until_visible(plan, inputs) } else { plan };
        };
        let (state, again) = (hold.state(plan.state.clone(), inputs.is_deletion), hold.again);
        let again = [plan.again, plan.state.until(), again].into_iter().flatten().min();
        Plan { state, again, ..plan.limited_to(kept) }
    }

    /// Why a step is not taken now, if it is not.
    fn hold(&self, step: &Step, inputs: &BoundInputs) -> Option<Hold> {
        if matches!(step.why, Why::Create(_)) && inputs.annotations.is_create_allowed() {
            return None;
        }
        let known = TriedDifference::of(step).into_iter().find_map(|difference| self.held_attempt(&difference, inputs));
        if let Some(attempt) = known {
            let again = attempt.next_at(inputs.is_deletion);
            return Some(Hold { reason: attempt.reason(), message: attempt.message(), again });
        }
        // An earlier process may have tried; status names the field.
        let said = inputs.not_converging.filter(|_| !inputs.is_deletion);
        let message = match &step.why {
            Why::Create(creation) if self.creates(inputs.annotations, &creation.name) >= MOST_TRIES => not_created(),
            Why::Update(changes) if self.tried.is_empty() => {
                let is_named = |said: &&str| changes.iter().any(|change| said.contains(&format!("`{}`", change.field)));
                said.filter(is_named)?.to_owned()
            }
            Why::Delete if self.tried.is_empty() => said?.to_owned(),
            Why::Notify(_) if self.retried_for.is_none() => {
                let [difference] = TriedDifference::of(step).try_into().ok()?;
                if self.attempt(&difference).is_some() {
                    return None;
                }
                difference.told_in(said?)?
            }
            Why::Create(_) | Why::Update(_) | Why::Delete | Why::Notify(_) => return None,
        };
        Some(Hold { reason: Reason::NotConverging, message, again: None })
    }

    fn held_attempt(&self, difference: &TriedDifference, inputs: &BoundInputs) -> Option<&Attempt> {
        let attempt = self.attempt(difference)?;
        let is_due = attempt.next_at(inputs.is_deletion).is_some_and(|at| at <= inputs.as_of);
        (!is_due).then_some(attempt)
    }

    /// Whether reads have shown what came of a call: after the lag of a repeated write the lists were read again, see `reread_after`.
    fn is_settled(attempt: &Attempt, inputs: &BoundInputs) -> bool {
        let is_over = attempt.tries > 1 && inputs.as_of.duration_since(attempt.last) >= inputs.read_lag;
        (inputs.has_seen)(attempt.last) || is_over
    }

    /// Nothing is written as long as nothing else changes. The differences that are not there any more are forgotten: one that comes back
    /// is another one.
    fn forget_removed<F>(&mut self, plan: &Plan<F>, inputs: &BoundInputs) {
        // While reads may miss one of the writes, the plan rests on that write: nothing is proven of the others either.
        if self.tried.iter().all(|attempt| Self::is_settled(attempt, inputs)) {
            let left: Vec<_> = plan.steps.iter().flat_map(TriedDifference::of).collect();
            self.tried.retain(|attempt| left.iter().any(|difference| difference.is_same(&attempt.difference)));
        }
        let is_there = !plan.steps.iter().any(|step| matches!(step.why, Why::Create(_)));
        let annotations = inputs.annotations;
        let intent = annotations.intent.as_ref().filter(|_| is_there);
        let is_repeated = |name: &String| {
            self.attempt(&TriedDifference::Missing(name.clone())).is_none() && self.creates(annotations, name) > 1
        };
        if intent.and_then(|intent| intent.name.as_ref()).is_some_and(is_repeated) {
            self.confirmed_create = intent.map(|intent| intent.nonce.clone());
        }
    }

    /// No step is left. After a repeated write the resource waits until a read shows it.
    fn until_visible<F>(&self, plan: Plan<F>, inputs: &BoundInputs) -> Plan<F> {
        if plan.state != State::Available {
            return plan;
        }
        let is_awaited = |attempt: &&Attempt| attempt.tries > 1 && !Self::is_settled(attempt, inputs);
        let Some(attempt) = self.tried.iter().find(is_awaited) else { return plan };
        let until = attempt.last.saturating_add(inputs.read_lag).ok();
        Plan { state: State::waiting(Reason::WriteNotVisible, attempt.not_visible(), until), ..plan }
    }

    /// How many calls of this generation to create the object of this name came to nothing so far. This process knows its own; of those before it
    /// the create record tells, unless a read has shown the object since.
    fn creates(&self, annotations: &Annotations, name: &str) -> u32 {
        if let Some(attempt) = self.attempt(&TriedDifference::Missing(name.to_owned())) {
            return attempt.tries;
        }
        let is_unconfirmed = |intent: &&Intent| {
            intent.name.as_deref() == Some(name) && self.confirmed_create.as_ref() != Some(&intent.nonce)
        };
        let Some(intent) = annotations.intent.as_ref().filter(is_unconfirmed) else { return 0 };
        let recorded = intent.tries.filter(|tries| tries.generation == self.generation).map_or(0, |tries| tries.count);
        // The record counts the create that it was written for, until it says that this was surely not carried out.
        if self.is_refused(&intent.nonce) && !intent.refused { recorded.saturating_sub(1) } else { recorded }
    }

    /// The create record with what this process knows of the create: it was surely not carried out, or its answer shows an object of
    /// another name. `None`: there is nothing to add.
    pub(crate) fn amended_record(&self, annotations: &Annotations) -> Option<Intent> {
        let intent = annotations.intent.as_ref()?;
        let refused = intent.refused || self.is_refused(&intent.nonce);
        let other_name = self.other_name.as_ref().filter(|other| other.nonce == intent.nonce).map(|other| &other.id);
        let other_id = other_name.or(intent.other_id.as_ref()).cloned();
        if (refused, &other_id) == (intent.refused, &intent.other_id) {
            return None;
        }
        let counted = |tries: CreateTries| match &intent.name {
            Some(name) if tries.generation == self.generation => {
                CreateTries { count: self.creates(annotations, name), ..tries }
            }
            _ => tries,
        };
        Some(Intent { refused, other_id, tries: intent.tries.map(counted), ..intent.clone() })
    }

    /// What the record of the next create of this name counts.
    pub(crate) fn next_create(&mut self, annotations: &Annotations, name: &str) -> CreateTries {
        self.recorded_creates = self.creates(annotations, name).saturating_add(1);
        CreateTries { generation: self.generation, count: self.recorded_creates }
    }
}

/// Both messages. One that was told by an earlier process may have the other one already.
fn joined(one: String, other: &str) -> String {
    if one.contains(other) { one } else { format!("{one}; {other}") }
}

/// Whether a plan, before it is bounded, has a step for each difference that there is: nothing is awaited that may add one.
fn shows_all_differences<F>(plan: &Plan<F>) -> bool {
    let lasts = match &plan.state {
        State::Available => return !plan.is_partial,
        State::Stalled { .. } => true,
        State::Waiting { reason, .. } => *reason == Reason::VerificationRequired,
        State::DeletionBlocked { reason, .. } => *reason == Reason::LastManager,
        State::Gone | State::Drifted(_) => false,
    };
    lasts && !plan.is_partial && plan.external_id.is_some()
}
