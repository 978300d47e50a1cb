//! Whether this operator reconciles a resource: that is so if it serves the resource's config.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use kube::ResourceExt;

use crate::api::conditions::{ConditionType, find};
use crate::api::kinds::Kind;
use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::operator::context::Context;
use crate::operator::kubernetes::serving::ServedBy;
use crate::operator::kubernetes::shards::ShardWork;
use crate::operator::reconcile::pass::Pass;
use crate::operator::reconcile::status;
use crate::operator::reconcile::status::StatusReport;
use crate::operator::reconcile::status::recorded_approval;
use crate::operator::reconcile_result::{Action, ReconcileResult};
use crate::operator::state::trigger::Trigger;
use crate::plan::managed::{Managed, config_key};
use crate::plan::outcome::Outcome;
use crate::plan::serving::may_tell;
use crate::plan::state::State;

/// The pause until it is decided who serves the config.
const UNDECIDED: Duration = Duration::from_secs(1);
/// How often a resource of another operator is looked at, until it has conditions.
const RECHECK: Duration = Duration::from_secs(10);

/// Who reconciles a resource. One whose config does not exist is told so by every operator.
pub(crate) fn served_by<T: Managed>(resource: &T, context: &Context<T>) -> ServedBy {
    let key = config_key(resource, &resource.namespace().unwrap_or_default());
    match context.shared.index.config(&key) {
        None if !context.shared.reads_cluster_scope && is_told_by_another(resource, &key) => ServedBy::OtherPart,
        None => context.shared.services.of_missing(&key),
        Some(config) => {
            let served_by = context.shared.services.of(&config);
            if served_by == ServedBy::Undecided && context.shared.services.may_ask(&key) {
                context.shared.index.trigger([key]);
            }
            served_by
        }
    }
}

/// Begins a reconcile of a resource; `None`: another replica reconciles it.
pub(crate) fn begin<T: Managed>(resource: &T, context: &Context<T>) -> Option<ShardWork> {
    let key = config_key(resource, &resource.namespace().unwrap_or_default());
    match context.shared.index.config(&key) {
        Some(config) => context.shared.services.begin(&config),
        None => context.shared.services.begin_missing(&key),
    }
}

/// Whether an operator that can read the resource's `ClusterProviderConfig` has told of its present generation. This one cannot, and would
/// tell nothing else than that.
fn is_told_by_another<T: Managed>(resource: &T, config: &ResourceKey) -> bool {
    let ready = resource.status().and_then(|status| find(&status.common.conditions, ConditionType::Ready));
    let is_own = |reason| matches!(reason, Reason::ReferenceNotFound | Reason::CredentialsMissing);
    config.kind == Kind::ClusterProviderConfig
        && ready.is_some_and(|ready| {
            Some(ready.observed_generation) == resource.meta().generation && !ready.reason().is_some_and(is_own)
        })
}

/// The end of the reconcile of a resource that another operator reconciles.
pub(crate) async fn leave_to_another<T: Managed>(
    resource: Arc<T>,
    context: &Context<T>,
    by: ServedBy,
    trigger: Trigger,
) -> ReconcileResult {
    match by {
        ServedBy::Here | ServedBy::OtherPart => ReconcileResult::success(Action::await_change()),
        ServedBy::Undecided => ReconcileResult::success(Action::requeue(UNDECIDED)),
        ServedBy::Another { message } => {
            let mut pass = Pass::new(context, resource, trigger);
            let result = tell(&mut pass, message).await;
            context.attempts.keep(&pass.age.uid, pass.term, std::mem::take(&mut pass.attempts));
            context.shared.inputs.ended(pass.uid());
            result
        }
    }
}

/// Says in status that another operator serves the config, unless that one has written its own conditions.
async fn tell<T: Managed>(pass: &mut Pass<'_, T>, message: String) -> ReconcileResult {
    let outcome = Outcome::State(State::waiting(Reason::ServedElsewhere, message, None));
    if !may_tell(pass.conditions(), Some(pass.age.created), pass.as_of) {
        let is_untold = pass.conditions().is_empty();
        let action = if is_untold { Action::requeue(RECHECK) } else { Action::await_change() };
        return ReconcileResult::of(&outcome, action);
    }
    let report = StatusReport {
        outcome,
        external_id: pass.known_id.clone(),
        facts: pass.status().map(|status| status.facts.clone()),
        approval: recorded_approval(pass),
        again: None,
        interval: SignedDuration::ZERO,
    };
    match status::write(pass, &report).await {
        Ok(()) => ReconcileResult::of(&report.outcome, Action::await_change()),
        Err(_) => ReconcileResult::error(Action::requeue(RECHECK)),
    }
}
