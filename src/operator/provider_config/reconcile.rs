//! The reconciler of a config: whether its credential is accepted, which account it belongs to, and whether resources use it.

use crate::connection::writer::Writer;
use crate::plan::config_report::ConfigEvent;
use crate::plan::config_report::ConfigReport;
use crate::plan::config_report::end_of_pause;
use crate::plan::named_failure::naming;
use crate::plan::outcome::Announcement;
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::Duration;

use kube::runtime::controller::Action;
use kube::{Api, ResourceExt};

use crate::api::conditions::{ConditionStatus, ConditionType, find, updated};
use crate::api::provider_config::view::ConfigView;
use crate::api::provider_config::{AccountIdentity, NamespacedSecretKeyRef, ProviderConfigStatus};
use crate::api::reason::Reason;
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

/// How often the Secret is looked at while nothing is wrong. It needs no call to the provider.
const CHECK_INTERVAL: Duration = Duration::from_mins(1);

/// After the end of a pause it is surely over.
const A_MOMENT: Duration = Duration::from_millis(50);

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
    let view = config.view();
    let referrers = context.shared.index.referrers(&view.key);
    let in_use = !referrers.is_empty();
    let is_deleted = config.meta().deletion_timestamp.is_some();
    if is_deleted && !in_use {
        finalizer(config, context, false).await?;
        context.shared.connections.forget(&view.key);
        context.forget(&config.uid().unwrap_or_default());
        return Ok(ReconcileResult::success(Action::await_change()));
    }
    let config = if is_deleted { Arc::clone(config) } else { finalizer(config, context, true).await? };
    let Examined { outcome, account, pause, is_remembered } = examined(&view, config.as_ref(), context).await?;
    let dependents = if is_deleted { referrers } else { Vec::new() };
    let recorded = config.status().and_then(|status| status.throttled_until);
    let report = ConfigReport {
        outcome: &outcome,
        others: &context.shared.connections.others(&view.key),
        dependents: &dependents,
        throttled_until: pause.and_then(|rest| end_of_pause(rest, context.shared.clock.now(), recorded)),
        is_remembered,
    };
    let before = config.status().map(|status| status.conditions.as_slice()).unwrap_or_default();
    let wanted = ProviderConfigStatus {
        conditions: updated(before, report.conditions(before), generation(config.as_ref()), context.shared.clock.now()),
        observed_generation: Some(generation(config.as_ref())),
        account: account.or_else(|| config.status().and_then(|status| status.account.clone())),
        throttled_until: report.throttled_until,
        in_use: Some(in_use),
        // The deletion guard writes its reservations itself.
        recent_deletions: Vec::new(),
    };
    let known = config.status().map(|status| ProviderConfigStatus { recent_deletions: Vec::new(), ..status.clone() });
    if known.as_ref() != Some(&wanted) {
        report.events(before).iter().for_each(|event| publish(config.as_ref(), context, event));
        let api = api_of(config.as_ref(), context);
        let written = apply_status(&api, config.as_ref(), &wanted, context.shared.overwrite()).await?;
        context.read_your_writes.wrote(written);
    }
    Ok(ReconcileResult::of(&outcome, next(config.as_ref(), context, &outcome, pause)))
}

fn generation<C: ConfigApi>(config: &C) -> i64 {
    config.meta().generation.unwrap_or(0)
}

fn publish<C: ConfigApi>(config: &C, context: &Context<C>, event: &ConfigEvent) {
    let ConfigEvent { announcement, reason, message } = event;
    match announcement {
        Announcement::None => {}
        Announcement::Normal => context.shared.events.waiting(config, *reason, message),
        Announcement::Warning => context.shared.events.warning(config, *reason, message),
    }
}

/// What the check of a credential found.
struct Examined {
    outcome: Outcome,
    /// The account, if the credential opens one.
    account: Option<AccountIdentity>,
    /// For how long no call to the account is sent, because the provider asked for fewer.
    pause: Option<SignedDuration>,
    /// Whether the Secret is gone, and deletions go on with the last token.
    is_remembered: bool,
}

/// Checks the token, and says what came of it.
async fn examined<C: ConfigApi>(view: &ConfigView, config: &C, context: &Context<C>) -> Result<Examined, Interrupt> {
    let of = |outcome| Examined { outcome, account: None, pause: None, is_remembered: false };
    match examine(view, is_accepted(config), context).await {
        Ok(writer) => {
            let account = writer.reader().known(|inventory| inventory.identity(view.provider));
            let pause = signed(writer.reader().throttled_for());
            Ok(Examined { account, pause, ..of(Outcome::State(State::Available)) })
        }
        Err(Interrupt::State(state)) => {
            let is_missing = matches!(state, State::Waiting { reason: Reason::SecretNotFound, .. });
            let is_remembered = is_missing && context.shared.connections.token_removed(view);
            Ok(Examined { is_remembered, ..of(Outcome::State(state)) })
        }
        Err(Interrupt::Failed(failure)) => {
            let pause = signed(failure.retry_after.filter(|_| failure.class == Class::Wait));
            let failure = naming(failure, view);
            Ok(Examined { pause, ..of(Outcome::Failed { failure, still_good: false }) })
        }
        Err(other) => Err(other),
    }
}

fn signed(pause: Option<Duration>) -> Option<SignedDuration> {
    SignedDuration::try_from(pause?).ok()
}

/// Checks the token: by what is known, or else by one call.
async fn examine<C: ConfigApi>(
    view: &ConfigView,
    is_accepted: bool,
    context: &Context<C>,
) -> Result<Writer, Interrupt> {
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
        Err(Interrupt::Failed(failure)) => Err(Interrupt::Failed(without_action(failure))),
        opened => opened,
    }
}

/// Whether the credential was accepted when it was looked at last.
fn is_accepted<C: ConfigApi>(config: &C) -> bool {
    let ready = config.status().and_then(|status| find(&status.conditions, ConditionType::Ready));
    ready.is_some_and(|ready| ready.status == ConditionStatus::True)
}

/// A call without input that is rejected is no fault of the spec.
fn without_action(failure: Failure) -> Failure {
    let class = if matches!(failure.class, Class::Invalid | Class::Gone) { Class::Retry } else { failure.class };
    Failure { class, ..failure }
}

/// When to reconcile again. While the credential is not accepted, every 5 s; the circuit breaker decides whether a call is sent.
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
