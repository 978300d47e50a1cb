//! A service in one team: found, created, or renamed. No IO.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::api::reason::Reason;
use crate::api::service::{Service, ServiceFacts, ServiceSpec};
use crate::inventory::collection::{Collection, Need};
use crate::inventory::listing::Listing;
use crate::plan::context::PlanContext;
use crate::plan::diff::Diff;
use crate::plan::identity::created::ambiguous;
use crate::plan::identity::{
    DeletionTarget, Identity, another_identity, bound_id, conflict, external_not_found, recorded_target,
};
use crate::plan::managed::Managed;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::{Creation, Step};
use crate::provider::model::ids::{ServiceId, TeamId};
use crate::provider::model::service::{ObservedService, ServiceSettings};
use crate::provider::pinghome::call::PinghomeCall;
use crate::provider::request::Host;

/// The lock of a create while the provider has not answered in its own form yet.
const FIRST_SERVICE: &str = "service";

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
        let identity = self.wanted(team, list).identify(context)?;
        if let Some(service) = unlisted(&identity, list, context)? {
            return Ok(self.plan_bound(team, service));
        }
        Ok(match identity {
            Identity::Undetermined(state) => Plan::ending_in(state),
            Identity::Contradicted(service, state) => self.plan_contradicted(team, service, state),
            Identity::New(ids) => self.create(team, ids),
            Identity::Bound(service) => self.plan_bound(team, service),
        })
    }

    fn create(&self, team: &TeamId, ids: BTreeSet<String>) -> ServicePlan {
        let name = self.spec.name.clone();
        let lock = format!("service/{team}/{name}");
        let creation = Creation { ids, name: name.clone(), team: Some(team.to_string()) };
        let team_external_id = Some(team.to_string());
        let facts = ServiceFacts { team_external_id, unconfirmed: true, ..ServiceFacts::default() };
        let call = PinghomeCall::CreateService { team: team.clone(), settings: ServiceSettings { name } };
        let mut plan = Plan::create(call, creation, lock);
        plan.recording(None, move |record| record.facts = facts.clone());
        plan
    }

    /// The provider does not list services: names cannot be found, and a lost id cannot be found again.
    fn plan_without_list(&self, team: &TeamId, context: &PlanContext) -> Result<ServicePlan, Need> {
        if let Some(named) = &context.annotations.external_id {
            return self.plan_named_without_list(team, named, context);
        }
        let id = match recorded_target(context) {
            DeletionTarget::Object(id) => id,
            DeletionTarget::Unresolved => {
                return Ok(Plan::ending_in(unresolved_without_list(team, context)?));
            }
            DeletionTarget::Nothing => {
                let conflict = context.known_id.and_then(|id| conflict(context, id));
                // Before a create, the team's services are listed again: they may be listed by now.
                context.inventory.services(team, context.create_freshness())?;
                let lost = || context.known_id.map(str::to_owned).into_iter().collect();
                if let Some(state) = conflict {
                    return Ok(Plan::ending_in(state));
                }
                return self.create_unlisted(team, lost(), context);
            }
        };
        let Some(id) = ServiceId::parse(&id) else { return Ok(self.create(team, BTreeSet::new())) };
        let single = context.inventory.service(&id, context.not_before)?;
        if let Some(service) = &single.value {
            return Ok(self.plan_bound(team, service));
        }
        let since = single.absent_since.unwrap_or(single.read_at);
        let absence = context.proof_of_absence(since, single.read_at, &Collection::Service(id.clone()))?;
        let message = "the service is no longer there; it is created again once reads have agreed for the read lag";
        if let Some(state) = absence.awaited(Reason::Recreating, message) {
            return Ok(Plan::ending_in(state));
        }
        require_later_list(team, since, context)?;
        Ok(self.create(team, BTreeSet::from([id.to_string()])))
    }

    /// A provider that shows services by their ids only cannot answer in its own form before there is one. So one is created
    /// although the host has never answered so, and no other before it does: the path of the endpoint may be wrong.
    fn create_unlisted(
        &self,
        team: &TeamId,
        ids: BTreeSet<String>,
        context: &PlanContext,
    ) -> Result<ServicePlan, Need> {
        let Some(doubt) = context.doubt(&Collection::Services(team.clone()))? else {
            return Ok(self.create(team, ids));
        };
        // A person may ask for another one.
        if context.inventory.has_spoken(Host::ResourceCommand) && context.annotations.retry_create.is_none() {
            return Ok(Plan::ending_in(doubt));
        }
        let mut plan = self.create(team, ids);
        plan.steps.iter_mut().for_each(|step| step.lock = Some(FIRST_SERVICE.to_owned()));
        Ok(plan)
    }

    /// The annotation names the service. It is never created.
    fn plan_named_without_list(&self, team: &TeamId, named: &str, context: &PlanContext) -> Result<ServicePlan, Need> {
        if let Some(state) = conflict(context, named) {
            return Ok(Plan::ending_in(state));
        }
        // What an older resource took over is left to it.
        let is_left = |recorded: &&str| *recorded != named && conflict(context, recorded).is_none();
        if let Some(recorded) = bound_id(context).filter(is_left).and_then(ServiceId::parse)
            && context.inventory.service(&recorded, context.create_freshness())?.value.is_some()
        {
            return Ok(Plan::ending_in(another_identity("service", named, recorded.as_str())));
        }
        let Some(id) = ServiceId::parse(named) else {
            return Ok(Plan::ending_in(external_not_found("service", named)));
        };
        if let Some(service) = &context.inventory.service(&id, context.not_before)?.value {
            return Ok(self.plan_bound(team, service));
        }
        let service = &context.inventory.service(&id, context.create_freshness())?.value;
        Ok(match service {
            Some(service) => self.plan_bound(team, service),
            None => Plan::ending_in(external_not_found("service", named)),
        })
    }

    /// A create made the service, and the annotation names another one: nothing is changed.
    pub(crate) fn plan_contradicted(&self, team: &TeamId, service: &ObservedService, state: State) -> ServicePlan {
        Plan { state, steps: Vec::new(), ..self.plan_bound(team, service) }
    }

    /// What to do for a service that is there.
    pub(crate) fn plan_bound(&self, team: &TeamId, service: &ObservedService) -> ServicePlan {
        let facts = ServiceFacts {
            team_external_id: Some(team.to_string()),
            resource_count: service.resources,
            heartbeat_count: service.heartbeats,
            // What a read has shown once stays confirmed, although a later one may be older.
            unconfirmed: service.is_assumed && self.recorded_facts().unconfirmed,
        };
        let mut plan = Plan::known(service.id.to_string(), facts, State::Available);
        plan.steps.extend(ServiceDiff::new(&self.spec, service).step(&service.id));
        plan
    }
}

