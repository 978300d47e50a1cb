//! The failures and waits of each resource that the log was told of. No IO.

use std::collections::HashMap;

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::api::reason::Reason;
use crate::operator::trouble::repeats::{Occurrence, Repeats};
use crate::plan::outcome::Outcome;
use crate::plan::state::State;
use crate::provider::failure::Class;

/// How loudly the outcome of a reconcile is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Severity {
    /// Nothing is wrong, and nothing is awaited.
    Fine,
    /// Something is awaited that usually comes by itself.
    Unfinished,
    /// It is told elsewhere: by the account that pauses, by the config whose token is refused, or where the request to the API server failed.
    ToldElsewhere,
    /// It failed, is held, or waits for somebody.
    Wrong,
}

impl Severity {
    /// How loudly an outcome is told; `is_config`: of a config, which tells of its token and account itself.
    pub(crate) fn of(outcome: &Outcome, is_config: bool) -> Self {
        match outcome {
            Outcome::State(State::Available | State::Gone) | Outcome::Suspended => Self::Fine,
            Outcome::State(State::Waiting { reason, .. }) if is_unfinished(*reason) => Self::Unfinished,
            Outcome::Failed { failure, .. } if !is_config && is_of_the_config(failure.class) => Self::ToldElsewhere,
            Outcome::ApiServer { .. } => Self::ToldElsewhere,
            Outcome::State(
                State::Waiting { .. } | State::Drifted(_) | State::Stalled { .. } | State::DeletionBlocked { .. },
            )
            | Outcome::Failed { .. } => Self::Wrong,
        }
    }
}

/// Whether a resource with this reason is merely not finished.
fn is_unfinished(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::AwaitingRemoval
            | Reason::Progressing
            | Reason::Recreating
            | Reason::ReferenceNotReady
            | Reason::ResolvingCreate
            | Reason::WriteNotVisible
    )
}

/// Whether all resources of a config fail like this at once.
fn is_of_the_config(class: Class) -> bool {
    match class {
        Class::Wait | Class::Credential => true,
        Class::Retry | Class::Denied | Class::Invalid | Class::Gone | Class::Uncertain => false,
    }
}

/// What a resource fails with, or waits for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Failing {
    /// The reason.
    pub(crate) reason: Reason,
    /// The generation of the spec: the same reason is news for another spec.
    pub(crate) generation: i64,
}

/// The failures and waits that go on, by uid of the resource.
#[derive(Default)]
pub(crate) struct ReportedFailures(Mutex<HashMap<String, Repeats<Failing>>>);

impl ReportedFailures {
    /// A resource fails or waits at `now`.
    pub(crate) fn fails(&self, uid: &str, failing: Failing, now: Timestamp) -> Occurrence {
        self.0.lock().entry(uid.to_owned()).or_default().happens(failing, now)
    }

    /// A resource neither fails nor waits any more; what began first of what was told, and when.
    pub(crate) fn recovers(&self, uid: &str) -> Option<(Failing, Timestamp)> {
        self.0.lock().remove(uid)?.end_all()
    }

    /// The resource is gone.
    pub(crate) fn forget(&self, uid: &str) {
        self.0.lock().remove(uid);
    }

    /// Of how many resources something is kept.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::failure::Failure;

    fn failed(class: Class) -> Outcome {
        Outcome::Failed { failure: Failure::new(class, "x"), still_good: true }
    }

    #[test]
    fn a_failure_is_new_for_each_reason_and_generation_and_after_it_was_over() {
        let (failures, now) = (ReportedFailures::default(), Timestamp::UNIX_EPOCH);
        let failing = |reason, generation| Failing { reason, generation };
        let first = failing(Reason::Invalid, 1);
        assert_eq!(failures.fails("a", first, now), Occurrence::First);
        assert_eq!(failures.fails("a", first, now), Occurrence::Counted);
        for other in [failing(Reason::Invalid, 2), failing(Reason::Forbidden, 1)] {
            assert_eq!(failures.fails("a", other, now), Occurrence::First);
        }
        assert_eq!(failures.fails("b", first, now), Occurrence::First);
        assert_eq!(failures.recovers("a").map(|(_, since)| since), Some(now));
        assert_eq!(failures.recovers("a"), None);
        assert_eq!(failures.fails("a", first, now), Occurrence::First);
        failures.forget("a");
        failures.forget("b");
        assert_eq!(failures.len(), 0);
    }

    #[test]
    fn what_all_resources_of_a_config_have_is_told_by_the_config_alone() {
        for class in [Class::Wait, Class::Credential] {
            assert_eq!(Severity::of(&failed(class), false), Severity::ToldElsewhere);
            assert_eq!(Severity::of(&failed(class), true), Severity::Wrong);
        }
        assert_eq!(Severity::of(&failed(Class::Invalid), false), Severity::Wrong);
        let waiting = |reason| Outcome::State(State::waiting(reason, "x", None));
        assert_eq!(Severity::of(&waiting(Reason::Progressing), false), Severity::Unfinished);
        assert_eq!(Severity::of(&waiting(Reason::ReferenceNotFound), false), Severity::Wrong);
        assert_eq!(Severity::of(&Outcome::Suspended, false), Severity::Fine);
    }
}
