//! Why a reconcile runs, as far as the resource shows it.

use crate::connection::rate_limiter::Lane;

/// Why a reconcile runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Trigger {
    /// The resource is being deleted.
    Deletion,
    /// The last reconcile failed.
    Retry,
    /// A user asked for it by annotation.
    Request,
    /// The resource is not Ready at its generation: a user changed it, or what it waited for.
    Change,
    /// The resource is Ready: the periodic check, or a change of what it refers to.
    Resync,
}

impl Trigger {
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
