//! A config's own visit: is its credential accepted, whose is it, and does anything use it.

use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;
use kube::api::{Patch, PatchParams};
use kube::runtime::controller::Action;
use serde_json::{Value, json};

use crate::api::FINALIZER;
use crate::api::conditions::{ConditionType, find, updated};
use crate::api::provider_config::{AccountIdentity, ProviderConfigStatus};
use crate::api::reason::Reason;
use crate::connection::error::CallError;
use crate::connection::rate_limiter::Lane;
use crate::operator::context::Context;
use crate::operator::provider_config::account;
use crate::operator::provider_config::view::{ConfigResource, ConfigView};
use crate::operator::reconcile::pass::Interrupt;
use crate::operator::reconcile::prepare::MANAGER;
use crate::operator::reconcile::status::MANAGER as STATUS_MANAGER;
use crate::operator::state::backoff::jittered;
use crate::operator::state::secrets::FRESH;
use crate::plan::outcome::Outcome;
use crate::plan::state::State;
use crate::provider::failure::{Class, Failure};

/// Visits one config.
pub(crate) async fn reconcile<C: ConfigResource>(seen: Arc<C>, context: Arc<Context<C>>) -> Action {
    let config = context.read_your_writes.newest(seen);
    match reconcile_once(&config, &context).await {
        Ok(action) => action,
        Err(Interrupt::Kubernetes(error)) => {
            tracing::debug!(%error, name = config.name_any(), "the API server did not take a write; it is tried again");
            Action::requeue(context.backoff.failed(&config.uid().unwrap_or_default()))
        }
        Err(_) => Action::await_change(),
    }
}

async fn reconcile_once<C: ConfigResource>(config: &Arc<C>, context: &Context<C>) -> Result<Action, Interrupt> {
    let view = config.view();
    let in_use = !context.shared.index.users_of(&view.key).is_empty();
    let is_deleted = config.meta().deletion_timestamp.is_some();
    if is_deleted && !in_use {
        finalizer(config, context, false).await?;
        context.shared.connections.forget(&view.key);
        context.read_your_writes.forget(config);
        return Ok(Action::await_change());
    }
    let config = if is_deleted { Arc::clone(config) } else { finalizer(config, context, true).await? };
    let view = if view.confirms_another() {
        // What was known of the other account is of no use for this one.
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
    // The guard's reservations are written by themselves.
    let known = config.status().map(|status| ProviderConfigStatus { recent_deletions: Vec::new(), ..status.clone() });
    if known.as_ref() != Some(&wanted) {
        if outcome.is_bad() && is_new(config.as_ref(), &outcome) {
            context.shared.events.warning(config.as_ref(), outcome.reason(), outcome.message());
        }
        store(config.as_ref(), context, &wanted).await?;
    }
    Ok(next(config.as_ref(), context, &outcome))
}

/// Whether the token is accepted, by what is known, or else by one call.
async fn examine<C: ConfigResource>(
    view: &ConfigView,
    context: &Context<C>,
) -> Result<Option<AccountIdentity>, Interrupt> {
    let shared = &context.shared;
    let (namespace, name, key) = &view.secret;
    let token = shared.secrets.secret(namespace, name, key).await?.filter(|token| !token.expose().is_empty());
    let Some(token) = token else {
        let message = format!(
            "Secret '{name}' with the key '{key}' does not exist or is empty: make it; it is looked for every 5 s"
        );
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
        Ok(found) => account::is_same(view, found.as_ref()).map(|()| found),
        Err(CallError::Failed(failure)) => Err(Interrupt::Failed(without_action(failure))),
        Err(error) => Err(error.into()),
    }
}

/// A refusal of something that has no input is no fault of the spec.
fn without_action(failure: Failure) -> Failure {
    let class = if matches!(failure.class, Class::Invalid | Class::Gone) { Class::Retry } else { failure.class };
    Failure { class, ..failure }
}

fn status_of<C: ConfigResource>(
    config: &C,
    context: &Context<C>,
    outcome: &Outcome,
    account: Option<AccountIdentity>,
    in_use: bool,
) -> ProviderConfigStatus {
    let before = config.status().map(|status| status.conditions.as_slice()).unwrap_or_default();
    let generation = config.meta().generation.unwrap_or(0);
    let mut claims = outcome.conditions(before);
    if let Some(ready) = claims.first_mut().filter(|_| matches!(outcome, Outcome::State(State::Available))) {
        "the credential is accepted".clone_into(&mut ready.message);
    }
    ProviderConfigStatus {
        conditions: updated(before, claims, generation, context.shared.clock.now()),
        observed_generation: Some(generation),
        account,
        in_use: Some(in_use),
        recent_deletions: Vec::new(),
    }
}

fn is_new<C: ConfigResource>(config: &C, outcome: &Outcome) -> bool {
    let before = config.status().and_then(|status| find(&status.conditions, ConditionType::Ready));
    before.is_none_or(|before| before.reason() != Some(outcome.reason()))
}

/// A config whose credential is not accepted is looked at every 5 s; asking the provider is up to the gate.
fn next<C: ConfigResource>(config: &C, context: &Context<C>, outcome: &Outcome) -> Action {
    let uid = config.uid().unwrap_or_default();
    match outcome {
        Outcome::State(State::Available) => {
            context.backoff.succeeded(&uid);
            // Only for a Secret that changes while nothing uses the config; it takes no call.
            Action::requeue(jittered(Duration::from_mins(1)))
        }
        Outcome::Failed { failure, .. } if failure.class != Class::Credential => {
            Action::requeue(failure.retry_after.map_or_else(|| context.backoff.failed(&uid), jittered))
        }
        _ => Action::requeue(FRESH),
    }
}

/// Puts the finalizer on, or takes it off; what is there already costs no write.
async fn finalizer<C: ConfigResource>(
    config: &Arc<C>,
    context: &Context<C>,
    wanted: bool,
) -> Result<Arc<C>, Interrupt> {
    let is_there = config.finalizers().iter().any(|name| name == FINALIZER);
    if is_there == wanted {
        return Ok(Arc::clone(config));
    }
    let mut names: Vec<_> = config.finalizers().iter().filter(|name| *name != FINALIZER).cloned().collect();
    names.extend(wanted.then(|| FINALIZER.to_owned()));
    let patch = json!({ "metadata": { "resourceVersion": config.resource_version(), "finalizers": names } });
    let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    let api = C::api(context.shared.client.clone(), &config.namespace().unwrap_or_default());
    let written = api.patch(&config.name_any(), &params, &Patch::<Value>::Merge(patch)).await?;
    Ok(context.read_your_writes.wrote(written))
}

async fn store<C: ConfigResource>(
    config: &C,
    context: &Context<C>,
    status: &ProviderConfigStatus,
) -> Result<(), Interrupt> {
    let patch = Patch::Apply(json!({
        "apiVersion": C::api_version(&()),
        "kind": C::kind(&()),
        "metadata": { "name": config.name_any(), "uid": config.uid() },
        "status": status,
    }));
    let api = C::api(context.shared.client.clone(), &config.namespace().unwrap_or_default());
    let written = api.patch_status(&config.name_any(), &PatchParams::apply(STATUS_MANAGER).force(), &patch).await?;
    context.read_your_writes.wrote(written);
    Ok(())
}
