//! When the next reconcile is due, from the outcome of this one.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::operator::reconcile::pass::Pass;
use crate::operator::reconcile::status::StatusReport;
use crate::operator::reconcile_result::Action;
use crate::operator::state::backoff::jittered;
use crate::plan::managed::Managed;
use crate::plan::outcome::Outcome;
use crate::plan::state::State;
use crate::provider::failure::{Class, Failure};

/// How often a blocked deletion is checked again.
const BLOCKED_RECHECK: SignedDuration = SignedDuration::from_secs(30);

/// When the next reconcile is due.
pub(crate) fn next<T: Managed>(pass: &Pass<'_, T>, status_report: &StatusReport<T::Facts>) -> Action {
    let now = pass.context.shared.clock.now();
    let StatusReport { outcome, again, interval, external_id: _, facts: _, approval: _ } = status_report;
    if let Outcome::Failed { failure, .. } = outcome {
        return after_failure(pass, failure, now);
    }
    pass.context.backoff.succeeded(pass.uid());
    let is_earlier = |again: &Timestamp| {
        let at = now.checked_add(*interval);
        interval.is_zero() || at.is_ok_and(|at| *again < at)
    };
    let due = again.filter(is_earlier);
    match outcome {
        Outcome::State(State::Waiting { until: Some(time), .. }) => until(due.map_or(*time, |due| due.min(*time)), now),
        Outcome::State(State::DeletionBlocked { .. }) => blocked(*again, now),
        Outcome::State(
            State::Available | State::Drifted(_) | State::Stalled { .. } | State::Waiting { until: None, .. },
        ) if due.is_some() => until(due.unwrap_or_default(), now),
        Outcome::State(State::Waiting { until: None, .. } | State::Gone) | Outcome::Suspended => Action::await_change(),
        Outcome::State(State::Available | State::Drifted(_) | State::Stalled { .. })
        | Outcome::Failed { .. }
        | Outcome::ApiServer { .. } => after(*interval),
    }
}

fn after_failure<T: Managed>(pass: &Pass<'_, T>, failure: &Failure, now: Timestamp) -> Action {
    let is_deleted = pass.is_deleted();
    match (failure.class, failure.retry_after, pass.attempts.retry_at(is_deleted, now)) {
        (Class::Wait | Class::Credential, Some(pause), _) => Action::requeue(jittered(pause)),
        (Class::Invalid | Class::Denied | Class::Gone, _, Some(time)) if !is_deleted => until(time, now),
        // What blocks a deletion may disappear by itself.
        (Class::Invalid | Class::Denied | Class::Gone, _, Some(time)) => blocked(Some(time), now),
        (Class::Invalid, _, None) if is_deleted => blocked(None, now),
        // The next reconcile leaves the refused call out, and does the rest; a refused read is tried again.
        (Class::Wait | Class::Credential, None, _)
        | (Class::Invalid | Class::Denied | Class::Gone, _, None)
        | (Class::Retry | Class::Uncertain, _, _) => Action::requeue(pass.context.backoff.failed(pass.uid())),
    }
}

/// After an interval; zero: only a change triggers the next reconcile.
fn after(interval: SignedDuration) -> Action {
    match Duration::try_from(interval) {
        Ok(Duration::ZERO) | Err(_) => Action::await_change(),
        Ok(interval) => Action::requeue(jittered(interval)),
    }
}

/// At a time, and a millisecond more, so that it has really come.
fn until(time: Timestamp, now: Timestamp) -> Action {
    let pause = Duration::try_from(time.duration_since(now)).unwrap_or_default();
    Action::requeue(pause.saturating_add(Duration::from_millis(1)))
}

/// At `due`, or after [`BLOCKED_RECHECK`] if that is earlier.
fn blocked(due: Option<Timestamp>, now: Timestamp) -> Action {
    match due.filter(|due| due.duration_since(now) < BLOCKED_RECHECK) {
        Some(due) => until(due, now),
        None => after(BLOCKED_RECHECK),
    }
}
