//! The state of a resource when no call is left. No IO.

use jiff::Timestamp;

use crate::api::reason::Reason;
use crate::plan::write_mode::Drift;

/// The state to report of a resource when no step is left.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum State {
    /// The provider equals the spec.
    Available,
    /// The provider differs, and the policies forbid to change it.
    Drifted(Drift),
    /// Something must happen first. It is reconciled again at `until`, or when what is awaited changes.
    Waiting {
        /// The reason of the conditions.
        reason: Reason,
        /// What is awaited, in one sentence.
        message: String,
        /// When to reconcile again, if time alone can end the wait.
        until: Option<Timestamp>,
    },
    /// Only a person can end it.
    Stalled {
        /// The reason of the conditions.
        reason: Reason,
        /// One sentence that says what to do.
        message: String,
    },
    /// A guard blocks the deletion.
    DeletionBlocked {
        /// The reason of the conditions.
        reason: Reason,
        /// One sentence that says what allows it.
        message: String,
    },
    /// Nothing of this resource is left at the provider: the finalizer may go.
    Gone,
}

impl State {
    /// A wait that ends at `until`, if time alone can end it.
    pub(crate) fn waiting(reason: Reason, message: impl Into<String>, until: impl Into<Option<Timestamp>>) -> Self {
        Self::Waiting { reason, message: message.into(), until: until.into() }
    }

    /// When to reconcile again, if time alone can end the wait.
    pub(crate) fn until(&self) -> Option<Timestamp> {
        match self {
            Self::Waiting { until, .. } => *until,
            Self::Available | Self::Drifted(_) | Self::Stalled { .. } | Self::DeletionBlocked { .. } | Self::Gone => {
                None
            }
        }
    }

    /// A state that only a person can end.
    pub(crate) fn stalled(reason: Reason, message: impl Into<String>) -> Self {
        Self::Stalled { reason, message: message.into() }
    }

    /// A deletion that a guard blocks.
    pub(crate) fn deletion_blocked(reason: Reason, message: impl Into<String>) -> Self {
        Self::DeletionBlocked { reason, message: message.into() }
    }
}
