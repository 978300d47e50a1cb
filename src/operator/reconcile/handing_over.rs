//! The object of a deleted resource that is left to another one, which claims it.

use kube::{Api, Resource, ResourceExt};

use crate::api::annotations::EXTERNAL_ID;
use crate::api::conditions::{Condition, ConditionType, find};
use crate::api::lenient::Lenient;
use crate::api::reason::{EventReason, Reason};
use crate::api::status::{CommonStatus, Status};
use crate::operator::interrupt::Interrupt;
use crate::operator::kubernetes::patch::{MetadataPatch, merge_status};
use crate::operator::reconcile::pass::{Pass, PendingEvent};
use crate::operator::trouble::asked::{Asked, Verb};
use crate::plan::context::Claimant;
use crate::plan::managed::Managed;

/// Leaves the object of a deleted resource to another one that claims it, and tells so. The other one is read again before: it may have dropped
/// its claim, and then the object is deleted. Before this one goes, the other one also has the finalizer, and in its status what is
/// recorded in this one's: were it deleted before its first reconcile, the object would stay behind.
///
/// # Errors
/// It does not claim the object any more, or cannot be read or written.
pub(crate) async fn hand_over<T: Managed>(pass: &mut Pass<'_, T>) -> Result<(), Interrupt> {
    let claimant = |id: &str| pass.context.shared.index.claimant(id, &pass.key, &pass.age);
    let Some(id) = pass.known_id.clone() else { return Ok(()) };
    let Some(heir) = claimant(&id).filter(Claimant::inherits) else { return Ok(()) };
    let is_told = |event: &PendingEvent| {
        matches!(event.reason, EventReason::OrphanedExternalResource | EventReason::DeletedExternalResource)
    };
    if pass.pending_events.iter().any(is_told) {
        return Ok(());
    }
    let (namespace, name) = heir.name.split_once('/').unwrap_or_default();
    let api = Api::<Lenient<T>>::namespaced(pass.context.shared.client.clone(), namespace);
    let found = Asked::to::<T>(Verb::Get, namespace).check(api.get_opt(name).await)?;
    let found = found.filter(|found| still_claims(found, &id)).ok_or(Interrupt::Later)?;
    if recorded(&found) != Some(&id) {
        pass_on(pass, &api, &found, &id).await?;
    }
    let older = if heir.wins { "older " } else { "" };
    let message = format!("the external object is kept as it is: the {older}resource '{}' claims it", heir.name);
    pass.add_event(EventReason::OrphanedExternalResource, &message);
    Ok(())
}

/// Gives a resource the finalizer, and what is recorded of the object.
async fn pass_on<T: Managed>(
    pass: &Pass<'_, T>,
    api: &Api<Lenient<T>>,
    heir: &Lenient<T>,
    id: &str,
) -> Result<(), Interrupt> {
    let namespace = heir.namespace().unwrap_or_default();
    let asked = || Asked::to::<T>(Verb::Patch, &namespace);
    let protected = asked().check(MetadataPatch::new(heir).finalizer(true).send(api).await)?;
    let account_id = pass.status().and_then(|status| status.common.account_id.clone());
    // Its conditions are its own.
    let common = CommonStatus { external_id: Some(id.to_owned()), account_id, ..CommonStatus::default() };
    let status = Status { common, facts: pass.resource.recorded_facts() };
    let status = asked().check(serde_json::to_value(&status).map_err(kube::Error::SerdeError))?;
    asked().status().check(merge_status(api, &protected, status).await)?;
    Ok(())
}

/// Whether a resource claims an object, and is not being deleted.
fn still_claims<T: Managed>(found: &Lenient<T>, id: &str) -> bool {
    let annotation = found.meta().annotations.as_ref().and_then(|all| all.get(EXTERNAL_ID));
    let is_in_conflict = match found {
        Lenient::Readable(resource) => {
            says_conflict(resource.status().map(|status| status.common.conditions.as_slice()).unwrap_or_default())
        }
        Lenient::Unreadable(unreadable) => says_conflict(&unreadable.conditions()),
    };
    let claims = annotation.is_some_and(|named| named == id) || recorded(found) == Some(id) || is_in_conflict;
    claims && found.meta().deletion_timestamp.is_none()
}

/// The id that is recorded in a resource.
fn recorded<T: Managed>(found: &Lenient<T>) -> Option<&str> {
    match found {
        Lenient::Readable(resource) => resource.status().and_then(|status| status.common.external_id.as_deref()),
        Lenient::Unreadable(unreadable) => unreadable.external_id(),
    }
}

fn says_conflict(conditions: &[Condition]) -> bool {
    find(conditions, ConditionType::Ready).and_then(Condition::reason) == Some(Reason::Conflict)
}
