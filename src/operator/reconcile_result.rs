//! What a reconcile returns: how it ended, and when the next one is due.

use std::time::Duration;

use crate::plan::outcome::Outcome;
use crate::plan::state::State;

/// When a resource is reconciled again if nothing changes until then.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Action {
    /// After this time; absent: only a change triggers it.
    pub(crate) requeue_after: Option<Duration>,
}

impl Action {
    /// After a pause.
    pub(crate) const fn requeue(pause: Duration) -> Self {
        Self { requeue_after: Some(pause) }
    }

    /// Only after a change.
    pub(crate) const fn await_change() -> Self {
        Self { requeue_after: None }
    }
}

/// How a reconcile ended, for metrics.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ending {
    /// Nothing failed.
    Success,
    /// Nothing failed, and only a change by a person helps: `Stalled`, or a deletion that is blocked.
    Stalled,
    /// A call to the provider or to the API server failed.
    Error,
}

/// What a reconcile returns to its controller, which counts it once.
#[derive(Debug)]
pub(crate) struct ReconcileResult {
    /// How it ended.
    pub(crate) ending: Ending,
    /// When the next one is due.
    pub(crate) action: Action,
}

impl ReconcileResult {
    /// Nothing failed.
    pub(crate) fn success(action: Action) -> Self {
        Self { ending: Ending::Success, action }
    }

    /// Something failed that is tried again.
    pub(crate) fn error(action: Action) -> Self {
        Self { ending: Ending::Error, action }
    }

    /// The result of a reconcile whose outcome is in the resource's status.
    pub(crate) fn of(outcome: &Outcome, action: Action) -> Self {
        let ending = match outcome {
            Outcome::Failed { .. } | Outcome::ApiServer { .. } => Ending::Error,
            Outcome::State(State::Stalled { .. } | State::DeletionBlocked { .. }) => Ending::Stalled,
            Outcome::State(State::Available | State::Drifted(_) | State::Gone | State::Waiting { .. })
            | Outcome::Suspended => Ending::Success,
        };
        Self { ending, action }
    }

    /// The value of the label `result`.
    pub(crate) fn as_str(&self) -> &'static str {
        match self.ending {
            Ending::Error => "error",
            Ending::Success | Ending::Stalled if self.action == Action::await_change() => "success",
            Ending::Success | Ending::Stalled => "requeue_after",
        }
    }
}
