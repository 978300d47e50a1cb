//! The reconciler of a config: whether its credential is accepted, which account it belongs to, and whether resources use it.

use std::sync::Arc;
use std::time::Duration;

use kube::runtime::controller::Action;
use kube::{Api, ResourceExt};

use crate::api::conditions::{ConditionType, find, updated};
use crate::api::provider_config::view::ConfigView;
use crate::api::provider_config::{AccountIdentity, NamespacedSecretKeyRef, ProviderConfigStatus};
use crate::api::reason::Reason;
use crate::connection::error::CallError;
use crate::connection::rate_limiter::Lane;
use crate::operator::context::Context;
use crate::operator::interrupt::Interrupt;
use crate::operator::kubernetes::config_api::ConfigApi;
use crate::operator::kubernetes::patch::{MetadataPatch, apply_status, has_finalizer};
use crate::operator::provider_config::account;
use crate::operator::reconcile_result::ReconcileResult;
use crate::operator::state::backoff::jittered;
use crate::operator::state::secrets::FRESH;
use crate::plan::outcome::Outcome;
use crate::plan::references::missing_key;
use crate::plan::state::State;
use crate::provider::failure::{Class, Failure};

/// Reconciles one config.
pub(crate) async fn reconcile<C: ConfigApi>(seen: Arc<C>, context: Arc<Context<C>>) -> ReconcileResult {
    let config = context.read_your_writes.newest(seen);
    match reconcile_once(&config, &context).await {
        Ok(result) => result,
        Err(Interrupt::Kubernetes(error)) => {
            tracing::debug!(%error, name = config.name_any(), "a request to the API server failed; it is retried");
            ReconcileResult::error(Action::requeue(context.backoff.failed(&config.uid().unwrap_or_default())))
        }
        Err(_) => ReconcileResult::success(Action::await_change()),
    }
}

async fn reconcile_once<C: ConfigApi>(config: &Arc<C>, context: &Context<C>) -> Result<ReconcileResult, Interrupt> {
    let view = config.view();
    let in_use = !context.shared.index.referrers(&view.key).is_empty();
    let is_deleted = config.meta().deletion_timestamp.is_some();
    if is_deleted && !in_use {
        finalizer(config, context, false).await?;
        context.shared.connections.forget(&view.key);
        context.forget(&config.uid().unwrap_or_default());
        return Ok(ReconcileResult::success(Action::await_change()));
    }
    let config = if is_deleted { Arc::clone(config) } else { finalizer(config, context, true).await? };
    let view = if view.confirms_another() {
        // What was observed of the other account does not hold for this one.
        context.shared.connections.forget(&view.key);
        ConfigView { account: None, ..view }
    } else {
        view
    };
    let (outcome, account) = match examine(&view, context).await {
        Ok(account) => (Outcome::State(State::Available), account),
        Err(Interrupt::State(state)) => (Outcome::State(state), None),
        Err(Interrupt::Failed(failure)) => (Outcome::Failed { failure, still_good: false }, None),
        Err(other) => return Err(other),
    };
    let account = account.or_else(|| config.status().and_then(|status| status.account.clone()));
    let wanted = status_of(config.as_ref(), context, &outcome, account, in_use);
    // The deletion guard writes its reservations itself.
    let known = config.status().map(|status| ProviderConfigStatus { recent_deletions: Vec::new(), ..status.clone() });
    if known.as_ref() != Some(&wanted) {
        if outcome.is_bad() && is_new(config.as_ref(), &outcome) {
            context.shared.events.warning(config.as_ref(), outcome.reason(), outcome.message());
        }
        let api = api_of(config.as_ref(), context);
        context.read_your_writes.wrote(apply_status(&api, config.as_ref(), &wanted).await?);
    }
    Ok(ReconcileResult::of(&outcome, next(config.as_ref(), context, &outcome)))
}

