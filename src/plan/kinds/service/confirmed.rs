//! Whether the recorded service is the one that the create made: an answer may have shown the id of another one. No IO.

use crate::api::reason::Reason;
use crate::api::service::{Service, ServiceFacts};
use crate::inventory::collection::{Collection, Need};
use crate::inventory::listing::Listing;
use crate::plan::context::PlanContext;
use crate::plan::identity::bound_id;
use crate::plan::managed::{Managed, catching_up};
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::provider::model::ids::{ServiceId, TeamId};
use crate::provider::model::service::ObservedService;

/// Whether the recorded id is surely not that of the created service: its team's list has not shown it, and could.
pub(crate) fn is_refuted(list: &Listing<ObservedService>, context: &PlanContext) -> bool {
    let resolvable_at = context.annotations.intent.as_ref().map(|intent| context.resolvable_at(intent.time));
    let is_missing = |id: &str| list.is_unconfirmed(id) && list.get(id).is_none();
    context.known_id.is_some_and(is_missing) && resolvable_at.is_some_and(|time| list.read_at() >= time)
}

impl Service {
    /// A plan without its steps as long as no list of the team has shown the service.
    ///
    /// # Errors
    /// The list must be read again.
    pub(crate) fn once_confirmed(
        plan: Plan<ServiceFacts>,
        team: &TeamId,
        list: &Listing<ObservedService>,
        context: &PlanContext,
    ) -> Result<Plan<ServiceFacts>, Need> {
        let is_unconfirmed = plan.external_id.as_deref().is_some_and(|id| list.is_unconfirmed(id));
        if plan.steps.is_empty() || !is_unconfirmed {
            return Ok(plan);
        }
        let state = catching_up(context, Collection::Services(team.clone()), list.read_at())?;
        Ok(Plan { state, ..plan.limited_to(Vec::new()) })
    }

    /// Why a service that its team's list does not show, and that was read by its id, is not taken for the recorded one: nothing but the
    /// answer to the create says that it is, and it has another name.
    pub(crate) fn seems_anothers(
        &self,
        service: &ObservedService,
        list: &Listing<ObservedService>,
        context: &PlanContext,
    ) -> Option<String> {
        let id = service.id.as_str();
        let intent = context.annotations.intent.as_ref().filter(|_| bound_id(context) == Some(id))?;
        let names = [Some(self.spec.name.as_str()), intent.name.as_deref()];
        if list.has_lost(id) || names.contains(&Some(service.settings.name.as_str())) {
            return None;
        }
        Some(format!(
            "the create was answered with the id '{id}', and the team's list does not show that service, which has another name: it may be \
             somebody else's. If it is this resource's, give it its name back at Pinghome; if not, set the annotation \
             ping-operator.dev/retry-create: {}, or ping-operator.dev/allow-deletion: orphan",
            intent.nonce
        ))
    }

    /// What to do for a deleted service instead of deleting it, if it may be somebody else's.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn unconfirmed_deletion(
        &self,
        service: &ServiceId,
        team: &TeamId,
        context: &PlanContext,
    ) -> Result<Option<Plan<ServiceFacts>>, Need> {
        let Some(list) = context.inventory.services(team, context.not_before)? else { return Ok(None) };
        let rest = |state| Plan::known(service.to_string(), self.recorded_facts(), state);
        if is_refuted(list, context) {
            // What the create made, if anything, is found by the record.
            let context = PlanContext { known_id: None, ..context.clone() };
            return self.plan_deletion(Some(team), &context).map(Some);
        }
        if list.is_unconfirmed(service.as_str()) {
            return Ok(Some(rest(catching_up(context, Collection::Services(team.clone()), list.read_at())?)));
        }
        if list.get(service.as_str()).is_some() {
            return Ok(None);
        }
        let single = context.inventory.service(service, context.create_freshness())?;
        let why = single.value.as_ref().and_then(|service| self.seems_anothers(service, list, context));
        Ok(why.map(|why| rest(State::deletion_blocked(Reason::NotConverging, why))))
    }
}
