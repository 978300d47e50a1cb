//! The last step: status and events, from the outcome of the reconcile.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::api::conditions::find;
use crate::api::provider_config::view::ConfigView;
use crate::api::reason::Reason;
use crate::operator::context::Shared;
use crate::operator::interrupt::Interrupt;
use crate::operator::kubernetes::events::note_with_id;
use crate::operator::reconcile::adoption::{adopts, tell_adoption};
use crate::operator::reconcile::apply::Applied;
use crate::operator::reconcile::finalizer::remove_finalizer;
use crate::operator::reconcile::handing_over::tell_handing_over;
use crate::operator::reconcile::next::next;
use crate::operator::reconcile::pass::{Pass, PendingEvent};
use crate::operator::reconcile::status;
use crate::operator::reconcile::status::StatusReport;
use crate::operator::reconcile::status::recorded_approval;
use crate::operator::reconcile::write_ahead::ensure_finalizer;
use crate::operator::reconcile_result::{Action, ReconcileResult};
use crate::operator::telemetry::log::reconcile as log;
use crate::operator::telemetry::log::reconcile::About;
use crate::operator::trouble::ApiTrouble;
use crate::plan::approval::told::Approval;
use crate::plan::managed::{Managed, config_key};
use crate::plan::named_failure::naming;
use crate::plan::notice::Notice;
use crate::plan::outcome::{Announcement, Outcome};
use crate::plan::state::State;
use crate::provider::failure::{Class, Failure};

/// The pause after [`Interrupt::Later`].
const LATER: Duration = Duration::from_secs(1);
/// How often a request is tried again that the API server refuses, at the latest.
const FORBIDDEN_RECHECK: Duration = Duration::from_secs(20);
/// The interval of a reconcile that ends before the provider is asked.
const RECHECK: SignedDuration = SignedDuration::from_secs(10);

/// Reports a reconcile; returns its result for the controller. However it ends, what it changed at the provider is told.
pub(crate) async fn report<T: Managed>(
    pass: &mut Pass<'_, T>,
    outcome: Result<Applied<T>, Interrupt>,
) -> ReconcileResult {
    let result = reported(pass, outcome).await;
    publish_pending(pass);
    result
}

async fn reported<T: Managed>(pass: &mut Pass<'_, T>, outcome: Result<Applied<T>, Interrupt>) -> ReconcileResult {
    let status_report = match outcome {
        Ok(Applied::Plan { plan, interval }) => StatusReport {
            outcome: Outcome::State(plan.state),
            external_id: plan.external_id,
            facts: Some(plan.facts),
            approval: plan.approval,
            again: plan.again,
            interval,
        },
        Ok(Applied::Suspended) => without_plan(pass, Outcome::Suspended),
        Err(Interrupt::State(state)) => without_plan(pass, Outcome::State(state)),
        Err(Interrupt::Failed(failure)) => failed(pass, failure),
        Err(Interrupt::Closing | Interrupt::Orphan(_)) => return ReconcileResult::success(Action::await_change()),
        Err(Interrupt::Later) => return ReconcileResult::success(Action::requeue(LATER)),
        Err(Interrupt::ApiServer(trouble)) => return troubled(pass, &trouble).await,
    };
    match write(pass, &status_report).await {
        Ok(()) => ReconcileResult::of(&status_report.outcome, next(pass, &status_report)),
        Err(Interrupt::ApiServer(trouble)) => troubled(pass, &trouble).await,
        Err(Interrupt::Later) => ReconcileResult::success(Action::requeue(LATER)),
        Err(_) => ReconcileResult::of(&status_report.outcome, Action::await_change()),
    }
}

fn without_plan<T: Managed>(pass: &Pass<'_, T>, outcome: Outcome) -> StatusReport<T::Facts> {
    let facts = pass.status().map(|status| status.facts.clone());
    let approval = approval_without_plan(pass, &outcome);
    StatusReport { outcome, external_id: pass.known_id.clone(), facts, approval, again: None, interval: RECHECK }
}

