//! The reconciler of a config: whether its credential is accepted, which account it belongs to, and whether resources use it.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use kube::{Api, ResourceExt};

use crate::api::finalizer::has_finalizer;
use crate::api::provider_config::AccountIdentity;
use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::operator::context::Context;
use crate::operator::interrupt::Interrupt;
use crate::operator::kubernetes::config_api::ConfigApi;
use crate::operator::kubernetes::patch::MetadataPatch;
use crate::operator::provider_config::examine::{Examined, examined};
use crate::operator::provider_config::report::tell;
use crate::operator::provider_config::serving::{Settled, leave, may_report, settle};
use crate::operator::provider_config::users::Users;
use crate::operator::reconcile_result::{Action, ReconcileResult};
use crate::operator::state::backoff::jittered;
use crate::operator::state::secrets::FRESH;
use crate::operator::telemetry::log::reconcile as log;
use crate::operator::telemetry::log::reconcile::About;
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::plan::config_report::{ConfigReport, end_of_pause};
use crate::plan::outcome::Outcome;
use crate::plan::resync_pace::ResyncPace;
use crate::plan::state::State;
use crate::provider::failure::{Class, Failure};

/// How often the Secret is looked at while nothing is wrong. It needs no call to the provider.
const CHECK_INTERVAL: Duration = Duration::from_mins(1);

/// After the end of a pause it is surely over.
const A_MOMENT: Duration = Duration::from_millis(50);

/// Reconciles one config.
pub(crate) async fn reconcile<C: ConfigApi>(seen: Arc<C>, context: Arc<Context<C>>) -> ReconcileResult {
    let config = context.read_your_writes.newest(seen);
    let uid = config.uid().unwrap_or_default();
    let about = about(config.as_ref(), &uid);
    log::begun(about.generation, None, None);
    match reconcile_chosen(&config, &context).await {
        Ok(result) => result,
        Err(Interrupt::ApiServer(trouble)) => troubled(&config, &context, &trouble).await,
        Err(Interrupt::Later) => ReconcileResult::success(Action::requeue(FRESH)),
        Err(_) => ReconcileResult::success(Action::await_change()),
    }
}

/// A config, for the log.
fn about<'a, C: ConfigApi>(config: &C, uid: &'a str) -> About<'a> {
    About { uid, generation: config.meta().generation.unwrap_or(0), external_id: None, is_config: true }
}

/// Reconciles a config if it is for this operator.
async fn reconcile_chosen<C: ConfigApi>(config: &Arc<C>, context: &Context<C>) -> Result<ReconcileResult, Interrupt> {
    match context.shared.services.begin(&config.view()) {
        Some(_work) => reconcile_once(config, context).await,
        None => leave(config, context).await,
    }
}

async fn reconcile_once<C: ConfigApi>(config: &Arc<C>, context: &Context<C>) -> Result<ReconcileResult, Interrupt> {
    let (config, is_served, sees_users) = match settle(config, context).await? {
        Settled::Here(config) => (config, true, true),
        Settled::Nobody(config) => (config, false, false),
        Settled::Unknown(config) => (config, false, true),
        Settled::Another(result) => return Ok(result),
    };
    // What a write below returns may be newer than what is examined.
    let (view, generation, shared) = (config.view(), config.meta().generation.unwrap_or(0), &context.shared);
    let Users { known: referrers, unseen } = Users::of(&view.key, context);
    let was_in_use = config.status().is_some_and(|status| status.in_use == Some(true));
    let unseen = unseen.or_else(|| (was_in_use && !sees_users).then(used_elsewhere));
    let is_known_in_use = !referrers.is_empty();
    let in_use = is_known_in_use || (unseen.is_some() && was_in_use);
    let is_deleted = config.meta().deletion_timestamp.is_some();
    if is_deleted && !is_known_in_use && unseen.is_none() {
        finalizer(&config, context, false).await?;
        shared.services.forget(&view.key);
        shared.connections.forget(&view.key);
        context.forget(&config.uid().unwrap_or_default());
        return Ok(ReconcileResult::success(Action::await_change()));
    }
    let config = if is_deleted || !is_served { config } else { finalizer(&config, context, true).await? };
    let Examined { outcome, account, pause, is_remembered, pace } = examined(&view, config.as_ref(), context).await?;
    let outcome = unseen.filter(|_| is_deleted && !is_known_in_use).map_or(outcome, Outcome::State);
    let (uid, now) = (config.uid().unwrap_or_default(), shared.clock.now());
    log::outcome(&context.failures, about(config.as_ref(), &uid), &outcome, now);
    let recorded = config.status().and_then(|status| status.throttled_until);
    let report = ConfigReport {
        outcome: &outcome,
        others: &shared.connections.others(&view.key),
        generation,
        is_deleted,
        users: &referrers,
        throttled_until: pause.and_then(|rest| end_of_pause(rest, now, recorded)),
        is_remembered,
        pace,
    };
    let is_told = told(&config, context, &report, account, in_use, is_served).await?;
    let next = next(config.as_ref(), context, &outcome, pause);
    // Another operator that does not serve the config may write at the same time.
    Ok(ReconcileResult::of(&outcome, if is_told && !is_served { Action::requeue(FRESH) } else { next }))
}

