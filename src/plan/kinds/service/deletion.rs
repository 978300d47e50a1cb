//! Deleting a service: not while monitors belong to it. No IO.

use crate::api::reason::Reason;
use crate::inventory::collection::{Collection, Need};
use crate::plan::context::PlanContext;
use crate::plan::state::State;
use crate::provider::model::ids::{ServiceId, TeamId};
use crate::provider::model::service::ObservedService;

/// Why a service must not be deleted now, if monitors belong to it.
///
/// # Errors
/// A read that must come first.
pub(crate) fn blocked_deletion(
    id: &ServiceId,
    team: Option<&TeamId>,
    context: &PlanContext,
) -> Result<Option<State>, Need> {
    let listed = match team {
        Some(team) => context.inventory.services(team, context.delete_freshness())?,
        None => None,
    };
    let (service, collection) = if let (Some(list), Some(team)) = (listed, team) {
        (list.get(id.as_str()).cloned(), Collection::Services(team.clone()))
    } else {
        let service = context.inventory.service(id, context.delete_freshness())?.value.clone();
        (service, Collection::Service(id.clone()))
    };
    match service {
        Some(service) => Ok(not_empty(&service)),
        // What was read does not show whether anything belongs to it.
        None => context.doubt(&collection),
    }
}

/// What blocks the deletion of a service, if anything belongs to it or may belong to it.
fn not_empty(service: &ObservedService) -> Option<State> {
    let found = match (service.resources, service.heartbeats) {
        (Some(0), Some(0)) => return None,
        (Some(resources), Some(heartbeats)) => format!(
            "the service has {resources} resources and {heartbeats} heartbeats, which deleting it would lose: remove them, or "
        ),
        (None, _) | (_, None) => {
            "Pinghome does not show how many resources and heartbeats the service has; deleting it would lose them: "
                .to_owned()
        }
    };
    let message = format!(
        "{found}set the annotation ping-operator.dev/allow-deletion to 'true' (or to 'orphan' to keep the service)"
    );
    Some(State::deletion_blocked(Reason::NotEmpty, message))
}
