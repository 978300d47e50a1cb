//! A service whose spec names another team than before: the API cannot move it. No IO.

use crate::api::annotations::Annotations;
use crate::api::reason::Reason;
use crate::api::service::{OnTeamChange, Service};
use crate::inventory::collection::{Collection, Need};
use crate::inventory::observed::Observed;
use crate::plan::attempts::CallResult;
use crate::plan::context::PlanContext;
use crate::plan::identity::{Identity, another_identity, unresolved_intent};
use crate::plan::kinds::service::deletion::blocked_deletion;
use crate::plan::kinds::service::in_team::{ServicePlan, require_later_list};
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::{Step, Why};
use crate::provider::model::ids::{ServiceId, TeamId};
use crate::provider::model::service::ObservedService;
use crate::provider::pinghome::call::PinghomeCall;

/// What the last read of a collection shows of a service.
pub(crate) struct LastRead {
    /// The service.
    pub(crate) observed: Observed<ObservedService>,
    /// What was read.
    pub(crate) collection: Collection,
}

/// Where the recorded service is.
pub(crate) enum ServiceLocation {
    /// In the team that the spec names, or no other team is recorded.
    InWantedTeam,
    /// In the team that the spec named before; with what is to be done there.
    InPreviousTeam(Box<ServicePlan>),
    /// It was in the team that the spec named before, and is gone.
    Gone(ServiceId),
}

impl Service {
    /// Looks for the recorded service in the previous team, if the spec names another one now.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn location(&self, team: &TeamId, context: &PlanContext) -> Result<ServiceLocation, Need> {
        // What this reconcile created itself is not in status yet, and surely not in the previous team.
        let known_id = self.status.as_ref().and_then(|status| status.common.external_id.as_deref());
        let before = self.recorded_team().filter(|before| before != team && known_id == context.known_id);
        let (Some(before), Some(id)) = (before, context.known_id.and_then(ServiceId::parse)) else {
            return Ok(ServiceLocation::InWantedTeam);
        };
        if context.attempts.outcome(&replacement_key(&id)) == Some(CallResult::Done) {
            return Ok(ServiceLocation::Gone(id));
        }
        let LastRead { observed, collection } = Self::look_up(&before, &id, context)?;
        let Observed { value, read_at, absent_since } = observed;
        if let Some(service) = value {
            let plan = self.plan_in_previous_team(&before, &service, context)?;
            return Ok(ServiceLocation::InPreviousTeam(Box::new(plan)));
        }
        let since = absent_since.unwrap_or(read_at);
        let absence = context.proof_of_absence(since, read_at, &collection)?;
        let message = "the service is no longer in the previous team; it is created in the other one once lists have agreed for the read lag";
        if let Some(state) = absence.awaited(Reason::Recreating, message) {
            return Ok(ServiceLocation::InPreviousTeam(Box::new(Plan::ending_in(state))));
        }
        require_later_list(&before, since, context)?;
        Ok(ServiceLocation::Gone(id))
    }

    /// Reads the service from the list of a team, or by its id where the provider does not list.
    pub(crate) fn look_up(team: &TeamId, id: &ServiceId, context: &PlanContext) -> Result<LastRead, Need> {
        if let Some(list) = context.inventory.services(team, context.not_before)? {
            let (value, absent_since) = (list.get(id.as_str()).cloned(), list.absent_since(id.as_str()));
            let observed = Observed { value, read_at: list.read_at(), absent_since };
            return Ok(LastRead { observed, collection: Collection::Services(team.clone()) });
        }
        let observed = context.inventory.service(id, context.not_before)?.clone();
        Ok(LastRead { observed, collection: Collection::Service(id.clone()) })
    }

    /// Resolves a create in the team in which it was asked for, whatever the spec says by now. If it never happened, the service is
    /// created in the team that the spec names.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn plan_moved_create(
        &self,
        created_in: &TeamId,
        team: &TeamId,
        context: &PlanContext,
    ) -> Result<ServicePlan, Need> {
        let annotations = Annotations { intent: None, ..context.annotations.clone() };
        let named = context.annotations.external_id.as_deref();
        match (self.unresolved(created_in, context)?, named) {
            (Identity::Undetermined(state), _) => Ok(Plan::ending_in(state)),
            (Identity::Bound(service), Some(named)) if named != service.id.as_str() => {
                let state = another_identity("service", named, service.id.as_str());
                Ok(self.plan_contradicted(created_in, service, state))
            }
            (Identity::Contradicted(service, state), _) => Ok(self.plan_contradicted(created_in, service, state)),
            (Identity::Bound(service), _) => self.plan_in_previous_team(created_in, service, context),
            // No name of the other team counts.
            (Identity::New(_), _) => self.plan_in(team, &PlanContext { annotations: &annotations, ..context.clone() }),
        }
    }

    /// The recorded service is gone: another one is created, or adopted, as if none were recorded. A create record counts only if it was
    /// written to replace the lost service.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn plan_replacement(
        &self,
        lost: &ServiceId,
        team: &TeamId,
        context: &PlanContext,
    ) -> Result<ServicePlan, Need> {
        let intent =
            context.annotations.intent.clone().filter(|intent| intent.replaces.as_deref() == Some(lost.as_str()));
        let annotations = Annotations { intent, ..context.annotations.clone() };
        let context = PlanContext { known_id: None, annotations: &annotations, ..context.clone() };
        let mut plan = self.plan_in(team, &context)?;
        for step in &mut plan.steps {
            if let Why::Create(creation) = &mut step.why {
                creation.ids.insert(lost.to_string());
            }
        }
        Ok(plan)
    }

    /// The service is still in the previous team: it is deleted there, or stays, by `onTeamChange`.
    fn plan_in_previous_team(
        &self,
        before: &TeamId,
        service: &ObservedService,
        context: &PlanContext,
    ) -> Result<ServicePlan, Need> {
        let mut plan = Plan { steps: Vec::new(), ..self.plan_bound(before, service) };
        plan.state = match self.spec.on_team_change {
            OnTeamChange::Hold => stalled_by_hold(before),
            OnTeamChange::Recreate if context.annotations.external_id.is_some() => stalled_by_adoption(),
            OnTeamChange::Recreate if context.passes_guards() => State::Available,
            OnTeamChange::Recreate => blocked_deletion(&service.id, Some(before), context)?.unwrap_or(State::Available),
        };
        if plan.state == State::Available {
            let call = PinghomeCall::DeleteService { service: service.id.clone() };
            plan.steps = vec![Step::new(call, Why::Delete).counted("team").remembered(replacement_key(&service.id))];
        }
        Ok(plan)
    }
}

/// The team in which an unresolved create was asked for, if there is one.
pub(crate) fn unresolved_create_team(context: &PlanContext) -> Option<TeamId> {
    TeamId::parse(unresolved_intent(context)?.team.as_deref()?)
}

/// The name under which the deletion in the previous team is remembered.
fn replacement_key(id: &ServiceId) -> String {
    format!("replaced/{id}")
}

fn stalled_by_hold(before: &TeamId) -> State {
    let message = format!(
        "the service belongs to the team '{before}', and the API cannot move it: put the team back, or set `onTeamChange` to 'Recreate', \
         which deletes the service with its monitors and creates another one"
    );
    State::stalled(Reason::Invalid, message)
}

fn stalled_by_adoption() -> State {
    let message = "the service was adopted by the external-id annotation, and another one would have another id: remove the annotation";
    State::stalled(Reason::Invalid, message)
}
