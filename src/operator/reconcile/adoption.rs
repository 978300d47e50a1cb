//! The event of an adoption. An adoption that changes the object records its id before the call: it is told there, and not again at the end. If the process ends
//! between the two, nothing is told: status has the id by then.

use crate::api::reason::EventReason;
use crate::operator::reconcile::pass::Pass;
use crate::plan::managed::Managed;

/// Whether the resource takes an object that existed already, and status does not say so yet.
pub(crate) fn adopts<T: Managed>(pass: &Pass<'_, T>, external_id: Option<&str>) -> bool {
    let is_known = pass.status().is_some_and(|status| status.common.external_id.is_some());
    let is_created = pass.pending_events.iter().any(|event| event.reason == EventReason::CreatedExternalResource);
    external_id.is_some() && !is_known && pass.annotations.intent.is_none() && !is_created
}

/// Tells that the object of the pass's id was adopted.
pub(crate) fn tell_adoption<T: Managed>(pass: &mut Pass<'_, T>) {
    let message = "an external object that existed already belongs to this resource now";
    pass.add_event(EventReason::AdoptedExternalResource, message);
}
