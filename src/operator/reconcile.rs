//! The reconciler of all managed kinds: resolve → observe, plan, apply until no step is left → report.

pub(crate) mod apply;
pub(crate) mod deletion;
pub(crate) mod finalizer;
pub(crate) mod member_check;
pub(crate) mod next;
pub(crate) mod pass;
pub(crate) mod report;
pub(crate) mod resolve;
pub(crate) mod status;
pub(crate) mod target;
pub(crate) mod write_ahead;

use std::sync::Arc;

use kube::runtime::controller::Action;

use crate::api::reason::Reason;
use crate::operator::context::Context;
use crate::operator::interrupt::Interrupt;
use crate::operator::reconcile::apply::{Applied, apply};
use crate::operator::reconcile::deletion::{check_deletion, orphan};
use crate::operator::reconcile::pass::Pass;
use crate::operator::reconcile::report::report;
use crate::operator::reconcile::resolve::resolve;
use crate::operator::reconcile_result::ReconcileResult;
use crate::operator::state::tombstones::Tombstone;
use crate::plan::managed::Managed;
use crate::plan::state::State;

/// Reconciles one resource.
pub(crate) async fn reconcile<T: Managed>(seen: Arc<T>, context: Arc<Context<T>>) -> ReconcileResult {
    let mut pass = Pass::new(&context, context.read_your_writes.newest(seen));
    if context.tombstones.of(pass.uid()) == Some(Tombstone::Released) {
        return ReconcileResult::success(Action::await_change());
    }
    let outcome = reconcile_once(&mut pass).await;
    let result = report(&mut pass, outcome).await;
    context.keep_attempts(&pass.age.uid, std::mem::take(&mut pass.attempts));
    result
}

async fn reconcile_once<T: Managed>(pass: &mut Pass<'_, T>) -> Result<Applied<T>, Interrupt> {
    if pass.context.tombstones.of(pass.uid()) == Some(Tombstone::Deleted) {
        return Err(State::Gone.into());
    }
    if let Some(invalid) = &pass.invalid_annotation {
        return Err(State::Stalled { reason: Reason::InvalidPolicy, message: invalid.to_string() }.into());
    }
    if pass.is_deleted() {
        check_deletion(pass).await?;
    } else if pass.resource.policies().suspend {
        return Ok(Applied::Suspended);
    }
    match resolve(pass).await {
        Err(Interrupt::Orphan(why)) => orphan(pass, why).await.map(|()| Applied::Suspended),
        target => apply(pass, &target?).await,
    }
}
