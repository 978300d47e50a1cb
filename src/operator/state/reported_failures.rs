//! The failures and waits of each resource that the log was told of. No IO.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::api::quotation::without_quotations;
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
    /// Nobody looks: what was told before is neither going on nor over.
    Unknown,
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
            Outcome::State(State::Available | State::Gone) => Self::Fine,
            Outcome::Suspended => Self::Unknown,
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
    generation: i64,
    /// A hash of the message, without the words of the provider.
    said: u64,
}

impl Failing {
    /// A failure of this generation of the spec, with what is told of it.
    pub(crate) fn new(reason: Reason, generation: i64, message: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        without_quotations(message).hash(&mut hasher);
        Self { reason, generation, said: hasher.finish() }
    }
}

/// What is wrong with one resource.
struct ResourceTrouble {
    /// Since when something is.
    since: Timestamp,
    /// What it is now: what was told before is over.
    failing: Failing,
    lines: Repeats<()>,
}

/// The failures and waits that go on, by uid of the resource.
#[derive(Default)]
pub(crate) struct ReportedFailures(Mutex<HashMap<String, ResourceTrouble>>);

impl ReportedFailures {
    /// A resource fails or waits at `now`.
    pub(crate) fn fails(&self, uid: &str, failing: Failing, now: Timestamp) -> Occurrence {
        let mut all = self.0.lock();
        let begins = |since| ResourceTrouble { since, failing, lines: Repeats::default() };
        let ongoing = all.entry(uid.to_owned()).or_insert_with(|| begins(now));
        if ongoing.failing != failing {
            *ongoing = begins(ongoing.since);
        }
        ongoing.lines.happens((), now)
    }

    /// A resource neither fails nor waits any more; what was wrong last, and since when something was.
    pub(crate) fn recovers(&self, uid: &str) -> Option<(Failing, Timestamp)> {
        self.0.lock().remove(uid).map(|ongoing| (ongoing.failing, ongoing.since))
    }

    /// The resource is gone, or nobody looks at it.
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
    use crate::api::quotation::quotation;
    use crate::provider::failure::Failure;

    fn failed(class: Class) -> Outcome {
        Outcome::Failed { failure: Failure::new(class, "x"), still_good: true }
    }

    #[test]
    fn a_failure_is_new_for_each_reason_and_generation_and_after_it_was_over() {
        let (failures, now) = (ReportedFailures::default(), Timestamp::UNIX_EPOCH);
        let failing = |reason, generation| Failing::new(reason, generation, "x");
        let first = failing(Reason::Invalid, 1);
        assert_eq!(failures.fails("a", first, now), Occurrence::First);
        assert_eq!(failures.fails("a", first, now), Occurrence::Counted);
        for other in [failing(Reason::Invalid, 2), failing(Reason::Forbidden, 1), Failing::new(Reason::Invalid, 1, "y")]
        {
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
    fn what_was_told_is_over_when_something_else_begins() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let failures = ReportedFailures::default();
        let failing = |reason| Failing::new(reason, 1, "x");
        for (second, reason) in [(0, Reason::Invalid), (1, Reason::Forbidden), (2, Reason::Invalid)] {
            assert_eq!(failures.fails("a", failing(reason), at(second)), Occurrence::First, "{second}");
        }
        assert_eq!(failures.recovers("a"), Some((failing(Reason::Invalid), at(0))));
        let quoting = |words: &str| Failing::new(Reason::Invalid, 1, &quotation("the provider", words));
        assert_eq!(quoting("request 1 failed"), quoting("request 2 failed"));
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
        assert_eq!(Severity::of(&Outcome::Suspended, false), Severity::Unknown);
    }
}
