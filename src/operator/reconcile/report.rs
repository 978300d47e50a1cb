//! Last step: status, events, metrics and the next visit, all from what came of the visit.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kube::runtime::controller::Action;

use crate::api::conditions::find;
use crate::connection::reader::Reader;
use crate::operator::context::Shared;
use crate::operator::provider_config::view::View;
use crate::operator::reconcile::apply::Applied;
use crate::operator::reconcile::finalizer::release;
use crate::operator::reconcile::pass::{Halt, Happened, Round};
use crate::operator::reconcile::prepare::{hold, is_conflict};
use crate::operator::reconcile::resolve::config_key;
use crate::operator::reconcile::status;
use crate::operator::state::backoff::jittered;
use crate::plan::State;
use crate::plan::managed::Managed;
use crate::plan::outcome::Verdict;
use crate::provider::failure::{Class, Failure};

/// What cannot be done in this moment is looked at again after so long.
const LATER: Duration = Duration::from_secs(1);
/// A visit that ends before the provider is asked costs nothing: it comes again soon.
const SOON: SignedDuration = SignedDuration::from_secs(10);

/// How often it is looked whether a deletion that is held or refused can go on.
const HELD: Duration = Duration::from_secs(30);

/// What is to be written of a visit.
pub(crate) struct Told<F> {
    pub(crate) verdict: Verdict,
    pub(crate) external_id: Option<String>,
    pub(crate) facts: Option<F>,
    again: Option<Timestamp>,
    interval: SignedDuration,
}

/// Reports a visit; says when the next one is due.
pub(crate) async fn report<T: Managed>(round: &mut Round<'_, T>, outcome: Result<Applied<T>, Halt>) -> Action {
    let told = match outcome {
        Ok(Applied::Plan { plan, interval }) => Told {
            verdict: Verdict::Rest(plan.state),
            external_id: plan.external_id,
            facts: Some(plan.facts),
            again: plan.again,
            interval,
        },
        Ok(Applied::Suspended) => without_plan(round, Verdict::Suspended),
        Err(Halt::Rest(state)) => without_plan(round, Verdict::Rest(state)),
        Err(Halt::Failed(failure)) => failed(round, failure),
        Err(Halt::Closing | Halt::LetGo(_)) => return Action::await_change(),
        Err(Halt::Later) => {
            tell_what_happened(round);
            return Action::requeue(LATER);
        }
        // The change that came between wakes it.
        Err(Halt::Superseded) => {
            tell_what_happened(round);
            return Action::await_change();
        }
        Err(Halt::Kubernetes(error)) => return not_written(round, &error),
    };
    round.context.shared.metrics.concluded(round.key.kind, &told.verdict);
    match write(round, &told).await {
        Ok(()) => next(round, &told),
        Err(Halt::Kubernetes(error)) => not_written(round, &error),
        Err(_) => Action::await_change(),
    }
}

fn without_plan<T: Managed>(round: &Round<'_, T>, verdict: Verdict) -> Told<T::Facts> {
    let facts = round.status().map(|status| status.facts.clone());
    Told { verdict, external_id: round.recorded.clone(), facts, again: None, interval: SOON }
}

/// What was Ready stays Ready through trouble that passes, while the last good look is young (conventions S7).
fn failed<T: Managed>(round: &Round<'_, T>, failure: Failure) -> Told<T::Facts> {
    let key = config_key(round.resource.as_ref(), &round.key.namespace);
    let config = round.context.shared.index.config(&key);
    let interval = config.as_ref().map_or(0, |config| config.settings.resync_interval_seconds);
    let interval = SignedDuration::from_secs(interval.into());
    let is_young = config.is_some_and(|config| is_young(round, &config, interval));
    let still_good = round.is_settled() && round.happened.is_empty() && is_young;
    Told { interval, ..without_plan(round, Verdict::Failed { failure, still_good }) }
}

fn is_young<T: Managed>(round: &Round<'_, T>, config: &View, interval: SignedDuration) -> bool {
    let oldest = round.context.shared.clock.now().saturating_sub(interval * 2).unwrap_or(Timestamp::MIN);
    let reader = round.context.shared.connections.remembered(config).map(|writer| writer.reader().clone());
    reader.as_ref().is_some_and(|reader: &Reader| reader.succeeded_since(oldest))
}

