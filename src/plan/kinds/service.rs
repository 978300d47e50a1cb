//! Planning a [`Service`]: it is read from its team's list, or by its id where the provider does not list. No IO.

pub(crate) mod deletion;
pub(crate) mod in_team;
pub(crate) mod provisional;
pub(crate) mod team_change;

use crate::api::policies::DeletionPolicy;
use crate::api::reason::Reason;
use crate::api::service::{Service, ServiceFacts};
use crate::inventory::collection::{Collection, Need};
use crate::inventory::listing::Listing;
use crate::inventory::observed::Observed;
use crate::plan::absence::Absence;
use crate::plan::context::PlanContext;
use crate::plan::identity::{DeletionTarget, Identity, NamedObject, WantedObject, deletion_target};
use crate::plan::kinds::service::deletion::blocked_deletion;
use crate::plan::kinds::service::in_team::{ServicePlan, require_later_list, unresolved_without_list};
use crate::plan::kinds::service::provisional::Provisional;
use crate::plan::kinds::service::team_change::{LastRead, ServiceLocation, unresolved_create_team};
use crate::plan::managed::Managed;
use crate::plan::references::{Reference, ResolvedRefs};
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::provider::model::ids::{ServiceId, TeamId};
use crate::provider::model::service::ObservedService;
use crate::provider::pinghome::call::PinghomeCall;

impl Managed for Service {
    type Facts = ServiceFacts;
    type Resolved = TeamId;

    fn deletion(&self) -> DeletionPolicy {
        self.spec.deletion_policy
    }

    fn references(&self) -> Vec<Reference> {
        self.spec.team_ref.iter().cloned().map(Reference::Team).collect()
    }

    fn resolve(&self, refs: &ResolvedRefs) -> Result<TeamId, State> {
        let referred = self.spec.team_ref.as_ref().and_then(|team| refs.teams.get(&team.name).cloned());
        let named = || TeamId::parse(&self.spec.team.as_ref()?.external_id);
        referred.or_else(named).ok_or_else(|| {
            State::stalled(Reason::Invalid, "`team.externalId` is no id: take the team_id that Pinghome shows")
        })
    }

    fn plan(&self, team: &TeamId, context: &PlanContext) -> Result<ServicePlan, Need> {
        match self.provisional(context)? {
            Provisional::Confirmed | Provisional::Absent => self.plan_recorded(team, context),
            Provisional::Recognised => Ok(Plan { is_recorded_first: true, ..self.plan_recorded(team, context)? }),
            Provisional::Unseen(collection) => {
                Self::until_shown(self.plan_recorded(team, context)?, collection, context)
            }
            Provisional::Awaited(state) => Ok(Plan::ending_in(state)),
            Provisional::Refuted(refuted) => {
                let is_decided = context.annotations.is_create_allowed() || context.annotations.external_id.is_some();
                if is_decided { self.plan_another(team, context) } else { Ok(Plan::ending_in(refuted.stalled())) }
            }
        }
    }

    fn named_object(&self, team: &TeamId, context: &PlanContext) -> Result<Option<NamedObject>, Need> {
        let list = context.inventory.services(team, context.not_before)?;
        Ok(list.and_then(|list| self.wanted(team, list).sole_bearer(context)))
    }

    fn plan_deletion(&self, team: Option<&TeamId>, context: &PlanContext) -> Result<ServicePlan, Need> {
        if let Some(plan) = self.provisional_deletion(context)? {
            return Ok(plan);
        }
        self.plan_recorded_deletion(team, context)
    }
}

impl Service {
    /// What to do for the service with the recorded id, or without one.
    fn plan_recorded(&self, team: &TeamId, context: &PlanContext) -> Result<ServicePlan, Need> {
        if let Some(created_in) = unresolved_create_team(context).filter(|created_in| created_in != team)
            && is_resolvable_in(&created_in, context)?
        {
            return self.plan_moved_create(&created_in, team, context);
        }
        match self.location(team, context)? {
            ServiceLocation::InPreviousTeam(plan) => Ok(*plan),
            ServiceLocation::InWantedTeam => self.plan_in(team, context),
            ServiceLocation::Gone(lost) => self.plan_replacement(&lost, team, context),
        }
    }

