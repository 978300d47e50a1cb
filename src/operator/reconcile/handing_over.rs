//! The object of a deleted resource that is left to another one, which claims it.

use kube::{Api, Resource};

use crate::api::annotations::EXTERNAL_ID;
use crate::api::conditions::{Condition, ConditionType, find};
use crate::api::lenient::Lenient;
use crate::api::reason::{EventReason, Reason};
use crate::operator::interrupt::Interrupt;
use crate::operator::reconcile::pass::{Pass, PendingEvent};
use crate::operator::trouble::asked::{Asked, Verb};
use crate::plan::context::Claimant;
use crate::plan::managed::Managed;

/// Tells of a deleted resource whose object is left to another one that claims it. One that is not older is read again before: it may have
/// dropped its claim, and then the object is deleted.
///
/// # Errors
/// It does not claim the object any more, or cannot be read.
pub(crate) async fn tell_handing_over<T: Managed>(pass: &mut Pass<'_, T>) -> Result<(), Interrupt> {
    let claimant = |id: &str| pass.context.shared.index.claimant(id, &pass.key, &pass.age);
    let Some(id) = pass.known_id.clone() else { return Ok(()) };
    let Some(heir) = claimant(&id).filter(Claimant::inherits) else { return Ok(()) };
    let is_told = |event: &PendingEvent| {
        matches!(event.reason, EventReason::OrphanedExternalResource | EventReason::DeletedExternalResource)
    };
    if pass.pending_events.iter().any(is_told) {
        return Ok(());
    }
    if (!heir.wins || heir.is_heir) && !still_claims(pass, &heir, &id).await? {
        return Err(Interrupt::Later);
    }
    let (older, claims) = match (heir.is_heir, heir.wins) {
        (true, _) => ("", "has taken it over"),
        (false, true) => ("older ", "claims it"),
        (false, false) => ("", "claims it"),
    };
    let message = format!("the external object is kept as it is: the {older}resource '{}' {claims}", heir.name);
    pass.add_event(EventReason::OrphanedExternalResource, &message);
    Ok(())
}

/// Whether a resource claims an object now, as the API server has it, and is not being deleted.
async fn still_claims<T: Managed>(pass: &Pass<'_, T>, heir: &Claimant, id: &str) -> Result<bool, Interrupt> {
    let (namespace, name) = heir.name.split_once('/').unwrap_or_default();
    let api = Api::<Lenient<T>>::namespaced(pass.context.shared.client.clone(), namespace);
    let found = Asked::to::<T>(Verb::Get, namespace).check(api.get_opt(name).await)?;
    let Some(found) = found.filter(|found| found.meta().deletion_timestamp.is_none()) else { return Ok(false) };
    let annotation = found.meta().annotations.as_ref().and_then(|all| all.get(EXTERNAL_ID));
    let (recorded, is_in_conflict) = match &found {
        Lenient::Readable(resource) => {
            let common = resource.status().map(|status| &status.common);
            let conditions = common.map(|common| common.conditions.as_slice()).unwrap_or_default();
            (common.and_then(|common| common.external_id.as_deref()), says_conflict(conditions))
        }
        Lenient::Unreadable(unreadable) => (unreadable.external_id(), says_conflict(&unreadable.conditions())),
    };
    Ok(annotation.is_some_and(|named| named == id) || recorded == Some(id) || is_in_conflict)
}

fn says_conflict(conditions: &[Condition]) -> bool {
    find(conditions, ConditionType::Ready).and_then(Condition::reason) == Some(Reason::Conflict)
}
