//! The way of one change: resolve → observe, plan, apply until nothing is left → report.

pub(crate) mod apply;
pub(crate) mod deletion;
pub(crate) mod finalizer;
pub(crate) mod member_check;
pub(crate) mod pass;
pub(crate) mod prepare;
pub(crate) mod report;
pub(crate) mod resolve;
pub(crate) mod status;

use std::sync::Arc;

use kube::runtime::controller::Action;

use crate::api::annotations::UnknownValue;
use crate::api::reason::Reason;
use crate::operator::context::Context;
use crate::operator::reconcile::apply::{Applied, apply};
use crate::operator::reconcile::deletion::{check_deletion, orphan};
use crate::operator::reconcile::pass::{Interrupt, Pass};
use crate::operator::reconcile::report::report;
use crate::operator::reconcile::resolve::resolve;
use crate::operator::state::tombstones::Tombstone;
use crate::plan::managed::Managed;
use crate::plan::state::State;

/// Visits one resource.
pub(crate) async fn reconcile<T: Managed>(seen: Arc<T>, context: Arc<Context<T>>) -> Action {
    let (mut pass, annotations) = Pass::new(&context, context.read_your_writes.newest(seen));
    if context.tombstones.of(pass.uid()) == Some(Tombstone::Released) {
        return Action::await_change();
    }
    let outcome = reconcile_once(&mut pass, annotations).await;
    let action = report(&mut pass, outcome).await;
    context.remember(&pass.age.1, std::mem::take(&mut pass.attempts));
    action
}

async fn reconcile_once<T: Managed>(
    pass: &mut Pass<'_, T>,
    annotations: Result<(), UnknownValue>,
) -> Result<Applied<T>, Interrupt> {
    if pass.context.tombstones.of(pass.uid()) == Some(Tombstone::Deleted) {
        return Err(State::Gone.into());
    }
    annotations.map_err(|error| State::Stalled { reason: Reason::InvalidPolicy, message: error.to_string() })?;
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