    fn plan_recorded_deletion(&self, team: Option<&TeamId>, context: &PlanContext) -> Result<ServicePlan, Need> {
        // The recorded service may be the one that the create was to replace: its team does not resolve the create.
        let recorded = unresolved_create_team(context).or_else(|| self.recorded_team());
        let team = recorded.as_ref().or(team);
        let id = match (deletion_target(context), team) {
            (DeletionTarget::Object(id), _) => ServiceId::parse(&id),
            (DeletionTarget::Nothing, _) | (DeletionTarget::Unresolved, None) => None,
            (DeletionTarget::Unresolved, Some(team)) => match self.unresolved(team, context)? {
                Identity::Bound(service) | Identity::Contradicted(service, _) => Some(service.id.clone()),
                Identity::New(_) => None,
                Identity::Undetermined(state) => return Ok(Plan::ending_in(state)),
            },
        };
        let Some(service) = id else { return Ok(Plan::ending_in(State::Gone)) };
        if !context.passes_guards()
            && let Some(blocked) = blocked_deletion(&service, team, context)?
        {
            // The team in which it was found is kept: the spec may name another team by now.
            let facts = ServiceFacts { team_external_id: team.map(ToString::to_string), ..self.recorded_facts() };
            return Ok(Plan::known(service.to_string(), facts, blocked));
        }
        if let Some(team) = team.filter(|_| context.attempts.has_failed_deletion())
            && let Some(plan) = self.plan_unlisted(&service, team, context)?
        {
            return Ok(plan);
        }
        Ok(Plan::delete(PinghomeCall::DeleteService { service }, None))
    }

    fn wanted<'a>(&'a self, team: &TeamId, list: &'a Listing<ObservedService>) -> WantedObject<'a, ObservedService> {
        let (name, adoption, collection) =
            (&self.spec.name, self.spec.adoption_policy, Collection::Services(team.clone()));
        WantedObject { label: "service", name, adoption, list, collection }
    }

    fn recorded_team(&self) -> Option<TeamId> {
        TeamId::parse(self.status.as_ref()?.facts.team_external_id.as_deref()?)
    }

    /// The deletion found nothing: what to do if neither a list nor a read by the id shows the service.
    fn plan_unlisted(&self, id: &ServiceId, team: &TeamId, context: &PlanContext) -> Result<Option<ServicePlan>, Need> {
        let LastRead { observed, collection } = Self::look_up(team, id, context)?;
        let Observed { value: None, read_at, absent_since } = observed else { return Ok(None) };
        let since = absent_since.unwrap_or(read_at);
        let absence = context.absence_after_create(since, read_at, &collection)?;
        if absence == Absence::Proven {
            require_later_list(team, since, context)?;
        }
        Ok(Some(Plan::removed(id.to_string(), self.recorded_facts(), absence)))
    }

    /// The result of a create that is not resolved.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn unresolved<'a>(
        &'a self,
        team: &TeamId,
        context: &PlanContext<'a>,
    ) -> Result<Identity<'a, ObservedService>, Need> {
        match context.inventory.services(team, context.not_before)? {
            Some(list) => self.wanted(team, list).left_by_create(context),
            None => Ok(Identity::Undetermined(unresolved_without_list(team, context)?)),
        }
    }
}

/// Whether an unresolved create in this team is looked at before anything else: the annotation answers for a list that there is not.
fn is_resolvable_in(team: &TeamId, context: &PlanContext) -> Result<bool, Need> {
    let is_named = context.annotations.external_id.is_some();
    Ok(!is_named || context.inventory.services(team, context.not_before)?.is_some())
}