/// The recorded service, if the list of the team lacks it and it is read by its id all the same. That is asked before another
/// object takes its place.
fn unlisted<'a>(
    identity: &Identity<ObservedService>,
    list: &Listing<ObservedService>,
    context: &PlanContext<'a>,
) -> Result<Option<&'a ObservedService>, Need> {
    let id = context.known_id.filter(|id| list.get(id).is_none() && context.annotations.external_id.is_none());
    match (id.and_then(ServiceId::parse), identity) {
        (None, _) | (_, Identity::Undetermined(State::Waiting { .. })) => Ok(None),
        (Some(id), _) if conflict(context, id.as_str()).is_some() => Ok(None),
        (Some(id), _) => Ok(context.inventory.service(&id, context.create_freshness())?.value.as_ref()),
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
        let ObservedService {
            id: _,
            settings: ServiceSettings { name: old },
            resources: _,
            heartbeats: _,
            is_assumed: _,
        } = observed;
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
    // Nothing is done for want of a list, so it does not matter why there is none.
    let absence = context.reads_span(resolvable_at, read_at, &collection)?;
    let message = "the result of the last create is not known, and the provider does not list the team's services yet";
    Ok(absence.awaited(Reason::ResolvingCreate, message).unwrap_or_else(|| {
        let nonce = intent.map_or("", |intent| intent.nonce.as_str());
        ambiguous("service", nonce, &["the provider does not list this team's services"])
    }))
}
