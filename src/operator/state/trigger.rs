//! Why a reconcile runs, as far as the resource shows it.

use crate::api::conditions::{ConditionType, find};
use crate::connection::lane::Lane;
use crate::plan::managed::Managed;

/// Why a reconcile runs; the most urgent first.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Trigger {
    /// A user changed the resource since its status was written, or what it waited for changed.
    Change,
    /// A user asked for it by annotation.
    Request,
    /// The resource is being deleted.
    Deletion,
    /// The last reconcile failed, or an earlier process left the resource not Ready and nobody changed it since.
    Retry,
    /// The resource is Ready: the periodic check, or a change of what it refers to.
    Resync,
}

/// What decides why a reconcile runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Signs {
    /// Whether the resource is being deleted.
    pub(crate) is_deleted: bool,
    /// Whether a user asked for a reconcile by annotation, and none was done since.
    pub(crate) is_requested: bool,
    /// Whether the status is of the present generation.
    pub(crate) is_told: bool,
    /// Whether the resource was Ready at its present generation.
    pub(crate) is_ready: bool,
    /// Whether its last reconcile in this process failed.
    pub(crate) is_failing: bool,
    /// Whether this process has reconciled it while it was not Ready.
    pub(crate) is_known: bool,
}

impl Signs {
    /// The signs of a resource. `request`: the annotation by which a user asks for a reconcile.
    pub(crate) fn of<T: Managed>(resource: &T, request: Option<&String>, is_failing: bool, is_known: bool) -> Self {
        let status = resource.status().map(|status| &status.common);
        let handled = status.and_then(|status| status.last_handled_reconcile_at.as_ref());
        let ready = status.and_then(|status| find(&status.conditions, ConditionType::Ready));
        Self {
            is_deleted: resource.meta().deletion_timestamp.is_some(),
            is_requested: request.is_some_and(|asked| handled != Some(asked)),
            is_told: ready.map(|ready| ready.observed_generation) == resource.meta().generation,
            is_ready: resource.is_ready_for_generation(),
            is_failing,
            is_known,
        }
    }
}

impl Trigger {
    /// Why a reconcile runs. What a user does goes first; what an operator finds at its start stands behind that.
    pub(crate) fn of(signs: Signs) -> Self {
        let Signs { is_deleted, is_requested, is_told, is_ready, is_failing, is_known } = signs;
        if is_deleted {
            Self::Deletion
        } else if is_requested {
            Self::Request
        } else if !is_told {
            Self::Change
        } else if is_failing {
            Self::Retry
        } else if is_ready {
            Self::Resync
        } else if is_known {
            Self::Change
        } else {
            Self::Retry
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_user_does_goes_first_and_the_first_look_after_a_start_does_not() {
        let started = Signs {
            is_deleted: false,
            is_requested: false,
            is_told: true,
            is_ready: true,
            is_failing: false,
            is_known: false,
        };
        let waiting = Signs { is_ready: false, ..started };
        for (signs, expected) in [
            (started, Trigger::Resync),
            (waiting, Trigger::Retry),
            (Signs { is_known: true, ..waiting }, Trigger::Change),
            (Signs { is_failing: true, ..started }, Trigger::Retry),
            (Signs { is_told: false, is_ready: false, ..started }, Trigger::Change),
            (Signs { is_told: false, is_ready: false, is_failing: true, ..started }, Trigger::Change),
            (Signs { is_requested: true, is_failing: true, ..started }, Trigger::Request),
            (Signs { is_deleted: true, is_requested: true, ..started }, Trigger::Deletion),
        ] {
            assert_eq!(Trigger::of(signs), expected, "{signs:?}");
        }
    }
}
