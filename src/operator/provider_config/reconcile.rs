//! The reconciler of a config: whether its credential is accepted, which account it belongs to, and whether resources use it.

use std::sync::Arc;
use std::time::Duration;

use kube::runtime::controller::Action;
use kube::{Api, ResourceExt};

use crate::api::conditions::{ConditionStatus, ConditionType, find, updated};
use crate::api::provider_config::view::ConfigView;
use crate::api::provider_config::{AccountIdentity, NamespacedSecretKeyRef, ProviderConfigStatus};
use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::operator::context::Context;
use crate::operator::interrupt::Interrupt;
use crate::operator::kubernetes::config_api::ConfigApi;
use crate::operator::kubernetes::patch::{MetadataPatch, apply_status, has_finalizer};
use crate::operator::provider_config::account;
use crate::operator::provider_config::serving::{Settled, settle};
use crate::operator::reconcile_result::ReconcileResult;
use crate::operator::state::backoff::jittered;
use crate::operator::state::secrets::FRESH;
use crate::plan::outcome::Outcome;
use crate::plan::references::missing_key;
use crate::plan::state::State;
use crate::provider::failure::{Class, Failure};

/// How often the Secret is looked at while nothing is wrong. It needs no call to the provider.
const CHECK_INTERVAL: Duration = Duration::from_mins(1);

/// Reconciles one config.
pub(crate) async fn reconcile<C: ConfigApi>(seen: Arc<C>, context: Arc<Context<C>>) -> ReconcileResult {
    let config = context.read_your_writes.newest(seen);
    match reconcile_once(&config, &context).await {
        Ok(result) => result,
        Err(Interrupt::Kubernetes(error)) => {
            tracing::debug!(%error, name = config.name_any(), "a request to the API server failed; it is retried");
            ReconcileResult::error(Action::requeue(context.backoff.failed(&config.uid().unwrap_or_default())))
        }
        Err(Interrupt::Later) => ReconcileResult::success(Action::requeue(FRESH)),
        Err(_) => ReconcileResult::success(Action::await_change()),
    }
}

async fn reconcile_once<C: ConfigApi>(config: &Arc<C>, context: &Context<C>) -> Result<ReconcileResult, Interrupt> {
    let config = match settle(config, context).await? {
        Settled::Here(config) => config,
        Settled::Another(result) => return Ok(result),
    };
    let (config, view) = (&config, config.view());
    let in_use = !context.shared.index.referrers(&view.key).is_empty();
    let is_deleted = config.meta().deletion_timestamp.is_some();
    if is_deleted && !in_use {
        finalizer(config, context, false).await?;
        context.shared.connections.forget(&view.key);
        context.shared.services.forget(&view.key);
        context.forget(&config.uid().unwrap_or_default());
        return Ok(ReconcileResult::success(Action::await_change()));
    }
    let config = if is_deleted { Arc::clone(config) } else { finalizer(config, context, true).await? };
    let (outcome, account) = match examine(&view, is_accepted(config.as_ref()), context).await {
        Ok(account) => (Outcome::State(State::Available), account),
        Err(Interrupt::State(state)) => (Outcome::State(state), None),
        Err(Interrupt::Failed(failure)) => (Outcome::Failed { failure, still_good: false }, None),
        Err(other) => return Err(other),
    };
    let account = account.or_else(|| config.status().and_then(|status| status.account.clone()));
    let wanted = status_of(config.as_ref(), context, &outcome, account, in_use);
    // The deletion guard writes its reservations itself, and the name of the Lease is written when the config changes hands.
    let own_part = |status| ProviderConfigStatus {
        recent_deletions: Vec::new(),
        served_by: None,
        ..ProviderConfigStatus::clone(status)
    };
    let known = config.status().map(own_part);
    if known.as_ref() != Some(&wanted) {
        if outcome.is_bad() && is_new(config.as_ref(), &outcome) {
            context.shared.events.warning(config.as_ref(), outcome.reason(), outcome.message());
        }
        let api = api_of(config.as_ref(), context);
        let written = apply_status(&api, config.as_ref(), &wanted, context.shared.overwrite()).await?;
        context.read_your_writes.wrote(written);
    }
    Ok(ReconcileResult::of(&outcome, next(config.as_ref(), context, &outcome)))
}

/// Checks the token: by what is known, or else by one call. Returns its account.
async fn examine<C: ConfigApi>(
    view: &ConfigView,
    is_accepted: bool,
    context: &Context<C>,
) -> Result<Option<AccountIdentity>, Interrupt> {
    let shared = &context.shared;
    if let Some(invalid) = &view.invalid_annotation {
        return Err(State::stalled(Reason::InvalidPolicy, invalid.to_string()).into());
    }
    let NamespacedSecretKeyRef { namespace, name, key } = &view.secret;
    // While the token is not accepted, the Secret is looked at each time, once for all that use it.
    let token = if is_accepted {
        shared.secrets.secret(namespace, name, key).await?
    } else {
        shared.secrets.look(namespace, name, key).await?
    };
    let Some(token) = token.filter(|token| !token.expose().is_empty()) else {
        let message = missing_key(name, key);
        return Err(State::Waiting { reason: Reason::SecretNotFound, message, until: None }.into());
    };
    match account::open(&shared.connections, view, token.expose()).await {
        Ok(writer) => Ok(writer.reader().known(|inventory| inventory.identity(view.provider))),
        Err(Interrupt::Failed(failure)) => Err(Interrupt::Failed(without_action(failure))),
        Err(other) => Err(other),
    }
}

/// Whether the credential was accepted when it was looked at last.
fn is_accepted<C: ConfigApi>(config: &C) -> bool {
    let ready = config.status().and_then(|status| find(&status.conditions, ConditionType::Ready));
    ready.is_some_and(|ready| ready.status == ConditionStatus::True)
}

/// What `Ready` says of an accepted credential. It names other configs of the account: they share its rate limit.
fn accepted(others: &[ResourceKey]) -> String {
    let name = |key: &ResourceKey| {
        if key.namespace.is_empty() { key.name.clone() } else { format!("{}/{}", key.namespace, key.name) }
    };
    match others {
        [] => "the credential is accepted".to_owned(),
        [only] => format!("the credential is accepted; the config {} opens the same account", name(only)),
        [first, ..] => format!(
            "the credential is accepted; {} other configs open the same account, such as {}",
            others.len(),
            name(first)
        ),
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
        ready.message = accepted(&context.shared.connections.others(&ResourceKey::of(config)));
    }
    ProviderConfigStatus {
        conditions: updated(before, conditions, generation, context.shared.clock.now()),
        observed_generation: Some(generation),
        account,
        served_by: None,
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
            // A Secret may change while nothing uses the config.
            Action::requeue(jittered(CHECK_INTERVAL))
        }
        Outcome::Failed { failure, .. } if failure.class != Class::Credential => {
            let pause = failure.retry_after.map_or_else(|| context.backoff.failed(&uid), jittered);
            Action::requeue(pause.min(CHECK_INTERVAL))
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
