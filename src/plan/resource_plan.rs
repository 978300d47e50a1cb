//! The plan for one resource: the calls in order, and what is known of the external object. No IO.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::api::reason::Reason;
use crate::plan::absence::Absence;
use crate::plan::approval::told::Approval;
use crate::plan::state::State;
use crate::plan::step::{Change, Creation, Step, Why};
use crate::plan::write_mode::{Drift, WriteMode};
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
    /// The kind's part of `status` while no step of this plan is made: what was observed, and what earlier steps recorded.
    pub(crate) facts: F,
    /// What the steps record. What a step records that is left out is not recorded.
    pub(crate) ahead: Vec<Recording<F>>,
    /// Whether steps may be missing because something is awaited, whatever the state says.
    pub(crate) is_partial: bool,
    /// Whether the spec changed a moment ago, and other calls may follow within seconds.
    pub(crate) is_settling: bool,
    /// Whether what is known is recorded before the first step: the step may change by what the object was recognised, or is not to be forgotten.
    pub(crate) is_recorded_first: bool,
    /// When to reconcile again although nothing is awaited, such as for a reminder.
    pub(crate) again: Option<Timestamp>,
    /// Why the object of a deleted resource stays, although it was to be deleted.
    pub(crate) kept: Option<Kept>,
    /// What status is to say of approvals.
    pub(crate) approval: Approval,
}

/// Why the object of a deleted resource stays, although it was to be deleted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kept {
    /// The account of a customer is not confirmed by the username that Pinghome shows.
    ClosureNotConfirmed,
    /// No list shows the address of a channel, and one shows a channel that may be it: its address is hidden, or not known any more.
    ShownOtherwise,
}

impl Kept {
    /// Why, in words.
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::ClosureNotConfirmed => {
                "`closure.confirmUsername` is not the username that Pinghome shows, so the account is not closed"
            }
            Self::ShownOtherwise => {
                "the owner's list shows a channel of its type that may be it, but not its address: look for it at Pinghome, and delete it \
                 there if it is it"
            }
        }
    }
}

/// What `status` says of the external object.
#[derive(Clone)]
pub(crate) struct Record<F> {
    /// The id of the external object.
    pub(crate) external_id: Option<String>,
    /// The kind's part of `status`.
    pub(crate) facts: F,
}

type RecordChange<F> = dyn Fn(&mut Record<F>) + Send + Sync;

/// What one step records in `status` before it is made.
#[derive(Clone)]
pub(crate) struct Recording<F> {
    /// The key of the step; absent: of the steps without a key.
    key: Option<String>,
    /// Changes what is in `status`.
    change: Arc<RecordChange<F>>,
}

impl<F: Clone> Plan<F> {
    /// What is in `status` before the first step that must not be made twice.
    pub(crate) fn record(&self) -> Record<F> {
        let mut record = Record { external_id: self.external_id.clone(), facts: self.facts.clone() };
        self.ahead.iter().for_each(|Recording { key: _, change }| change(&mut record));
        record
    }
}

impl<F> Plan<F> {
    /// The step with this key, or those without one, record this.
    pub(crate) fn recording(&mut self, key: Option<&str>, change: impl Fn(&mut Record<F>) + Send + Sync + 'static) {
        self.ahead.push(Recording { key: key.map(str::to_owned), change: Arc::new(change) });
    }
}

impl<F> Plan<F> {
    /// The same plan with these of its steps. What a step records that is left out is not recorded.
    #[must_use]
    pub(crate) fn limited_to(self, steps: Vec<Step>) -> Self {
        let is_kept = |recording: &Recording<F>| steps.iter().any(|step| step.key == recording.key);
        let ahead = self.ahead.into_iter().filter(is_kept).collect();
        Self { steps, ahead, ..self }
    }
}

impl<F: Default> Plan<F> {
    /// A plan that ends in a state without a step.
    pub(crate) fn ending_in(state: State) -> Self {
        let (steps, facts, ahead) = (Vec::new(), F::default(), Vec::new());
        Self {
            steps,
            state,
            external_id: None,
            facts,
            ahead,
            is_partial: false,
            is_settling: false,
            is_recorded_first: false,
            again: None,
            kept: None,
            approval: Approval::default(),
        }
    }

    /// A plan for the object with this id that ends in a state without a step.
    pub(crate) fn known(id: impl Into<String>, facts: F, state: State) -> Self {
        Self { external_id: Some(id.into()), facts, ..Self::ending_in(state) }
    }

    /// A plan for a deleted resource whose object stays, although it was to be deleted; why.
    pub(crate) fn keeping(why: Kept) -> Self {
        Self { kept: Some(why), ..Self::ending_in(State::Gone) }
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

    /// What to do for a deleted resource whose object no list shows: nothing, once that is proven.
    pub(crate) fn removed(id: impl Into<String>, facts: F, absence: Absence) -> Self {
        let message =
            "the provider says that there is no such object; it counts as gone once lists have agreed for the read lag";
        match absence.awaited(Reason::AwaitingRemoval, message) {
            Some(state) => Self::known(id, facts, state),
            None => Self::ending_in(State::Gone),
        }
    }

    /// Keeps what is recorded where a plan without steps says nothing of the object; only a plan that ends in [`State::Gone`] drops it.
    #[must_use]
    pub(crate) fn retain_recorded(self, known_id: Option<&str>, facts: impl FnOnce() -> F) -> Self {
        if !self.steps.is_empty() || self.external_id.is_some() || self.state == State::Gone {
            return self;
        }
        Self { external_id: known_id.map(str::to_owned), facts: facts(), ..self }
    }

    /// Leaves out what must not be written: it is reported instead, and nothing of it is recorded.
    #[must_use]
    pub(crate) fn apply_mode(self, mode: WriteMode) -> Self {
        if mode == WriteMode::Manage {
            return self;
        }
        if let State::Waiting { reason: Reason::Recreating, message: _, until } = self.state {
            let message = "the object is no longer in the provider's list; that is reported once the list has agreed for the read lag";
            return Self { state: State::waiting(Reason::Recreating, message, until), ..self };
        }
        let only_observes = matches!(mode, WriteMode::Observe | WriteMode::DryRun);
        let mut remarks = Vec::new();
        // What a guard holds is not done in this mode, whatever the guard says.
        if let State::DeletionBlocked { reason: _, message } = &self.state
            && only_observes
        {
            remarks.push(format!("held: {message}"));
        }
        let (mut changes, mut notifications) = (Vec::new(), Vec::new());
        for step in self.steps.clone() {
            remarks.extend(step.remark.clone().filter(|_| only_observes));
            match step.why.clone() {
                Why::Update(differences) => changes.extend(differences),
                // A notification is no drift.
                Why::Notify(_) if mode == WriteMode::Report => notifications.push(step),
                Why::Notify(change) => changes.push(change),
                Why::Delete if self.state != State::Gone => changes.push(Change::removal()),
                Why::Create(_) if mode == WriteMode::Report => changes.push(Change::missing()),
                Why::Create(_) | Why::Delete => {
                    let state = State::stalled(Reason::ExternalNotFound, mode.missing());
                    return Self { state, ..self.limited_to(Vec::new()) };
                }
            }
        }
        let is_same = changes.is_empty() && remarks.is_empty();
        let state = if is_same { self.state.clone() } else { State::Drifted(Drift { changes, remarks, mode }) };
        let again = [self.again, self.state.until()].into_iter().flatten().min();
        Self { state, again, ..self.limited_to(notifications) }
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
        Self { state, ..self.limited_to(Vec::new()) }
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
