//! Why a reconcile runs, as far as the resource shows it.

use kube::ResourceExt;

use crate::api::annotations::{RECONCILE_REQUESTED_AT, token};
use crate::api::conditions::{ConditionStatus, ConditionType, find};
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

/// What the status says of the present generation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Told {
    /// Nothing: a user changed the resource since.
    Nothing,
    /// That the resource is not Ready.
    NotReady,
    /// That it is Ready.
    Ready,
}

/// What this process knows of a resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KnownSoFar {
    /// Nothing: this process reported no result yet.
    Nothing,
    /// A user changed something since the last result was reported: perhaps only an annotation, of which the generation tells nothing.
    Changed,
    /// Its last reconcile failed.
    Fails,
    /// This process reported a result, and no user changed anything since. If it is not Ready, it waits for something.
    Reported,
}

/// What decides why a reconcile runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Signs {
    /// Whether the resource is being deleted.
    pub(crate) is_deleted: bool,
    /// Whether a user asked for a reconcile by annotation, and none was done since.
    pub(crate) is_requested: bool,
    /// What the status says.
    pub(crate) told: Told,
    /// What this process knows.
    pub(crate) memory: KnownSoFar,
}

impl Signs {
    /// The signs of a resource.
    pub(crate) fn of<T: Managed>(resource: &T, memory: KnownSoFar) -> Self {
        let status = resource.status().map(|status| &status.common);
        let handled = status.and_then(|status| status.last_handled_reconcile_at.as_ref());
        let ready = status.and_then(|status| find(&status.conditions, ConditionType::Ready));
        let told = match ready.filter(|ready| Some(ready.observed_generation) == resource.meta().generation) {
            None => Told::Nothing,
            Some(ready) if ready.status == ConditionStatus::True => Told::Ready,
            Some(_) => Told::NotReady,
        };
        let is_requested =
            token(resource.annotations(), RECONCILE_REQUESTED_AT).is_some_and(|asked| handled != Some(&asked));
        Self { is_deleted: resource.meta().deletion_timestamp.is_some(), is_requested, told, memory }
    }
}

impl Trigger {
    /// Why a reconcile runs. What a user does goes first; what an operator finds at its start stands behind that.
    pub(crate) fn of(signs: Signs) -> Self {
        let Signs { is_deleted, is_requested, told, memory } = signs;
        match (told, memory) {
            _ if is_deleted => Self::Deletion,
            _ if is_requested => Self::Request,
            (_, KnownSoFar::Changed) | (Told::Nothing, _) | (Told::NotReady, KnownSoFar::Reported) => Self::Change,
            (Told::NotReady | Told::Ready, KnownSoFar::Fails) | (Told::NotReady, KnownSoFar::Nothing) => Self::Retry,
            (Told::Ready, KnownSoFar::Nothing | KnownSoFar::Reported) => Self::Resync,
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
        let started = Signs { is_deleted: false, is_requested: false, told: Told::Ready, memory: KnownSoFar::Nothing };
        let not_ready = Signs { told: Told::NotReady, ..started };
        let edited = Signs { told: Told::Nothing, ..started };
        for (signs, expected) in [
            (started, Trigger::Resync),
            (not_ready, Trigger::Retry),
            (edited, Trigger::Change),
            (Signs { memory: KnownSoFar::Reported, ..not_ready }, Trigger::Change),
            (Signs { memory: KnownSoFar::Reported, ..started }, Trigger::Resync),
            (Signs { memory: KnownSoFar::Changed, ..started }, Trigger::Change),
            (Signs { memory: KnownSoFar::Fails, ..started }, Trigger::Retry),
            (Signs { memory: KnownSoFar::Fails, ..edited }, Trigger::Change),
            (Signs { is_requested: true, memory: KnownSoFar::Fails, ..started }, Trigger::Request),
            (Signs { is_deleted: true, is_requested: true, ..started }, Trigger::Deletion),
        ] {
            assert_eq!(Trigger::of(signs), expected, "{signs:?}");
        }
    }
}
