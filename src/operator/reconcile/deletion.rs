//! What the deletion of a resource must know before the provider is asked: whether anything is to be done outside at all.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{Api, Resource};

use crate::api::GROUP;
use crate::api::annotations::AllowDeletion;
use crate::api::reason::{EventReason, Reason};
use crate::operator::kubernetes::orphans;
use crate::operator::reconcile::pass::{Interrupt, Pass};
use crate::plan::managed::{Deletion, Managed};
use crate::plan::state::State;

/// Passes if the external object is to be dealt with; otherwise says what comes instead.
pub(crate) async fn check_deletion<T: Managed>(pass: &mut Pass<'_, T>) -> Result<(), Interrupt> {
    let annotations = &pass.annotations;
    let exists = pass.known_id.is_some() || annotations.intent.is_some() || annotations.external_id.is_some();
    if !exists || pass.only_observes() {
        return Err(State::Gone.into());
    }
    if annotations.allow_deletion == Some(AllowDeletion::Orphan) {
        return orphan(pass, "the annotation allow-deletion says so").await;
    }
    if pass.resource.deletion() == Deletion::Orphan {
        return orphan(pass, "its deletionPolicy says so").await;
    }
    if is_uninstalled::<T>(pass).await? {
        return orphan(pass, "its kind is being uninstalled").await;
    }
    has_dependents(pass)
}

/// The external object stays: that is told, and remembered where it outlives the resource.
pub(crate) async fn orphan<T: Managed>(pass: &mut Pass<'_, T>, why: &'static str) -> Result<(), Interrupt> {
    orphans::note(pass, why).await?;
    pass.note_event(EventReason::OrphanedExternalResource, &format!("the external object is kept as it is: {why}"));
    Err(State::Gone.into())
}

/// A definition that is itself being deleted means that the operator is uninstalled: that deletes nothing outside.
///
/// It is asked each time: an answer of a moment ago would be the wrong one just when it matters.
async fn is_uninstalled<T: Managed>(pass: &Pass<'_, T>) -> Result<bool, Interrupt> {
    let name = format!("{}.{}", T::plural(&()), GROUP);
    let api = Api::<CustomResourceDefinition>::all(pass.context.shared.client.clone());
    match api.get_metadata_opt(&name).await {
        Ok(found) => Ok(found.is_none_or(|definition| definition.meta().deletion_timestamp.is_some())),
        // Without the right to ask, deleting means deleting.
        Err(kube::Error::Api(status)) if status.code == 403 => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A resource that others refer to waits for them, so that nothing is deleted under them.
fn has_dependents<T: Managed>(pass: &Pass<'_, T>) -> Result<(), Interrupt> {
    let users = pass.context.shared.index.users_of(&pass.key);
    let Some(first) = users.first() else { return Ok(()) };
    let (kind, name) = (first.kind, &first.name);
    let message = format!(
        "other resources still refer to this one, such as {kind} '{name}': delete them too, or let them refer to another"
    );
    Err(State::Waiting { reason: Reason::HasDependents, message, until: None }.into())
}
