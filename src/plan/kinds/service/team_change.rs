//! A service whose spec names another team than before: the API cannot move it. No IO.

use jiff::Timestamp;

use crate::api::annotations::Annotations;
use crate::api::reason::Reason;
use crate::api::service::{OnTeamChange, Service};
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::plan::absence::Absence;
use crate::plan::attempts::CallResult;
use crate::plan::context::PlanContext;
use crate::plan::identity::unresolved_intent;
use crate::plan::kinds::service::deletion::guarded;
use crate::plan::kinds::service::in_team::{ServicePlan, looks_again};
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::{Step, Why};
use crate::provider::model::ids::{ServiceId, TeamId};
use crate::provider::model::service::ObservedService;
use crate::provider::pinghome::call::PinghomeCall;

/// The service, since when it is missing, as of when, and what tells.
type SeenService = (Option<ObservedService>, Option<Timestamp>, Timestamp, Collection);

/// Where the recorded service is.
pub(crate) enum ServiceLocation {
    /// In the team that the spec names, or there is no record yet.
    Here,
    /// In the team of before.
    Elsewhere(ServicePlan),
    /// It was in the team of before, and is no more.
    Nowhere(ServiceId),
}

impl Service {
    /// Looks for the recorded service in the team of before, if the spec names another one.
    pub(crate) fn location(
        &self,
        team: &TeamId,
        context: &PlanContext,
        inventory: &Inventory,
    ) -> Result<ServiceLocation, Need> {
        // What this visit made itself is not in status yet, and surely not in the team of before.
        let known_id = self.status.as_ref().and_then(|status| status.common.external_id.as_deref());
        let before = self.recorded_team().filter(|before| before != team && known_id == context.known_id);
        let (Some(before), Some(id)) = (before, context.known_id.and_then(ServiceId::parse)) else {
            return Ok(ServiceLocation::Here);
        };
        if context.attempts.outcome(&replaced(&id)) == Some(CallResult::Done) {
            return Ok(ServiceLocation::Nowhere(id));
        }
        let (service, absent_since, read_at, collection) = Self::looked_up(&before, &id, context, inventory)?;
        if let Some(service) = service {
            return Ok(ServiceLocation::Elsewhere(self.elsewhere(&before, &service, context, inventory)?));
        }
        let since = absent_since.unwrap_or(read_at);
        let until = match context.proof_of_absence(since, read_at, &collection)? {
            Absence::Proven => {
                looks_again(&before, since, context, inventory)?;
                return Ok(ServiceLocation::Nowhere(id));
            }
            Absence::NotBefore(until) => until,
        };
        let message = "the service is no longer in the team of before; it is made in the other one once lists have agreed for the read lag";
        let state = State::Waiting { reason: Reason::Recreating, message: message.to_owned(), until: Some(until) };
        Ok(ServiceLocation::Elsewhere(Plan::ending_in(state)))
    }

    /// The service in the list of a team, or by itself where the provider does not list.
    fn looked_up(
        team: &TeamId,
        id: &ServiceId,
        context: &PlanContext,
        inventory: &Inventory,
    ) -> Result<SeenService, Need> {
        if let Some(list) = inventory.services(team, context.not_before)? {
            let absent_since = list.absent_since(id.as_str());
            let collection = Collection::Services(team.clone());
            return Ok((list.get(id.as_str()).cloned(), absent_since, list.read_at(), collection));
        }
        let single = inventory.service(id, context.not_before)?;
        Ok((single.value.clone(), single.absent_since, single.read_at, Collection::Service(id.clone())))
    }

    /// A create that is not resolved is looked for where it was asked for, whatever the spec says by now.
    /// One that never happened is made in the team of now.
    pub(crate) fn plan_moved_create(
        &self,
        asked_in: &TeamId,
        team: &TeamId,
        context: &PlanContext,
        inventory: &Inventory,
    ) -> Result<ServicePlan, Need> {
        let plan = self.plan_in(asked_in, context, inventory)?;
        if !plan.steps.iter().any(|step| matches!(step.why, Why::Create(_))) {
            return Ok(plan);
        }
        let annotations = Annotations { intent: None, ..context.annotations.clone() };
        self.plan_in(team, &PlanContext { annotations: &annotations, ..context.clone() }, inventory)
    }

    /// The record is of a service that is no more: the next one is made, or adopted, as if there were none.
    /// A create record counts only if it was written to replace the lost one.
    pub(crate) fn plan_anew(
        &self,
        lost: &ServiceId,
        team: &TeamId,
        context: &PlanContext,
        inventory: &Inventory,
    ) -> Result<ServicePlan, Need> {
        let intent = context.annotations.intent.clone().filter(|intent| intent.ids.contains(lost.as_str()));
        let annotations = Annotations { intent, ..context.annotations.clone() };
        let context = PlanContext { known_id: None, annotations: &annotations, ..context.clone() };
        let mut plan = self.plan_in(team, &context, inventory)?;
        for step in &mut plan.steps {
            if let Why::Create(creation) = &mut step.why {
                creation.ids.insert(lost.to_string());
            }
        }
        Ok(plan)
    }

    fn elsewhere(
        &self,
        before: &TeamId,
        service: &ObservedService,
        context: &PlanContext,
        inventory: &Inventory,
    ) -> Result<ServicePlan, Need> {
        let mut plan = Plan { steps: Vec::new(), ..self.bound(before, service) };
        plan.state = match self.spec.on_team_change {
            OnTeamChange::Hold => held(before),
            OnTeamChange::Recreate if context.annotations.external_id.is_some() => adopted(),
            OnTeamChange::Recreate if context.passes_guards() => State::Available,
            OnTeamChange::Recreate => {
                guarded(&service.id, Some(before), context, inventory)?.unwrap_or(State::Available)
            }
        };
        if plan.state == State::Available {
            let call = PinghomeCall::DeleteService { service: service.id.clone() };
            plan.steps = vec![Step::new(call, Why::Delete).counted("team").remembered(replaced(&service.id))];
        }
        Ok(plan)
    }
}

/// The team in which an unresolved create was asked for.
pub(crate) fn asked_in(context: &PlanContext) -> Option<TeamId> {
    TeamId::parse(unresolved_intent(context)?.team.as_deref()?)
}

fn replaced(id: &ServiceId) -> String {
    format!("replaced/{id}")
}

fn held(before: &TeamId) -> State {
    let message = format!(
        "the service belongs to the team '{before}', and the API cannot move it: put the team back, or set `onTeamChange` to 'Recreate', \
         which deletes the service with its monitors and makes another one"
    );
    State::Stalled { reason: Reason::Invalid, message }
}

fn adopted() -> State {
    let message = "the service was adopted by the external-id annotation, and another one would have another id: remove the annotation";
    State::Stalled { reason: Reason::Invalid, message: message.to_owned() }
}
