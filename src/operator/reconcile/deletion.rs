//! The checks of a deletion before the provider is asked: whether the external object is to be deleted at all.

use crate::api::reason::{EventReason, Reason};
use crate::operator::interrupt::Interrupt;
use crate::operator::kubernetes::orphans::Orphan;
use crate::operator::reconcile::pass::Pass;
use crate::operator::reconcile::unseen::ensure_dependents;
use crate::plan::elsewhere::unresolved_elsewhere;
use crate::plan::managed::Managed;
use crate::plan::resource_plan::dry_deletion;
use crate::plan::state::State;

/// Why an object stays that this resource may have made in another account.
pub(crate) const SENT_ELSEWHERE: &str = "its create was sent to another account";

/// Passes if the external object is to be deleted; otherwise the interrupt says what happens instead.
pub(crate) async fn check_deletion<T: Managed>(pass: &mut Pass<'_, T>) -> Result<(), Interrupt> {
    if is_uninstalled::<T>(pass).await? {
        return orphan(pass, "its kind is being uninstalled").await;
    }
    has_dependents(pass)?;
    ensure_dependents(pass)
}

/// Passes unless a deleted resource may have made an object in another account: that is kept.
pub(crate) fn ensure_created_here<T: Managed>(pass: &Pass<'_, T>) -> Result<(), Interrupt> {
    match unresolved_elsewhere(&pass.annotations, pass.known_id.as_deref(), &pass.attempts) {
        Some(_) if pass.is_deleted() => Err(Interrupt::Orphan(SENT_ELSEWHERE)),
        _ => Ok(()),
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
    let (external_id, account) = (pass.known_id.as_deref(), pass.annotations.created_in());
    let orphan = Orphan { key: &pass.key, uid: pass.uid(), external_id, account, why };
    pass.context.shared.orphans.record(&orphan).await?;
    pass.add_event(EventReason::OrphanedExternalResource, &format!("the external object is kept as it is: {why}"));
    Ok(())
}

/// Whether the operator is being uninstalled: then external objects are kept.
async fn is_uninstalled<T: Managed>(pass: &Pass<'_, T>) -> Result<bool, Interrupt> {
    let shared = &pass.context.shared;
    if !shared.reads_cluster_scope {
        return Ok(false);
    }
    match shared.definitions.is_ending::<T>().await {
        // Without permission to read CRDs the deletion continues.
        Err(trouble) if trouble.is_forbidden() => {
            let what =
                "whether a kind is being uninstalled is not known: its external objects are deleted with its resources";
            shared.troubles.tell(&trouble, &"uninstalled", what);
            Ok(false)
        }
        asked => Ok(asked?),
    }
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