/// What status goes on to say of approvals: what waits for one is known as long as nothing but a call or a request failed.
fn approval_without_plan<T: Managed>(pass: &Pass<'_, T>, outcome: &Outcome) -> Approval {
    let approval = recorded_approval(pass);
    match outcome {
        Outcome::Failed { .. } | Outcome::ApiServer { .. } => approval,
        Outcome::State(_) | Outcome::Suspended => Approval { pending: None, ..approval },
    }
}

/// A resource that was Ready stays Ready through a temporary failure, as long as the provider answered recently.
fn failed<T: Managed>(pass: &Pass<'_, T>, failure: Failure) -> StatusReport<T::Facts> {
    let key = config_key(pass.resource.as_ref(), &pass.key.namespace);
    let index = &pass.context.shared.index;
    if failure.class == Class::Credential && index.is_ready(&key) {
        // The config watches its Secret from now on.
        index.trigger([key.clone()]);
    }
    let config = index.config(&key);
    let now = pass.context.shared.clock.now();
    let is_told = config.as_ref().and_then(|config| config.throttled_until).is_some_and(|until| until > now);
    if failure.class == Class::Wait && !is_told {
        // The config tells until when the account pauses.
        index.trigger([key.clone()]);
    }
    let interval = config.as_ref().map_or(SignedDuration::ZERO, |config| config.settings.resync_interval());
    let failure = match &config {
        Some(config) => naming(failure, config),
        None => failure,
    };
    let still_good = still_good(pass);
    StatusReport { interval, ..without_plan(pass, Outcome::Failed { failure, still_good }) }
}

/// Whether a resource that was Ready stays Ready: nothing was to be changed, and the provider answered recently.
fn still_good<T: Managed>(pass: &Pass<'_, T>) -> bool {
    let config = pass.context.shared.index.config(&config_key(pass.resource.as_ref(), &pass.key.namespace));
    let is_recent = config.is_some_and(|config| succeeded_recently(pass, &config, config.settings.resync_interval()));
    pass.is_ready_for_generation() && !pass.has_steps && pass.pending_events.is_empty() && is_recent
}

/// Whether a call with this config succeeded within two resync intervals.
fn succeeded_recently<T: Managed>(pass: &Pass<'_, T>, config: &ConfigView, interval: SignedDuration) -> bool {
    let oldest = pass.context.shared.clock.now().saturating_sub(interval * 2).unwrap_or(Timestamp::MIN);
    pass.context.shared.connections.succeeded_since(&config.key, oldest)
}

async fn write<T: Managed>(pass: &mut Pass<'_, T>, status_report: &StatusReport<T::Facts>) -> Result<(), Interrupt> {
    if pass.is_deleted() && matches!(status_report.outcome, Outcome::State(State::Gone)) {
        tell_handing_over(pass).await?;
        publish(pass, status_report);
        return remove_finalizer(pass).await;
    }
    if pass.is_deleted() && !pass.has_finalizer() {
        return Ok(());
    }
    let may_exist = status_report.external_id.is_some() || pass.annotations.has_record();
    if may_exist && !pass.only_observes() {
        ensure_finalizer(pass).await?;
    }
    publish(pass, status_report);
    log::step("status", status::write(pass, status_report)).await
}

/// Tells the log, and publishes events of changes at the provider and one warning for each new failure.
fn publish<T: Managed>(pass: &mut Pass<'_, T>, status_report: &StatusReport<T::Facts>) {
    let about = About { external_id: status_report.external_id.as_deref(), ..pass.about() };
    log::outcome(&pass.context.failures, about, &status_report.outcome, pass.context.shared.clock.now());
    if adopts(pass, status_report.external_id.as_deref()) {
        pass.known_id.clone_from(&status_report.external_id);
        tell_adoption(pass);
    }
    // Every event names the object, also the one in which it is found.
    pass.known_id = pass.known_id.take().or_else(|| status_report.external_id.clone());
    publish_pending(pass);
    if !status_report.outcome.is_told_by(pass.conditions(), pass.about().generation) {
        announce(pass, &status_report.outcome);
    }
    let events = &pass.context.shared.events;
    for Notice { reason, message } in T::news(&pass.reported_facts, &status_report.facts.clone().unwrap_or_default()) {
        events.warning(pass.resource.as_ref(), reason, &with_id(pass, &message));
    }
    for told in status::conditions(pass, status_report) {
        let before = find(pass.conditions(), told.type_);
        let is_known = before.is_some_and(|before| before.message == told.message);
        if told.reason.is_about_people() && !is_known {
            events.warning(pass.resource.as_ref(), told.reason, &with_id(pass, &told.message));
        }
    }
}

