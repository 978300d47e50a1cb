//! The plan for one resource: the calls in order, and what is known of the external object. No IO.

use std::fmt;

use jiff::Timestamp;

use crate::api::reason::Reason;
use crate::plan::state::State;
use crate::plan::step::{Change, Creation, Step, Why};
use crate::provider::call::Call;

/// What to do for one resource, and what is known of its external object.
#[derive(Clone)]
pub(crate) struct Plan<F> {
    /// Calls in order.
    pub(crate) steps: Vec<Step>,
    /// The state to report when no step is left.
    pub(crate) state: State,
    /// The id of the external object, once it is known to be this resource's.
    pub(crate) external_id: Option<String>,
    /// The kind's part of `status`. It is written ahead of a step that notifies a person.
    pub(crate) facts: F,
    /// When to reconcile again although nothing is awaited, such as for a reminder.
    pub(crate) again: Option<Timestamp>,
}

impl<F: Default> Plan<F> {
    /// A plan that ends in a state without a step.
    pub(crate) fn ending_in(state: State) -> Self {
        Self { steps: Vec::new(), state, external_id: None, facts: F::default(), again: None }
    }

    /// A plan for the object with this id that ends in a state without a step.
    pub(crate) fn known(id: impl Into<String>, facts: F, state: State) -> Self {
        Self { external_id: Some(id.into()), facts, ..Self::ending_in(state) }
    }

    /// A plan to create the object.
    pub(crate) fn create(call: impl Into<Call>, creation: Creation, lock: String) -> Self {
        let step = Step::new(call, Why::Create(creation)).under(lock);
        Self { steps: vec![step], ..Self::ending_in(State::Available) }
    }

    /// A plan to delete the object.
    pub(crate) fn delete(call: impl Into<Call>, lock: Option<String>) -> Self {
        let step = Step { lock, ..Step::new(call, Why::Delete).counted("") };
        Self { steps: vec![step], ..Self::ending_in(State::Gone) }
    }

    /// Keeps what is recorded where a plan without steps says nothing of the object; only a plan that ends in [`State::Gone`] drops it.
    #[must_use]
    pub(crate) fn retain_recorded(self, known_id: Option<&str>, facts: impl FnOnce() -> F) -> Self {
        if !self.steps.is_empty() || self.external_id.is_some() || self.state == State::Gone {
            return self;
        }
        Self { external_id: known_id.map(str::to_owned), facts: facts(), ..self }
    }

    /// Applies the policies: what must not be written is reported instead. `only_observes`: nothing may be
    /// written. `only_reports`: the resource was Ready at this spec, and drift is only reported.
    #[must_use]
    pub(crate) fn apply_policies(self, only_observes: bool, only_reports: bool) -> Self {
        if self.steps.is_empty() || !(only_observes || only_reports) {
            return self;
        }
        let (mut changes, mut notifications) = (Vec::new(), Vec::new());
        for step in self.steps.clone() {
            match step.why.clone() {
                Why::Update(differences) => changes.extend(differences),
                Why::Notify(change) if only_observes => changes.push(change),
                // A notification is no drift.
                Why::Notify(_) => notifications.push(step),
                Why::Delete if self.state != State::Gone => changes.push(Change::removal()),
                Why::Create(_) | Why::Delete => {
                    let message = "there is no such object at the provider, and the policies of this resource forbid to create one: \
                                   set managementPolicy 'Manage' and driftPolicy 'Correct', or name an object by the external-id annotation";
                    let state = State::stalled(Reason::ExternalNotFound, message);
                    return Self { steps: Vec::new(), state, ..self };
                }
            }
        }
        let state = if changes.is_empty() { self.state } else { State::Drifted(changes) };
        Self { steps: notifications, state, ..self }
    }
}

impl<F> Plan<F> {
    /// A deletion that is not made: what it would do is reported instead.
    #[must_use]
    pub(crate) fn into_dry_deletion(self) -> Self {
        let calls: Vec<_> = self.steps.iter().map(|step| step.call.operation()).collect();
        let state = match &self.state {
            _ if !calls.is_empty() => {
                dry_deletion(format!("to delete this resource it would call {}", calls.join(", ")))
            }
            State::Gone => dry_deletion("nothing outside is left to delete"),
            _ => self.state.clone(),
        };
        Self { steps: Vec::new(), state, ..self }
    }
}

/// What a dry run says of a deletion: nothing is done, and the finalizer stays.
pub(crate) fn dry_deletion(what: impl fmt::Display) -> State {
    State::waiting(Reason::AwaitingRemoval, format!("dry run: {what}; the finalizer stays"), None)
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
