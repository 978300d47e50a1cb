//! What to do for one resource, as a value: the calls in order, and what is known of the object. No IO.

use std::fmt;

use jiff::Timestamp;

use crate::api::reason::Reason;
use crate::plan::state::State;
use crate::plan::step::{Change, Creation, Step, Why};
use crate::provider::call::Call;

/// What to do for one resource, and what is known of it.
#[derive(Clone)]
pub(crate) struct Plan<F> {
    /// Calls in order.
    pub(crate) steps: Vec<Step>,
    /// What to say when no step is left.
    pub(crate) state: State,
    /// The external object, as far as it is known to be this resource's.
    pub(crate) external_id: Option<String>,
    /// What this kind reports of it. With a step that reaches a person it is what must be recorded before.
    pub(crate) facts: F,
    /// When to look again although nothing is awaited, such as for a reminder.
    pub(crate) again: Option<Timestamp>,
}

impl<F: Default> Plan<F> {
    /// A plan that ends in a state without a step.
    pub(crate) fn ending_in(state: State) -> Self {
        Self { steps: Vec::new(), state, external_id: None, facts: F::default(), again: None }
    }

    /// A plan to make the object.
    pub(crate) fn create(call: impl Into<Call>, creation: Creation, lock: String) -> Self {
        let step = Step::new(call, Why::Create(creation)).under(lock);
        Self { steps: vec![step], ..Self::ending_in(State::Available) }
    }

    /// A plan to delete the object.
    pub(crate) fn delete(call: impl Into<Call>, lock: Option<String>) -> Self {
        let step = Step { lock, ..Step::new(call, Why::Delete).counted("") };
        Self { steps: vec![step], ..Self::ending_in(State::Gone) }
    }

    /// What a plan that waits, is held or stalled does not tell of stays as it is recorded: only what is gone is forgotten.
    #[must_use]
    pub(crate) fn retain_recorded(self, recorded: Option<&str>, facts: impl FnOnce() -> F) -> Self {
        if !self.steps.is_empty() || self.external_id.is_some() || self.state == State::Gone {
            return self;
        }
        Self { external_id: recorded.map(str::to_owned), facts: facts(), ..self }
    }

    /// Applies the policies: what may not be written is reported instead. `observes`: nothing may be
    /// written at all; `reports`: the spec was true before, and drift is only to be told.
    #[must_use]
    pub(crate) fn apply_policies(self, observes: bool, reports: bool) -> Self {
        if self.steps.is_empty() || !(observes || reports) {
            return self;
        }
        let (mut changes, mut reaching) = (Vec::new(), Vec::new());
        for step in self.steps.clone() {
            match step.why.clone() {
                Why::Update(differences) => changes.extend(differences),
                Why::Notify(change) if observes => changes.push(change),
                // What a person is to be told is no drift.
                Why::Notify(_) => reaching.push(step),
                Why::Delete if self.state != State::Gone => changes.push(Change::removal()),
                Why::Create(_) | Why::Delete => {
                    let message = "there is no such object at the provider, and the policies of this resource forbid to make one: \
                                   set managementPolicy 'Manage' and driftPolicy 'Correct', or name an object by the external-id annotation";
                    let state = State::Stalled { reason: Reason::ExternalNotFound, message: message.to_owned() };
                    return Self { steps: Vec::new(), state, ..self };
                }
            }
        }
        let state = if changes.is_empty() { self.state } else { State::Drifted(changes) };
        Self { steps: reaching, state, ..self }
    }
}

impl<F> fmt::Display for Plan<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            let (sign, changes) = match &step.why {
                Why::Create(_) => ('+', &[][..]),
                Why::Update(changes) => ('~', changes.as_slice()),
                Why::Notify(change) => ('!', std::slice::from_ref(change)),
                Why::Delete => ('-', &[][..]),
            };
            writeln!(f, "{sign} {}", step.call.operation())?;
            for change in changes {
                writeln!(f, "    {change}")?;
            }
        }
        Ok(())
    }
}
