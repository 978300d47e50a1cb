//! The way of one change: resolve → observe, plan, apply until nothing is left → report.

use std::sync::Arc;

use kube::runtime::controller::Action;

use super::apply::{Applied, apply};
use super::context::Context;
use super::ends::End;
use super::report::report;
use super::resolve::resolve;
use super::round::{Halt, Round};
use crate::api::annotations::{AllowDeletion, UnknownValue};
use crate::plan::State;
use crate::plan::managed::{Deletion, Managed};

/// Visits one resource.
pub(super) async fn reconcile<T: Managed>(seen: Arc<T>, context: Arc<Context<T>>) -> Action {
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
        is_let_go(round)?;
        has_dependents(round)?;
    } else if round.resource.policies().suspend {
        return Ok(Applied::Suspended);
    }
    let line = resolve(round).await?;
    apply(round, &line).await
}

/// Whether nothing is to be done outside: there is nothing, or it is to be kept.
fn is_let_go<T: Managed>(round: &mut Round<'_, T>) -> Result<(), Halt> {
    let annotations = &round.annotations;
    let exists = round.recorded.is_some() || annotations.intent.is_some() || annotations.external_id.is_some();
    let is_kept = round.resource.deletion() == Deletion::Orphan
        || annotations.allow_deletion == Some(AllowDeletion::Orphan)
        || round.only_observes();
    if exists && is_kept {
        round.tell("OrphanedExternalResource", "the external object is kept as it is");
    }
    if exists && !is_kept { Ok(()) } else { Err(State::Gone.into()) }
}

/// A resource that others refer to waits for them, so that nothing is deleted under them.
fn has_dependents<T: Managed>(round: &Round<'_, T>) -> Result<(), Halt> {
    let users = round.context.shared.index.users_of(&round.key);
    let Some(first) = users.first() else { return Ok(()) };
    let (kind, name) = (first.kind, &first.name);
    let message = format!(
        "other resources still refer to this one, such as {kind} '{name}': delete them too, or let them refer to another"
    );
    Err(State::Waiting { reason: "HasDependents", message, until: None }.into())
}
