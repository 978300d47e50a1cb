//! What the deletion of a resource must know before the provider is asked: whether anything is to be done outside at all.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{Api, Resource};

use crate::api::annotations::AllowDeletion;
use crate::operator::kubernetes::orphans;
use crate::operator::reconcile::pass::{Halt, Round};
use crate::plan::State;
use crate::plan::managed::{Deletion, Managed};

/// Passes if the external object is to be dealt with; otherwise says what comes instead.
pub(crate) async fn must_act<T: Managed>(round: &mut Round<'_, T>) -> Result<(), Halt> {
    let annotations = &round.annotations;
    let exists = round.recorded.is_some() || annotations.intent.is_some() || annotations.external_id.is_some();
    if !exists || round.only_observes() {
        return Err(State::Gone.into());
    }
    if annotations.allow_deletion == Some(AllowDeletion::Orphan) {
        return let_go(round, "the annotation allow-deletion says so").await;
    }
    if round.resource.deletion() == Deletion::Orphan {
        return let_go(round, "its deletionPolicy says so").await;
    }
    if is_uninstalled::<T>(round).await? {
        return let_go(round, "its kind is being uninstalled").await;
    }
    has_dependents(round)
}

/// The external object stays: that is told, and remembered where it outlives the resource.
pub(crate) async fn let_go<T: Managed>(round: &mut Round<'_, T>, why: &'static str) -> Result<(), Halt> {
    orphans::note(round, why).await?;
    round.tell("OrphanedExternalResource", &format!("the external object is kept as it is: {why}"));
    Err(State::Gone.into())
}

/// A definition that is itself being deleted means that the operator is uninstalled: that deletes nothing outside.
///
/// It is asked each time: an answer of a moment ago would be the wrong one just when it matters.
async fn is_uninstalled<T: Managed>(round: &Round<'_, T>) -> Result<bool, Halt> {
    let name = format!("{}.{}", T::plural(&()), crate::api::GROUP);
    let api = Api::<CustomResourceDefinition>::all(round.context.shared.client.clone());
    match api.get_metadata_opt(&name).await {
        Ok(found) => Ok(found.is_none_or(|definition| definition.meta().deletion_timestamp.is_some())),
        // Without the right to ask, deleting means deleting.
        Err(kube::Error::Api(status)) if status.code == 403 => Ok(false),
        Err(error) => Err(error.into()),
    }
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
