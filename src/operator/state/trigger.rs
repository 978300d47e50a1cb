//! Why a reconcile runs, as far as the resource shows it.

use crate::connection::rate_limiter::Lane;
use crate::plan::managed::Managed;

/// Why a reconcile runs; the most urgent first.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Trigger {
    /// The resource is not Ready at its generation: a user changed it, or what it waited for.
    Change,
    /// A user asked for it by annotation.
    Request,
    /// The resource is being deleted.
    Deletion,
    /// The last reconcile failed.
    Retry,
    /// The resource is Ready: the periodic check, or a change of what it refers to.
    Resync,
}

impl Trigger {
    /// Why a resource is reconciled. `request`: the annotation by which a user asks for it.
    pub(crate) fn of<T: Managed>(resource: &T, is_failing: bool, request: Option<&String>) -> Self {
        let handled = resource.status().and_then(|status| status.common.last_handled_reconcile_at.as_ref());
        if resource.meta().deletion_timestamp.is_some() {
            Self::Deletion
        } else if is_failing {
            Self::Retry
        } else if request.is_some_and(|asked| handled != Some(asked)) {
            Self::Request
        } else if resource.is_ready_for_generation() {
            Self::Resync
        } else {
            Self::Change
        }
    }

    /// The word in the log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Deletion => "deletion",
            Self::Retry => "retry",
            Self::Request => "request",
            Self::Change => "change",
            Self::Resync => "resync",
        }
    }

    /// The priority of the reconcile's calls.
    pub(crate) fn lane(self) -> Lane {
        match self {
            Self::Deletion => Lane::Deletion,
            Self::Retry => Lane::Retry,
            Self::Request | Self::Change => Lane::Change,
            Self::Resync => Lane::Resync,
        }
    }
}
