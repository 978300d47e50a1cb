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
use crate::operator::context::Context;
use crate::operator::reconcile::apply::{Applied, apply};
use crate::operator::reconcile::deletion::{let_go, must_act};
use crate::operator::reconcile::pass::{Halt, Round};
use crate::operator::reconcile::report::report;
use crate::operator::reconcile::resolve::resolve;
use crate::operator::state::tombstones::End;
use crate::plan::State;
use crate::plan::managed::Managed;

/// Visits one resource.
pub(crate) async fn reconcile<T: Managed>(seen: Arc<T>, context: Arc<Context<T>>) -> Action {
    let (mut round, annotations) = Round::new(&context, context.latest.newest(seen));
    if context.ends.of(round.uid()) == Some(End::Released) {
        return Action::await_change();
    }
    let outcome = visit(&mut round, annotations).await;
    let action = report(&mut round, outcome).await;
    context.remember(&round.age.1, std::mem::take(&mut round.memory));
    action
}

async fn visit<T: Managed>(
    round: &mut Round<'_, T>,
    annotations: Result<(), UnknownValue>,
) -> Result<Applied<T>, Halt> {
    if round.context.ends.of(round.uid()) == Some(End::Deleted) {
        return Err(State::Gone.into());
    }
    annotations.map_err(|error| State::Stalled { reason: "InvalidPolicy", message: error.to_string() })?;
    if round.is_deleted() {
        must_act(round).await?;
    } else if round.resource.policies().suspend {
        return Ok(Applied::Suspended);
    }
    match resolve(round).await {
        Err(Halt::LetGo(why)) => let_go(round, why).await.map(|()| Applied::Suspended),
        line => apply(round, &line?).await,
    }
}
