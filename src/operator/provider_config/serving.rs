//! Whether this operator serves a config. It is settled before anything is sent with the config's token, and recorded in
//! `status.servedBy` when the config changes hands.

use std::sync::Arc;
use std::time::Duration;

use kube::{Api, ResourceExt};
use serde_json::{Value, json};

use crate::api::conditions::updated;
use crate::api::provider_config::ProviderConfigStatus;
use crate::api::provider_config::view::ConfigView;
use crate::api::reason::Reason;
use crate::operator::context::Context;
use crate::operator::interrupt::Interrupt;
use crate::operator::kubernetes::config_api::ConfigApi;
use crate::operator::kubernetes::patch::{apply_status, merge_status};
use crate::operator::kubernetes::serving::ServedBy;
use crate::operator::kubernetes::serving::own::Holding;
use crate::operator::provider_config::users::Users;
use crate::operator::reconcile_result::{Action, ReconcileResult};
use crate::operator::state::secrets::FRESH;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::plan::outcome::Outcome;
use crate::plan::serving::{Serving, may_judge, may_tell};
use crate::plan::state::State;

/// How often a config that is to be given up is looked at again.
const LEAVING: Duration = Duration::from_secs(10);

/// Who reconciles a config.
pub(crate) enum Settled<C> {
    /// This operator: the newest copy.
    Here(Arc<C>),
    /// Nobody, and this operator has no need to: the newest copy.
    Nobody(Arc<C>),
    /// Nobody, until this operator has found out which account it is for: the newest copy.
    Unknown(Arc<C>),
    /// Another one, and this one has said so.
    Another(ReconcileResult),
}

/// Gives up a config that is not for this operator, if it served it.
pub(crate) async fn leave<C: ConfigApi>(config: &Arc<C>, context: &Context<C>) -> Result<ReconcileResult, Interrupt> {
    let view = config.view();
    let is_selected = context.shared.services.is_selected(&view);
    let why = if is_selected { GivingUp::OtherShard } else { GivingUp::NotChosen };
    give_up(config, &view, context, why).await
}

/// Settles whether this operator serves a config that is for it.
pub(crate) async fn settle<C: ConfigApi>(config: &Arc<C>, context: &Context<C>) -> Result<Settled<C>, Interrupt> {
    let (view, services) = (config.view(), &context.shared.services);
    let begun = services.holding(&view);
    let config = if services.is_decided(&view) { Arc::clone(config) } else { newest(config, begun, context).await? };
    let served_by = config.status().and_then(|status| status.served_by.clone());
    let is_deleted = config.meta().deletion_timestamp.is_some();
    let is_own = services.is_own(served_by.as_deref());
    let users = Users::of(&view.key, context);
    // What cannot be seen is a reason to keep a config, and none to take one from those who may see its users.
    let is_used = !users.known.is_empty() || is_own && users.unseen.is_some();
    let serving = services.decide(&view, served_by.as_deref(), services.needs(&view, is_used)).await?;
    match serving {
        Serving::Here => {
            decided(&view, served_by, Serving::Here, begun, context)?;
            Ok(Settled::Here(config))
        }
        Serving::Free => {
            let written = take(&config, served_by, context).await?;
            decided(&view, services.own(&view), Serving::Here, begun, context)?;
            Ok(Settled::Here(written))
        }
        Serving::Unused if !services.knows_account(&view) => {
            services.forget(&view.key);
            Ok(Settled::Unknown(config))
        }
        Serving::Leaving => Ok(Settled::Another(ReconcileResult::success(Action::requeue(HANDED_OVER)))),
        // It ends here: nobody else has users of it.
        Serving::Unused if is_own && is_deleted => Ok(Settled::Here(config)),
        Serving::Unused if is_own => give_up(&config, &view, context, GivingUp::Unused).await.map(Settled::Another),
        Serving::Unused => {
            services.forget(&view.key);
            Ok(Settled::Nobody(config))
        }
        Serving::Elsewhere { message } => {
            if decided(&view, served_by, Serving::Elsewhere { message: message.clone() }, begun, context)? {
                tracing::warn!("{message}");
                context.shared.connections.forget(&view.key);
                context.shared.events.warning(config.as_ref(), Reason::ServedElsewhere, &message);
            }
            tell(&config, context, message).await.map(Settled::Another)
        }
    }
}

/// Records that this operator serves a config, which another one may have served before.
async fn take<C: ConfigApi>(
    config: &Arc<C>,
    served_by: Option<String>,
    context: &Context<C>,
) -> Result<Arc<C>, Interrupt> {
    let own = context.shared.services.own(&config.view());
    let written = record(config, context, json!({ "servedBy": own })).await?;
    tracing::info!(lease = own, before = served_by, "this operator serves the config now");
    // An operator that gives a config up takes its name out of status; the account that it recorded tells of it.
    if served_by.is_some() || config.view().account.is_some() {
        context.shared.connections.taken_over(&config.view());
    }
    Ok(written)
}

/// Keeps the decision; the resources of the config hear of a new one. Whether it is new. It is for a later reconcile if the Lease of this
/// operator lapsed since this one `begun`.
fn decided<C>(
    view: &ConfigView,
    served_by: Option<String>,
    serving: Serving,
    begun: Holding,
    context: &Context<C>,
) -> Result<bool, Interrupt> {
    let index = &context.shared.index;
    let is_new = context.shared.services.keep(&view.key, served_by, serving, begun).ok_or(Interrupt::Later)?;
    if is_new {
        index.trigger(index.referrers(&view.key));
    }
    Ok(is_new)
}