/// Tells what was found out, if this operator is the one that may. Whether it is.
async fn told<C: ConfigApi>(
    config: &Arc<C>,
    context: &Context<C>,
    report: &ConfigReport<'_>,
    account: Option<AccountIdentity>,
    in_use: bool,
    is_served: bool,
) -> Result<bool, ApiTrouble> {
    let may_tell = may_report(config.as_ref(), context, matches!(report.outcome, Outcome::State(State::Available)));
    if may_tell {
        tell(config, context, report, account, in_use).await?;
    }
    if may_tell && !is_served {
        let written = context.read_your_writes.newest(Arc::clone(config));
        context.shared.services.judged(&config.view().key, written.status());
    }
    Ok(may_tell)
}

/// The state of a deleted config that an operator served for resources in namespaces that this one does not watch.
fn used_elsewhere() -> State {
    let message = "resources in namespaces that this operator does not watch use this config, as its `status.inUse` says: delete them, and \
                   let the operator that watches them go on; if there is none any more, set `status.inUse` to false";
    State::waiting(Reason::HasDependents, message, None)
}

/// A request to the API server failed: the config says so if its status can be written; the log and a metric say so in any case.
async fn troubled<C: ConfigApi>(config: &Arc<C>, context: &Context<C>, trouble: &ApiTrouble) -> ReconcileResult {
    let pause = context.backoff.failed(&config.uid().unwrap_or_default()).min(CHECK_INTERVAL);
    let (troubles, name) = (&context.shared.troubles, config.name_any());
    let what = format!("{} '{name}' cannot be reconciled", C::KIND);
    let Some(told) = troubles.tell(trouble, &("config", &trouble.asked), &what) else {
        return ReconcileResult::error(Action::requeue(pause));
    };
    if !trouble.asked.is_about_status() && may_report(config.as_ref(), context, false) {
        let status = config.status().cloned().unwrap_or_default();
        let outcome = Outcome::ApiServer { trouble: told, still_good: false };
        let key = ResourceKey::of(config.as_ref());
        let users = context.shared.index.referrers(&key);
        let in_use = status.in_use == Some(true) || !users.is_empty();
        let report = ConfigReport {
            outcome: &outcome,
            others: &context.shared.connections.others(&key),
            generation: config.meta().generation.unwrap_or(0),
            is_deleted: config.meta().deletion_timestamp.is_some(),
            users: &users,
            throttled_until: None,
            is_remembered: false,
            pace: ResyncPace::Unknown,
        };
        let report = report.keeping(&status, context.shared.clock.now());
        if let Err(next) = tell(config, context, &report, status.account, in_use).await {
            troubles.tell(
                &next,
                &("config", &next.asked),
                &format!("the status of {} '{name}' cannot be written", C::KIND),
            );
        }
    } else if told.reason == Reason::Forbidden {
        context.shared.events.warning(config.as_ref(), told.reason, &told.message);
    }
    ReconcileResult::error(Action::requeue(pause))
}

/// When to reconcile again. While the credential is not accepted, or was never, every 5 s; the circuit breaker decides whether a call is sent.
fn next<C: ConfigApi>(config: &C, context: &Context<C>, outcome: &Outcome, pause: Option<SignedDuration>) -> Action {
    let uid = config.uid().unwrap_or_default();
    match outcome {
        Outcome::State(State::Available) => {
            context.backoff.succeeded(&uid);
            // Status tells a pause, and its end.
            let end = pause.and_then(|rest| Duration::try_from(rest).ok()).map(|rest| rest.saturating_add(A_MOMENT));
            // A Secret may change while nothing uses the config.
            Action::requeue(jittered(CHECK_INTERVAL).min(end.unwrap_or(Duration::MAX)))
        }
        Outcome::Failed { failure, .. } if failure.class != Class::Credential => {
            let pause = failure.retry_after.map_or_else(|| context.backoff.failed(&uid), jittered);
            let was_accepted = config.status().is_some_and(|status| status.account.is_some());
            Action::requeue(pause.min(longest_pause(failure, was_accepted)))
        }
        _ => Action::requeue(FRESH),
    }
}

/// How long the Secret is not looked at after a failure. Where the token may be the cause it may be corrected at any time.
fn longest_pause(failure: &Failure, was_accepted: bool) -> Duration {
    let is_refusal = failure.class != Class::Wait && (400..500).contains(&failure.status);
    if was_accepted && !is_refusal { CHECK_INTERVAL } else { FRESH }
}

/// Adds or removes the finalizer; no write if nothing changes, or in a dry run.
async fn finalizer<C: ConfigApi>(config: &Arc<C>, context: &Context<C>, wanted: bool) -> Result<Arc<C>, Interrupt> {
    if has_finalizer(config.as_ref()) == wanted || context.shared.dry_run {
        return Ok(Arc::clone(config));
    }
    let namespace = config.namespace().unwrap_or_default();
    let (api, asked): (Api<C>, _) =
        (C::api(context.shared.client.clone(), &namespace), Asked::to::<C>(Verb::Patch, &namespace));
    let written = MetadataPatch::new(config.as_ref()).finalizer(wanted).send(&api).await;
    Ok(context.read_your_writes.wrote(asked.check(written)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_looked_at_every_five_seconds_while_its_token_may_be_the_trouble() {
        let failure = |status| Failure { status, ..Failure::new(Class::Retry, "x") };
        for (status, was_accepted, expected) in [
            (503, false, FRESH),
            (0, false, FRESH),
            (404, true, FRESH),
            (400, true, FRESH),
            (503, true, CHECK_INTERVAL),
        ] {
            assert_eq!(longest_pause(&failure(status), was_accepted), expected, "{status}");
        }
        let asked = Failure { status: 429, ..Failure::new(Class::Wait, "x") };
        assert_eq!(longest_pause(&asked, true), CHECK_INTERVAL);
    }
}