async fn write<T: Managed>(round: &mut Round<'_, T>, told: &Told<T::Facts>) -> Result<(), Halt> {
    if round.is_deleted() && matches!(told.verdict, Verdict::Rest(State::Gone)) {
        publish(round, told);
        return release(round).await;
    }
    if round.is_deleted() && !round.is_held() {
        return Ok(());
    }
    if told.external_id.is_some() && !round.only_observes() {
        hold(round).await?;
    }
    publish(round, told);
    status::write(round, told).await
}

/// Events of real changes, and one of each new failure.
fn publish<T: Managed>(round: &mut Round<'_, T>, told: &Told<T::Facts>) {
    let known = round.status().and_then(|status| status.common.external_id.clone());
    let adopted = told.external_id.is_some() && known.is_none() && round.annotations.intent.is_none();
    if adopted && !round.happened.iter().any(|event| event.reason == "CreatedExternalResource") {
        round.tell("AdoptedExternalResource", "an external object that existed already belongs to this resource now");
    }
    tell_what_happened(round);
    let events = &round.context.shared.events;
    let (reason, message) = (told.verdict.reason(), told.verdict.message());
    let before = find(round.conditions(), "Synced");
    let is_new = before.is_none_or(|before| before.reason != reason || before.message != message);
    if is_new && matches!(told.verdict, Verdict::Rest(State::Drifted(_))) {
        round.context.shared.metrics.drifted(round.key.kind);
    }
    if told.verdict.is_bad() && is_new {
        events.warning(round.resource.as_ref(), reason, message);
    }
}

fn tell_what_happened<T: Managed>(round: &mut Round<'_, T>) {
    let Shared { events, metrics, .. } = round.context.shared.as_ref();
    for Happened { reason, note } in round.happened.drain(..) {
        metrics.wrote(reason);
        events.normal(round.resource.as_ref(), reason, &note);
    }
}

fn next<T: Managed>(round: &Round<'_, T>, told: &Told<T::Facts>) -> Action {
    let retries = &round.context.retries;
    let after = |interval: SignedDuration| match Duration::try_from(interval) {
        Ok(Duration::ZERO) | Err(_) => Action::await_change(),
        Ok(interval) => Action::requeue(jittered(interval)),
    };
    let until = |time: Timestamp| {
        let pause = Duration::try_from(time.duration_since(round.context.shared.clock.now())).unwrap_or_default();
        // A millisecond more, so that what is due then is due.
        Action::requeue(pause + Duration::from_millis(1))
    };
    if let Verdict::Failed { failure, .. } = &told.verdict {
        return Action::requeue(match (failure.class, failure.retry_after) {
            (Class::Wait | Class::Credential, Some(pause)) => jittered(pause),
            // What blocks a deletion may go by itself.
            (Class::Invalid, _) if round.is_deleted() => jittered(HELD),
            (Class::Invalid, _) => return after(told.interval),
            _ => retries.failed(round.uid()),
        });
    }
    retries.succeeded(round.uid());
    let due = told.again.filter(|again| {
        let interval = told.interval;
        let at = round.context.shared.clock.now().checked_add(interval);
        interval.is_zero() || at.is_ok_and(|at| *again < at)
    });
    match &told.verdict {
        Verdict::Rest(State::Waiting { until: Some(time), .. }) => until(due.map_or(*time, |due| due.min(*time))),
        Verdict::Rest(State::Available | State::Drifted(_) | State::Stalled { .. }) if due.is_some() => {
            until(due.unwrap_or_default())
        }
        Verdict::Rest(State::Waiting { until: None, .. } | State::Gone) | Verdict::Suspended => Action::await_change(),
        Verdict::Rest(State::Held { .. }) => Action::requeue(jittered(HELD)),
        _ => after(told.interval),
    }
}

/// The API server refused or could not be reached: nothing is lost, the next visit finds it all again.
fn not_written<T: Managed>(round: &Round<'_, T>, error: &kube::Error) -> Action {
    let pause = round.context.retries.failed(round.uid());
    let (kind, namespace, name) = (round.key.kind, &round.key.namespace, &round.key.name);
    if is_conflict(error) {
        tracing::debug!(kind, namespace, name, "somebody else wrote first; the next visit goes on");
    } else {
        tracing::warn!(kind, namespace, name, %error, "the API server did not take a write; it is tried again");
    }
    round.context.shared.metrics.failed(round.key.kind);
    Action::requeue(pause)
}