/// The copy that the API server has now: a watch may be late, and another operator may have taken over since.
async fn newest<C: ConfigApi>(config: &Arc<C>, begun: Holding, context: &Context<C>) -> Result<Arc<C>, Interrupt> {
    let found = api_of(config.as_ref(), context).get_opt(&config.name_any()).await;
    let found = asked(config.as_ref(), Verb::Get).check(found)?;
    let found = found.filter(|found| found.uid() == config.uid()).ok_or(Interrupt::Closing)?;
    let newest = context.read_your_writes.wrote(found);
    // It may be in another shard by now: the watch is about to deliver it.
    let is_as_begun = context.shared.services.holding(&newest.view()) == begun;
    if is_as_begun { Ok(newest) } else { Err(Interrupt::Later) }
}

async fn record<C: ConfigApi>(config: &Arc<C>, context: &Context<C>, status: Value) -> Result<Arc<C>, Interrupt> {
    let written = merge_status(&api_of(config.as_ref(), context), config.as_ref(), status).await;
    let written = asked(config.as_ref(), Verb::Patch).status().check(written)?;
    Ok(context.read_your_writes.wrote(written))
}

/// How often it is looked whether another replica has given up a config.
const HANDED_OVER: Duration = Duration::from_secs(1);

/// Why this operator is not to serve a config.
#[derive(Clone, Copy, Debug)]
enum GivingUp {
    /// Its labels say so: it may still be used.
    NotChosen,
    /// Its account is in a shard of another replica, or its shard is.
    OtherShard,
    /// Nothing in the watched namespaces uses it.
    Unused,
}

impl GivingUp {
    fn sentence(self) -> &'static str {
        match self {
            Self::NotChosen => "the selector does not choose it",
            Self::OtherShard => "its account is in another shard",
            Self::Unused => "nothing in the watched namespaces uses it",
        }
    }

    /// What status says when the Lease is taken out. Only who has seen that nothing uses the config may say so: the finalizer hangs on it.
    fn status(self) -> Value {
        match self {
            Self::NotChosen | Self::OtherShard => json!({ "servedBy": null }),
            Self::Unused => json!({ "servedBy": null, "inUse": false }),
        }
    }
}

/// A config that this operator is not to serve, and `why`. If this operator served it, its Lease is taken out of status when no call is under way.
async fn give_up<C: ConfigApi>(
    config: &Arc<C>,
    view: &ConfigView,
    context: &Context<C>,
    why: GivingUp,
) -> Result<ReconcileResult, Interrupt> {
    let services = &context.shared.services;
    let has_left = services.has_left(&view.key);
    // After the decision: a reconcile that still resolves checks that when it has opened the connection again.
    context.shared.connections.forget(&view.key);
    let is_ours = match why {
        GivingUp::NotChosen | GivingUp::OtherShard => services.is_to_give_up(view),
        GivingUp::Unused => services.is_own(view.served_by.as_deref()),
    };
    if !is_ours {
        services.forget(&view.key);
        return Ok(ReconcileResult::success(Action::await_change()));
    }
    if !has_left {
        return Ok(ReconcileResult::success(Action::requeue(LEAVING)));
    }
    record(config, context, why.status()).await?;
    tracing::info!("this operator serves the config no longer: {}", why.sentence());
    services.forget(&view.key);
    Ok(ReconcileResult::success(Action::requeue(FRESH)))
}

/// Says in status that another operator serves the config, unless that one has written its own conditions.
async fn tell<C: ConfigApi>(
    config: &Arc<C>,
    context: &Context<C>,
    message: String,
) -> Result<ReconcileResult, Interrupt> {
    let outcome = Outcome::State(State::waiting(Reason::ServedElsewhere, message, None));
    let status = config.status().cloned().unwrap_or_default();
    let (created, now) = (config.creation_timestamp().map(|time| time.0), context.shared.clock.now());
    if may_tell(&status.conditions, created, now) {
        let generation = config.meta().generation.unwrap_or(0);
        // The guard's reservations and the name of the Lease are not applied: other patches write them.
        let known = ProviderConfigStatus { recent_deletions: Vec::new(), served_by: None, ..status };
        let conditions = updated(&known.conditions, outcome.conditions(&known.conditions), generation, now);
        let wanted = ProviderConfigStatus { conditions, observed_generation: Some(generation), ..known.clone() };
        if known != wanted {
            let api = api_of(config.as_ref(), context);
            let written = apply_status(&api, config.as_ref(), &wanted, context.shared.overwrite()).await;
            let written = asked(config.as_ref(), Verb::Patch).status().check(written)?;
            context.read_your_writes.wrote(written);
        }
    }
    Ok(ReconcileResult::of(&outcome, Action::requeue(FRESH)))
}

/// Whether this operator may write the status of a config: the one that serves it may, and while there is none, whoever writes no turn.
pub(crate) fn may_report<C: ConfigApi>(config: &C, context: &Context<C>, is_ready: bool) -> bool {
    let (view, services) = (config.view(), &context.shared.services);
    let conditions = config.status().map(|status| status.conditions.as_slice()).unwrap_or_default();
    let is_own = services.is_own(view.served_by.as_deref());
    let is_free = view.served_by.is_none() || is_own;
    let was_own = is_own || services.has_judged(&view.key, conditions);
    let generation = config.meta().generation.unwrap_or(0);
    let is_only_one = services.chooses(&view) && !services.knows_account(&view);
    let may_judge = || is_only_one || was_own || may_judge(conditions, generation, is_ready);
    services.of(&view) == ServedBy::Here || is_free && may_judge()
}

fn asked<C: ConfigApi>(config: &C, verb: Verb) -> Asked {
    Asked::to::<C>(verb, &config.namespace().unwrap_or_default())
}

fn api_of<C: ConfigApi>(config: &C, context: &Context<C>) -> Api<C> {
    C::api(context.shared.client.clone(), &config.namespace().unwrap_or_default())
}
