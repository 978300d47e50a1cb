//! The lines of reconciles. Each reconcile is a span, whose fields every line in it has; each write is a span in that.

use std::borrow::Cow;
use std::future::Future;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tracing::Span;
use tracing::field::Empty;

use crate::api::reason::{EventReason, Reason};
use crate::api::resource_key::ResourceKey;
use crate::operator::reconcile_result::ReconcileResult;
use crate::operator::state::reported_failures::{Failing, ReportedFailures, Severity};
use crate::operator::telemetry::log::calls::milliseconds;
use crate::operator::trouble::repeats::Occurrence;
use crate::plan::outcome::Outcome;
use crate::plan::state::State;
use crate::plan::step::{Step, Why};

/// The resource of a line.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    /// Its uid.
    pub(crate) uid: &'a str,
    /// The generation of its spec.
    pub(crate) generation: i64,
    /// Its external id, if it is known.
    pub(crate) external_id: Option<&'a str>,
    /// Whether it is a config.
    pub(crate) is_config: bool,
}

/// The span of one reconcile. It has the level of errors, so that a line of any level has its fields.
pub(crate) fn reconcile_span(key: &ResourceKey) -> Span {
    let kind = key.kind.as_str();
    tracing::error_span!(
        "reconcile",
        controller = kind,
        controllerKind = kind,
        namespace = Some(key.namespace.as_str()).filter(|namespace| !namespace.is_empty()),
        name = key.name,
        reconcileID = format!("{:016x}", fastrand::u64(..)),
        generation = Empty,
        config = Empty,
        trigger = Empty,
    )
}

/// What this reconcile is about: the generation of the spec, the config that the resource uses, and why it runs.
pub(crate) fn begun(generation: i64, config: Option<&ResourceKey>, trigger: Option<&str>) {
    let span = Span::current();
    span.record("generation", generation);
    if let Some(ResourceKey { kind, namespace: _, name }) = config {
        span.record("config", format!("{kind}/{name}"));
    }
    if let Some(trigger) = trigger {
        span.record("trigger", trigger);
    }
}

/// A reconcile ended.
pub(crate) fn reconciled(result: &ReconcileResult, took: Duration) {
    tracing::debug!(result = result.as_str(), durationMs = milliseconds(took), next = ?result.action, "reconciled");
}

/// One step of a reconcile: tells how long it took.
pub(crate) async fn step<R>(step: &'static str, doing: impl Future<Output = R>) -> R {
    let begun = Instant::now();
    let done = doing.await;
    tracing::debug!(step, durationMs = milliseconds(begun.elapsed()), "step");
    done
}

/// What is to be done, in order.
pub(crate) fn planned(steps: &[Step]) {
    tracing::debug!(operations = operations(steps), "planned");
}

fn operations(steps: &[Step]) -> String {
    let operations: Vec<_> = steps.iter().map(|step| step.call.operation()).collect();
    operations.join(", ")
}

/// The span of one write; `attempt`: which try of its difference it is, from 1.
pub(crate) fn write_span(step: &Step, external_id: Option<&str>, attempt: u32) -> Span {
    tracing::error_span!("write", externalId = external_id, change = change(step), attempt)
}

/// What a write changes.
fn change(step: &Step) -> Option<String> {
    match &step.why {
        Why::Create(_) => None,
        Why::Update(changes) => {
            let changes: Vec<_> = changes.iter().map(ToString::to_string).collect();
            Some(changes.join("; "))
        }
        Why::Delete => step.remark.clone(),
        Why::Notify(change) => Some(change.to_string()),
    }
}

/// A resource took or left an external object, or an approval was used, without a call. What a call did has the line of that call.
pub(crate) fn belonging(reason: EventReason, external_id: Option<&str>, message: &str) {
    match reason {
        EventReason::AdoptedExternalResource => tracing::info!(externalId = external_id, "adopted"),
        EventReason::OrphanedExternalResource => {
            tracing::info!(externalId = external_id, detail = message, "orphaned");
        }
        EventReason::UsedApproval => tracing::info!(externalId = external_id, detail = message, "approved"),
        EventReason::CreatedExternalResource
        | EventReason::DeletedExternalResource
        | EventReason::ReachedPerson
        | EventReason::UpdatedExternalResource => {}
    }
}

/// What a reconcile came to: a failure or a hold is told when it is new, then once in ten minutes, and when it is over. Of a suspended
/// resource nobody knows whether it is over.
pub(crate) fn outcome(failures: &ReportedFailures, about: About<'_>, outcome: &Outcome, now: Timestamp) {
    let (reason, error) = (outcome.reason(), text(outcome));
    match Severity::of(outcome, about.is_config) {
        Severity::Fine => recovered(failures, about, outcome),
        Severity::Unknown => failures.forget(about.uid),
        Severity::Unfinished => tracing::debug!(reason = reason.as_str(), detail = &*error, "waiting"),
        Severity::ToldElsewhere => tracing::debug!(reason = reason.as_str(), error = &*error, "failed"),
        Severity::Wrong => warn(failures, about, reason, headline(outcome), &error, now),
    }
}

fn warn(failures: &ReportedFailures, about: About<'_>, reason: Reason, what: &str, error: &str, now: Timestamp) {
    let (failing, external_id) = (Failing::new(reason, about.generation, error), about.external_id);
    let reason = reason.as_str();
    match failures.fails(about.uid, failing, now) {
        Occurrence::First => tracing::warn!(reason, externalId = external_id, error, "{what}"),
        Occurrence::Summed { times, since } => {
            tracing::warn!(reason, externalId = external_id, error, times, %since, "{what}, again");
        }
        Occurrence::Counted => tracing::debug!(reason, error, "{what}"),
    }
}

fn recovered(failures: &ReportedFailures, about: About<'_>, outcome: &Outcome) {
    if let Some((failing, since)) = failures.recovers(about.uid) {
        let reason = failing.reason.as_str();
        let what = if matches!(outcome, Outcome::State(State::Gone)) { "the deletion is done" } else { "recovered" };
        tracing::info!(reason, externalId = about.external_id, %since, "{what}");
    }
}

/// What happened, in a few words that do not change.
fn headline(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Failed { .. } | Outcome::ApiServer { .. } => "failed",
        Outcome::State(State::Drifted(_)) => "the provider differs, and is left as it is",
        Outcome::State(State::Waiting { .. }) => "waiting",
        Outcome::State(State::DeletionBlocked { .. }) => "the deletion is held",
        Outcome::State(State::Stalled { .. }) => "stalled",
        Outcome::State(State::Available | State::Gone) | Outcome::Suspended => "ready",
    }
}

/// What is wrong and what to do.
fn text(outcome: &Outcome) -> Cow<'_, str> {
    match outcome {
        Outcome::State(State::Drifted(drift)) => drift.message().into(),
        outcome => outcome.message(),
    }
}
