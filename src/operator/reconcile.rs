//! The reconciler of all managed kinds: resolve → observe, plan, apply until no step is left → report.

pub(crate) mod adoption;
pub(crate) mod apply;
pub(crate) mod approvals;
pub(crate) mod deletion;
pub(crate) mod finalizer;
pub(crate) mod fresh;
pub(crate) mod handing_over;
pub(crate) mod lost_object;
pub(crate) mod member_check;
pub(crate) mod next;
pub(crate) mod pass;
pub(crate) mod report;
pub(crate) mod resolve;
pub(crate) mod served;
pub(crate) mod status;
pub(crate) mod taking_over;
pub(crate) mod target;
pub(crate) mod terminating;
pub(crate) mod unseen;
pub(crate) mod write_ahead;

use std::sync::Arc;

use crate::api::reason::Reason;
use crate::operator::context::Context;
use crate::operator::interrupt::Interrupt;
use crate::operator::kubernetes::serving::ServedBy;
use crate::operator::reconcile::apply::{Applied, apply};
use crate::operator::reconcile::deletion::{check_deletion, ensure_created_here, orphan};
use crate::operator::reconcile::fresh::fresh;
use crate::operator::reconcile::pass::Pass;
use crate::operator::reconcile::report::report;
use crate::operator::reconcile::resolve::resolve;
use crate::operator::reconcile::served::{begin, leave_to_another, served_by};
use crate::operator::reconcile::taking_over::{is_taken_over, take_over};
use crate::operator::reconcile::target::Target;
use crate::operator::reconcile::terminating::{leads_elsewhere, without_credential};
use crate::operator::reconcile::unseen::{ensure_delivered, ensure_referents};
use crate::operator::reconcile_result::{Action, ReconcileResult};
use crate::operator::state::tombstones::Tombstone;
use crate::operator::state::trigger::Trigger;
use crate::operator::telemetry::log::reconcile as log;
use crate::plan::managed::{Managed, config_key};
use crate::plan::resource_plan::dry_deletion;
use crate::plan::scope::Scope;
use crate::plan::state::State;

/// Reconciles one resource, as its newest known copy. `trigger`: why.
pub(crate) async fn reconcile<T: Managed>(
    resource: Arc<T>,
    context: Arc<Context<T>>,
    trigger: Trigger,
) -> ReconcileResult {
    let served_by = served_by(resource.as_ref(), &context);
    if served_by != ServedBy::Here {
        return leave_to_another(resource, &context, served_by, trigger).await;
    }
    let Some(_work) = begin(resource.as_ref(), &context) else {
        return leave_to_another(resource, &context, ServedBy::OtherPart, trigger).await;
    };
    let resource = match fresh(resource, &context).await {
        Ok(fresh) => fresh,
        Err(result) => return result,
    };
    let identified = context.shared.cluster_id.read().await;
    let mut pass = Pass::new(&context, resource, trigger);
    let config = config_key(pass.resource.as_ref(), &pass.key.namespace);
    log::begun(pass.about().generation, Some(&config), Some(pass.trigger.as_str()));
    if context.tombstones.of(pass.uid()) == Some(Tombstone::Released) {
        context.shared.inputs.ended(pass.uid());
        return ReconcileResult::success(Action::await_change());
    }
    let reconciled = match identified {
        Ok(()) => reconcile_once(&mut pass).await,
        Err(trouble) => Err(trouble.into()),
    };
    let outcome = match reconciled {
        Err(Interrupt::Orphan(why)) => orphan(&mut pass, why).await.map(|()| Applied::Suspended),
        outcome => outcome,
    };
    let outcome = match outcome {
        Err(Interrupt::State(State::Gone)) if context.shared.dry_run => {
            Err(dry_deletion("nothing outside is to be deleted").into())
        }
        outcome => outcome,
    };
    let result = report(&mut pass, outcome).await;
    context.attempts.keep(&pass.age.uid, pass.term, std::mem::take(&mut pass.attempts));
    context.shared.inputs.ended(pass.uid());
    result
}

async fn reconcile_once<T: Managed>(pass: &mut Pass<'_, T>) -> Result<Applied<T>, Interrupt> {
    if pass.context.tombstones.of(pass.uid()) == Some(Tombstone::Deleted) {
        return Err(State::Gone.into());
    }
    // Without the finalizer nothing is done outside any more: whoever removed it was told that the object stays.
    if pass.is_deleted() && !pass.has_finalizer() {
        return Err(State::Gone.into());
    }
    if let Some(invalid) = &pass.invalid_annotation {
        return Err(State::Stalled { reason: Reason::InvalidPolicy, message: invalid.to_string() }.into());
    }
    let is_taken_over = pass.is_deleted() && is_taken_over(pass).await?;
    match Scope::of(pass.resource.as_ref(), pass.is_deleted(), &pass.annotations, pass.known_id.as_deref()) {
        Scope::Suspended => return Ok(Applied::Suspended),
        Scope::Nothing => return Err(State::Gone.into()),
        // It is no orphan: another resource has it.
        Scope::Kept(_) if is_taken_over => return Err(State::Gone.into()),
        Scope::Kept(why) => orphan(pass, why).await?,
        Scope::Provider if pass.is_deleted() => {
            ensure_referents(pass)?;
            ensure_delivered(pass)?;
            check_deletion(pass).await?;
        }
        Scope::Provider => ensure_referents(pass)?,
    }
    let target = log::step("resolve", resolve(pass)).await;
    if let Some(is_reaching) = reaches(&target) {
        pass.context.shared.index.set_reaching(&pass.key, is_reaching);
    }
    let applied = match target {
        Ok(target) => {
            let reader = target.writer.reader();
            pass.enter(reader.account_id(), reader.route_id());
            ensure_created_here(pass)?;
            take_over(pass).await?;
            apply(pass, &target).await
        }
        Err(interrupt) => Err(interrupt),
    };
    match applied {
        Err(interrupt) if pass.is_deleted() => Err(without_credential(pass, interrupt).await),
        applied => applied,
    }
}

/// Whether a resource reaches the account of its config; `None`: what is missing, or failed, does not decide that.
fn reaches<T: Managed>(target: &Result<Target<T>, Interrupt>) -> Option<bool> {
    match target {
        Ok(_) => Some(true),
        Err(Interrupt::State(State::Stalled { reason, message: _ })) => leads_elsewhere(*reason).then_some(false),
        Err(_) => None,
    }
}
