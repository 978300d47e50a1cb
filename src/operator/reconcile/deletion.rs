//! The checks of a deletion before the provider is asked: whether the external object is to be deleted at all.

use jiff::SignedDuration;

use crate::api::reason::{EventReason, Reason};
use crate::operator::interrupt::Interrupt;
use crate::operator::kubernetes::orphans::Orphan;
use crate::operator::reconcile::pass::Pass;
use crate::operator::reconcile::unseen::ensure_dependents;
use crate::operator::trouble::ApiTrouble;
use crate::plan::elsewhere::{is_recorded_elsewhere, unresolved_elsewhere};
use crate::plan::managed::Managed;
use crate::plan::resource_plan::dry_deletion;
use crate::plan::state::State;

/// How long after the deletion of a resource discovery shows that its kind is being deleted.
const DISCOVERED_AFTER: SignedDuration = SignedDuration::from_secs(3);

/// Why an object stays that this resource may have made in another account.
const SENT_ELSEWHERE: &str = "its create was sent to another account";
/// Why an object stays that this resource has in another account.
const RECORDED_ELSEWHERE: &str = "it is in another account than the one that the config opens now";

/// What is told of an account whose closure was not answered.
const CLOSED: &str = "the account is closed as far as can be known: its closure was sent, the answer is not known, and the token is rejected since";

/// Passes if the external object is to be deleted; otherwise the interrupt says what happens instead.
pub(crate) async fn check_deletion<T: Managed>(pass: &mut Pass<'_, T>) -> Result<(), Interrupt> {
    if is_uninstalled::<T>(pass).await? {
        return orphan(pass, "its kind is being uninstalled").await;
    }
    has_dependents(pass)?;
    ensure_dependents(pass)
}

/// Passes unless a deleted resource has, or may have made, an object in another account: that is kept.
pub(crate) fn ensure_created_here<T: Managed>(pass: &Pass<'_, T>) -> Result<(), Interrupt> {
    let unresolved = unresolved_elsewhere(&pass.annotations, pass.known_id.as_deref(), &pass.attempts);
    match recorded_elsewhere(pass).or(unresolved.map(|_| SENT_ELSEWHERE)) {
        Some(why) if pass.is_deleted() => Err(Interrupt::Orphan(why)),
        _ => Ok(()),
    }
}

/// Why the recorded object stays, if it is in another account than the one that the config opens.
fn recorded_elsewhere<T: Managed>(pass: &Pass<'_, T>) -> Option<&'static str> {
    let recorded = pass.status().map(|status| &status.common);
    is_recorded_elsewhere(recorded, pass.origin.account.as_deref()).then_some(RECORDED_ELSEWHERE)
}

/// Tells of what a resource leaves in another account when another object takes the place of it: the new create record, and the new id,
/// name it no longer.
pub(crate) async fn leave_elsewhere<T: Managed>(pass: &mut Pass<'_, T>) -> Result<(), Interrupt> {
    let may_have_made = pass.annotations.sent_elsewhere.as_ref().is_some_and(|intent| !intent.refused);
    match recorded_elsewhere(pass).or(may_have_made.then_some(SENT_ELSEWHERE)) {
        Some(why) => leave(pass, why).await,
        None => Ok(()),
    }
}

/// Keeps the external object: publishes an event, and records the orphan in the orphans `ConfigMap`.
pub(crate) async fn orphan<T: Managed>(pass: &mut Pass<'_, T>, why: &'static str) -> Result<(), Interrupt> {
    if pass.context.shared.dry_run {
        return Err(dry_deletion(format!("it would keep the external object, because {why}")).into());
    }
    leave(pass, why).await?;
    Err(State::Gone.into())
}

/// Tells of an external object that is kept, or may have been made, and that nothing manages any more.
pub(crate) async fn leave<T: Managed>(pass: &mut Pass<'_, T>, why: &'static str) -> Result<(), Interrupt> {
    note(pass, why).await?;
    pass.add_event(EventReason::OrphanedExternalResource, &format!("the external object is kept as it is: {why}"));
    Ok(())
}

/// How a deletion ends whose object is gone as far as can be known, because the token is rejected that went with it.
pub(crate) async fn ended_with_token<T: Managed>(pass: &mut Pass<'_, T>) -> Interrupt {
    if pass.context.shared.dry_run {
        return dry_deletion(CLOSED).into();
    }
    if let Err(trouble) = note(pass, CLOSED).await {
        return trouble.into();
    }
    pass.add_event(EventReason::DeletedExternalResource, CLOSED);
    State::Gone.into()
}

/// Writes what becomes of an external object to the orphans `ConfigMap`.
async fn note<T: Managed>(pass: &Pass<'_, T>, why: &'static str) -> Result<(), ApiTrouble> {
    let recorded =
        pass.status().filter(|_| pass.known_id.is_some()).and_then(|status| status.common.account_id.as_deref());
    let (external_id, account) = (pass.known_id.as_deref(), recorded.or(pass.annotations.created_in()));
    let orphan = Orphan { key: &pass.key, uid: pass.uid(), external_id, account, why };
    pass.context.shared.orphans.record(&orphan).await
}

/// Whether the kind is being uninstalled: then external objects are kept.
async fn is_uninstalled<T: Managed>(pass: &Pass<'_, T>) -> Result<bool, Interrupt> {
    let shared = &pass.context.shared;
    if shared.reads_cluster_scope {
        match shared.definitions.is_ending::<T>().await {
            Err(trouble) if trouble.is_forbidden() => {
                let what = "discovery tells whether a kind is being uninstalled, and each deletion waits for it";
                shared.troubles.tell(&trouble, &"uninstalled", what);
            }
            asked => return Ok(asked?),
        }
    }
    if shared.definitions.is_ending_as_discovered::<T>().await? {
        return Ok(true);
    }
    // Discovery shows it a moment after the resources of the kind are deleted.
    let deleted = pass.resource.meta().deletion_timestamp.as_ref().map(|time| time.0);
    let until = deleted.and_then(|deleted| deleted.checked_add(DISCOVERED_AFTER).ok());
    if until.is_none_or(|until| shared.clock.now() >= until) {
        return Ok(false);
    }
    let message = "the operator may not read CRDs, and waits a moment to see whether the kind is being uninstalled";
    Err(State::waiting(Reason::Progressing, message, until).into())
}

/// A resource that others refer to is deleted after them.
fn has_dependents<T: Managed>(pass: &Pass<'_, T>) -> Result<(), Interrupt> {
    let referrers = pass.context.shared.index.referrers(&pass.key);
    let Some(first) = referrers.first() else { return Ok(()) };
    let (kind, name) = (first.kind, &first.name);
    let message = format!(
        "other resources still refer to this one, such as {kind} '{name}': delete them too, or let them refer to another"
    );
    Err(State::Waiting { reason: Reason::HasDependents, message, until: None }.into())
}