/// Checks the token: by what is known, or else by one call. Returns its account.
async fn examine<C: ConfigApi>(view: &ConfigView, context: &Context<C>) -> Result<Option<AccountIdentity>, Interrupt> {
    let shared = &context.shared;
    if let Some(invalid) = &view.invalid_annotation {
        return Err(State::stalled(Reason::InvalidPolicy, invalid.to_string()).into());
    }
    let NamespacedSecretKeyRef { namespace, name, key } = &view.secret;
    let token = shared.secrets.secret(namespace, name, key).await?.filter(|token| !token.expose().is_empty());
    let Some(token) = token else {
        let message = missing_key(name, key);
        return Err(State::Waiting { reason: Reason::SecretNotFound, message, until: None }.into());
    };
    let writer = shared
        .connections
        .get(view, token.expose())
        .map_err(|error| State::Stalled { reason: Reason::EndpointNotAllowed, message: error.to_string() })?;
    let reader = writer.reader();
    if let Some(failure) = reader.open_because().filter(|failure| failure.class == Class::Credential) {
        return Err(Interrupt::Failed(failure));
    }
    match account::read(view.provider, reader, Lane::Change).await {
        Ok(found) => account::ensure_same(view, found.as_ref()).map(|()| found),
        Err(CallError::Failed(failure)) => Err(Interrupt::Failed(without_action(failure))),
        Err(error) => Err(error.into()),
    }
}

/// A call without input that is rejected is no fault of the spec.
fn without_action(failure: Failure) -> Failure {
    let class = if matches!(failure.class, Class::Invalid | Class::Gone) { Class::Retry } else { failure.class };
    Failure { class, ..failure }
}

fn status_of<C: ConfigApi>(
    config: &C,
    context: &Context<C>,
    outcome: &Outcome,
    account: Option<AccountIdentity>,
    in_use: bool,
) -> ProviderConfigStatus {
    let before = config.status().map(|status| status.conditions.as_slice()).unwrap_or_default();
    let generation = config.meta().generation.unwrap_or(0);
    let mut conditions = outcome.conditions(before);
    if let Some(ready) = conditions.first_mut().filter(|_| matches!(outcome, Outcome::State(State::Available))) {
        "the credential is accepted".clone_into(&mut ready.message);
    }
    ProviderConfigStatus {
        conditions: updated(before, conditions, generation, context.shared.clock.now()),
        observed_generation: Some(generation),
        account,
        in_use: Some(in_use),
        recent_deletions: Vec::new(),
    }
}

fn is_new<C: ConfigApi>(config: &C, outcome: &Outcome) -> bool {
    let before = config.status().and_then(|status| find(&status.conditions, ConditionType::Ready));
    before.is_none_or(|before| before.reason() != Some(outcome.reason()))
}

/// When to reconcile again. While the credential is not accepted, every 5 s; the circuit breaker decides whether a call is sent.
fn next<C: ConfigApi>(config: &C, context: &Context<C>, outcome: &Outcome) -> Action {
    let uid = config.uid().unwrap_or_default();
    match outcome {
        Outcome::State(State::Available) => {
            context.backoff.succeeded(&uid);
            // A Secret may change while nothing uses the config; the check needs no call.
            Action::requeue(jittered(Duration::from_mins(1)))
        }
        Outcome::Failed { failure, .. } if failure.class != Class::Credential => {
            Action::requeue(failure.retry_after.map_or_else(|| context.backoff.failed(&uid), jittered))
        }
        _ => Action::requeue(FRESH),
    }
}

/// Adds or removes the finalizer; no write if nothing changes, or in a dry run.
async fn finalizer<C: ConfigApi>(config: &Arc<C>, context: &Context<C>, wanted: bool) -> Result<Arc<C>, Interrupt> {
    if has_finalizer(config.as_ref()) == wanted || context.shared.dry_run {
        return Ok(Arc::clone(config));
    }
    let api = api_of(config.as_ref(), context);
    let written = MetadataPatch::new(config.as_ref()).finalizer(wanted).send(&api).await?;
    Ok(context.read_your_writes.wrote(written))
}

fn api_of<C: ConfigApi>(config: &C, context: &Context<C>) -> Api<C> {
    C::api(context.shared.client.clone(), &config.namespace().unwrap_or_default())
}