/// Publishes an event of a new failure, hold, wait or difference.
fn announce<T: Managed>(pass: &Pass<'_, T>, outcome: &Outcome) {
    let Shared { events, metrics, .. } = pass.context.shared.as_ref();
    if matches!(outcome, Outcome::State(State::Drifted(_))) {
        metrics.drifted(pass.key.kind.as_str());
    }
    let (reason, note) = (outcome.reason(), with_id(pass, &outcome.message()));
    match outcome.announcement() {
        Announcement::None => {}
        Announcement::Normal => events.waiting(pass.resource.as_ref(), reason, &note),
        Announcement::Warning => events.warning(pass.resource.as_ref(), reason, &note),
    }
}

/// The note of an event, with the id of the external object.
fn with_id<T: Managed>(pass: &Pass<'_, T>, note: &str) -> String {
    note_with_id(note, pass.known_id.as_deref())
}

fn publish_pending<T: Managed>(pass: &mut Pass<'_, T>) {
    let Shared { events, metrics, .. } = pass.context.shared.as_ref();
    for PendingEvent { reason, message, external_id } in std::mem::take(&mut pass.pending_events) {
        let external_id = external_id.as_deref().or(pass.known_id.as_deref());
        log::belonging(reason, external_id, &message);
        metrics.wrote(reason);
        events.change(pass.resource.as_ref(), reason, &note_with_id(&message, external_id));
    }
}

/// A request to the API server failed. Nothing is lost: the next reconcile observes and plans again. The resource says so if its status
/// can be written; the log and a metric say so in any case.
async fn troubled<T: Managed>(pass: &mut Pass<'_, T>, trouble: &ApiTrouble) -> ReconcileResult {
    let pause = pass.context.backoff.failed(pass.uid());
    let (kind, key) = (pass.key.kind.as_str(), pass.key.clone());
    let troubles = Arc::clone(&pass.context.shared.troubles);
    let what = format!("{kind} '{key}' cannot be reconciled");
    let Some(told) = troubles.tell(trouble, &("reconcile", &trouble.asked), &what) else {
        return ReconcileResult::error(Action::requeue(pause));
    };
    let is_passing = told.reason == Reason::KubernetesUnavailable;
    if !trouble.asked.is_about_status() {
        let still_good = is_passing && still_good(pass);
        let status_report = without_plan(pass, Outcome::ApiServer { trouble: told, still_good });
        if let Err(Interrupt::ApiServer(next)) = tell(pass, status_report).await {
            troubles.tell(
                &next,
                &("reconcile", &next.asked),
                &format!("the status of {kind} '{key}' cannot be written"),
            );
        }
    } else if !is_passing {
        pass.context.shared.events.warning(pass.resource.as_ref(), told.reason, &told.message);
    }
    // Nobody tells the operator that a right was given.
    let longest = if is_passing { pause } else { FORBIDDEN_RECHECK };
    ReconcileResult::error(Action::requeue(pause.min(longest)))
}

/// Writes the trouble into status. An id is not recorded before the finalizer is there.
async fn tell<T: Managed>(pass: &mut Pass<'_, T>, report: StatusReport<T::Facts>) -> Result<(), Interrupt> {
    if pass.is_deleted() && !pass.has_finalizer() {
        return Ok(());
    }
    let known = pass.status().and_then(|status| status.common.external_id.clone());
    let external_id = if pass.has_finalizer() { report.external_id } else { known };
    let report = StatusReport { external_id, ..report };
    publish(pass, &report);
    status::write(pass, &report).await
}
