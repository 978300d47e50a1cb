//! A service in one team: found, created, or renamed. No IO.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::api::reason::Reason;
use crate::api::service::{Service, ServiceFacts, ServiceSpec};
use crate::inventory::collection::{Collection, Need};
use crate::plan::absence::Absence;
use crate::plan::context::PlanContext;
use crate::plan::diff::Diff;
use crate::plan::identity::{DeletionTarget, Identity, ambiguous, conflict, deletion_target};
use crate::plan::resource_plan::{Plan, Record};
use crate::plan::state::State;
use crate::plan::step::{Creation, Step};
use crate::provider::model::ids::{ServiceId, TeamId};
use crate::provider::model::service::{ObservedService, ServiceSettings};
use crate::provider::pinghome::call::PinghomeCall;

/// The plan of a service.
pub(crate) type ServicePlan = Plan<ServiceFacts>;

impl Service {
    /// What to do for the service in this team.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn plan_in(&self, team: &TeamId, context: &PlanContext) -> Result<ServicePlan, Need> {
        let Some(list) = context.inventory.services(team, context.not_before)? else {
            return self.plan_without_list(team, context);
        };
        match self.wanted(team, list).identify(context)? {
            Identity::Undetermined(state) => Ok(Plan::ending_in(state)),
            Identity::New(ids) => self.plan_missing(team, ids, context),
            Identity::Bound(service) => Ok(self.plan_bound(team, service)),
        }
    }

    /// The list of the team lacks the service. Before another one is created, the service is read by its id, too (PU6).
    fn plan_missing(&self, team: &TeamId, ids: BTreeSet<String>, context: &PlanContext) -> Result<ServicePlan, Need> {
        if let Some(id) = context.known_id.and_then(ServiceId::parse)
            && let Some(service) = &context.inventory.service(&id, context.create_freshness())?.value
        {
            return Ok(self.plan_bound(team, service));
        }
        Ok(self.create(team, ids))
    }

    fn create(&self, team: &TeamId, ids: BTreeSet<String>) -> ServicePlan {
        let name = self.spec.name.clone();
        let lock = format!("service/{team}/{name}");
        let creation = Creation { ids, name: name.clone(), team: Some(team.to_string()) };
        let facts = ServiceFacts { team_external_id: Some(team.to_string()), ..ServiceFacts::default() };
        Plan {
            ahead: Some(Box::new(Record { external_id: None, facts })),
            ..Plan::create(
                PinghomeCall::CreateService { team: team.clone(), settings: ServiceSettings { name } },
                creation,
                lock,
            )
        }
    }

    /// The provider does not list services: names cannot be found, and a lost id cannot be found again.
    fn plan_without_list(&self, team: &TeamId, context: &PlanContext) -> Result<ServicePlan, Need> {
        let id = match deletion_target(context) {
            DeletionTarget::Object(id) => id,
            DeletionTarget::Unresolved => {
                return Ok(Plan::ending_in(unresolved_without_list(team, context)?));
            }
            DeletionTarget::Nothing => {
                let claimed = context.annotations.external_id.as_deref().or(context.known_id);
                let conflict = claimed.and_then(|id| conflict(context, id));
                // Before a create, the team's services are listed again: they may be listed by now.
                context.inventory.services(team, context.create_freshness())?;
                let lost = || context.known_id.map(str::to_owned).into_iter().collect();
                return Ok(conflict.map_or_else(|| self.create(team, lost()), Plan::ending_in));
            }
        };
        let Some(id) = ServiceId::parse(&id) else { return Ok(self.create(team, BTreeSet::new())) };
        let single = context.inventory.service(&id, context.not_before)?;
        if let Some(service) = &single.value {
            return Ok(self.plan_bound(team, service));
        }
        let since = single.absent_since.unwrap_or(single.read_at);
        let Absence::NotBefore(until) =
            context.proof_of_absence(since, single.read_at, &Collection::Service(id.clone()))?
        else {
            require_later_list(team, since, context)?;
            return Ok(self.create(team, BTreeSet::from([id.to_string()])));
        };
        let message = "the service is no longer there; it is created again once reads have agreed for the read lag";
        Ok(Plan::ending_in(State::waiting(Reason::Recreating, message, until)))
    }

    /// What to do for a service that is there.
    pub(crate) fn plan_bound(&self, team: &TeamId, service: &ObservedService) -> ServicePlan {
        let facts = ServiceFacts {
            team_external_id: Some(team.to_string()),
            resource_count: service.resources,
            heartbeat_count: service.heartbeats,
        };
        let mut plan = Plan::known(service.id.to_string(), facts, State::Available);
        plan.steps.extend(ServiceDiff::new(&self.spec, service).step(&service.id));
        plan
    }
}

/// A service's own fields, wanted beside observed.
struct ServiceDiff {
    name: Diff<String>,
}

impl ServiceDiff {
    fn new(spec: &ServiceSpec, observed: &ObservedService) -> Self {
        let ServiceSpec {
            policies: _,
            name,
            // Another team is planned in `team_change`.
            team_ref: _,
            team: _,
            on_team_change: _,
            deletion_policy: _,
            adoption_policy: _,
        } = spec;
        let ObservedService { id: _, settings: ServiceSettings { name: old }, resources: _, heartbeats: _ } = observed;
        Self { name: Diff::new("name", Some(old.clone()), Some(name.clone())) }
    }

    fn step(self, service: &ServiceId) -> Option<Step> {
        let Self { name } = self;
        let settings = ServiceSettings { name: name.value()? };
        let call = PinghomeCall::RenameService { service: service.clone(), settings };
        name.change().map(|change| Step::update(call, vec![change]))
    }
}

/// A list may have been refused because a new team was not seen yet, and a service by its id because the provider does not answer
/// by id. Only a list, or a refusal, from after the read lag proves that the service is gone.
pub(crate) fn require_later_list(team: &TeamId, since: Timestamp, context: &PlanContext) -> Result<(), Need> {
    context.inventory.services(team, since.saturating_add(context.read_lag).unwrap_or(since)).map(drop)
}

/// What to report of a create that no list can resolve. A new team may not be seen yet: only after the read lag it is clear that the
/// provider does not list its services.
pub(crate) fn unresolved_without_list(team: &TeamId, context: &PlanContext) -> Result<State, Need> {
    let intent = context.annotations.intent.as_ref();
    let resolvable_at = context.resolvable_at(intent.map_or(Timestamp::MIN, |intent| intent.time));
    let collection = Collection::Services(team.clone());
    let read_at = context.inventory.read_at(&collection).unwrap_or(Timestamp::MIN);
    let Absence::NotBefore(until) = context.absence_provable_at(resolvable_at, read_at, &collection)? else {
        let nonce = intent.map_or("", |intent| intent.nonce.as_str());
        return Ok(ambiguous("service", nonce, &["the provider does not list this team's services"]));
    };
    let message = "the result of the last create is not known, and the provider does not list the team's services yet";
    Ok(State::waiting(Reason::ResolvingCreate, message, until))
}
