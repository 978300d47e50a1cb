//! Planning a [`Service`]: it is looked up in its team's list, or by itself where the provider does not list. No IO.

pub(crate) mod deletion;
pub(crate) mod team_change;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::api::policies::{DeletionPolicy, Policies};
use crate::api::provider_config::Provider;
use crate::api::service::{Service, ServiceFacts};
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::plan::absence::Proof;
use crate::plan::context::Visit;
use crate::plan::identity::{Doomed, Identity, Wanted, ambiguous, conflict, doomed, doomed_by_list, identify};
use crate::plan::kinds::service::deletion::guarded;
use crate::plan::kinds::service::team_change::{Whereabouts, asked_in};
use crate::plan::managed::{Deletion, Found, Managed, Reference};
use crate::plan::step::{Change, Creation, Step};
use crate::plan::{Plan, State};
use crate::provider::model::ids::{ServiceId, TeamId};
use crate::provider::pinghome::call::Call;

type ServicePlan = Plan<ServiceFacts>;

impl Managed for Service {
    type Facts = ServiceFacts;
    type Desired = TeamId;

    const PROVIDER: Provider = Provider::Pinghome;

    fn policies(&self) -> &Policies {
        &self.spec.policies
    }

    fn deletion(&self) -> Deletion {
        match self.spec.deletion_policy {
            DeletionPolicy::Delete => Deletion::Act,
            DeletionPolicy::Orphan => Deletion::Orphan,
        }
    }

    fn references(&self) -> Vec<Reference> {
        self.spec.team_ref.iter().cloned().map(Reference::Team).collect()
    }

    fn desired(&self, found: &Found) -> Result<TeamId, State> {
        let referred = self.spec.team_ref.as_ref().and_then(|team| found.teams.get(&team.name).cloned());
        let named = || TeamId::parse(&self.spec.team.as_ref()?.external_id);
        referred.or_else(named).ok_or_else(|| State::Stalled {
            reason: "Invalid",
            message: "`team.externalId` is no id: take the team_id that Pinghome shows".to_owned(),
        })
    }

    fn plan(&self, team: &TeamId, visit: &Visit, inventory: &Inventory) -> Result<ServicePlan, Need> {
        if let Some(asked_in) = asked_in(visit).filter(|asked_in| asked_in != team) {
            return self.plan_moved_create(&asked_in, team, visit, inventory);
        }
        match self.whereabouts(team, visit, inventory)? {
            Whereabouts::Elsewhere(plan) => Ok(plan),
            Whereabouts::Here => self.plan_in(team, visit, inventory),
            Whereabouts::Nowhere(lost) => self.plan_anew(&lost, team, visit, inventory),
        }
    }

    fn plan_deletion(&self, team: Option<&TeamId>, visit: &Visit, inventory: &Inventory) -> Result<ServicePlan, Need> {
        // What is recorded may be the one that the create was to replace: its team tells nothing of the create.
        let recorded = asked_in(visit).or_else(|| self.recorded_team());
        let team = recorded.as_ref().or(team);
        let doomed = match (doomed(visit), team) {
            (Doomed::Unresolved, Some(team)) => match self.unresolved(team, visit, inventory)? {
                Ok(doomed) => doomed,
                Err(state) => return Ok(Plan::rest(state)),
            },
            (known, _) => known,
        };
        let Doomed::Object(id) = doomed else { return Ok(Plan::rest(State::Gone)) };
        let Some(service) = ServiceId::parse(&id) else { return Ok(Plan::rest(State::Gone)) };
        if !visit.passes_guards()
            && let Some(held) = guarded(&service, team, visit, inventory)?
        {
            // Where it was found is part of what is held: the spec may name another team by now.
            let facts = ServiceFacts { team_external_id: team.map(ToString::to_string), ..self.recorded_facts() };
            return Ok(Plan { external_id: Some(id), facts, ..Plan::rest(held) });
        }
        Ok(Plan::delete(Call::DeleteService { service }, None))
    }
}

impl Service {
    fn wanted(&self) -> Wanted<'_> {
        Wanted { word: "service", name: &self.spec.name, adoption: self.spec.adoption_policy }
    }

    fn recorded_team(&self) -> Option<TeamId> {
        TeamId::parse(self.status.as_ref()?.facts.team_external_id.as_deref()?)
    }

    fn plan_in(&self, team: &TeamId, visit: &Visit, inventory: &Inventory) -> Result<ServicePlan, Need> {
        let Some(list) = inventory.services(team, visit.since)? else {
            return self.plan_unlisted(team, visit, inventory);
        };
        match identify(visit, &self.wanted(), list) {
            Identity::Look(since) => Err(Need { collection: Collection::Services(team.clone()), since }),
            Identity::Unsettled(state) => Ok(Plan::rest(state)),
            Identity::New(ids) => self.missing(team, ids, visit, inventory),
            Identity::Bound(id) => Ok(match list.get(&id) {
                Some(service) => self.bound(team, service),
                None => Plan::rest(State::Gone),
            }),
        }
    }

    /// A listed team lacks the service; before another one is made, the other form is asked too (PU6).
    fn missing(
        &self,
        team: &TeamId,
        ids: BTreeSet<String>,
        visit: &Visit,
        inventory: &Inventory,
    ) -> Result<ServicePlan, Need> {
        if let Some(id) = visit.recorded.and_then(ServiceId::parse)
            && let Some(service) = &inventory.service(&id, visit.before_create())?.value
        {
            return Ok(self.bound(team, service));
        }
        Ok(self.create(team, ids))
    }

    fn create(&self, team: &TeamId, ids: BTreeSet<String>) -> ServicePlan {
        let name = self.spec.name.clone();
        let lock = format!("service/{team}/{name}");
        let creation = Creation { ids, name: name.clone(), team: Some(team.to_string()) };
        let facts = ServiceFacts { team_external_id: Some(team.to_string()), ..ServiceFacts::default() };
        Plan { facts, ..Plan::create(Call::CreateService { name, team: team.clone() }, creation, lock) }
    }

    /// The provider answers by service only: names cannot be looked up, and a lost id cannot be found again.
    fn plan_unlisted(&self, team: &TeamId, visit: &Visit, inventory: &Inventory) -> Result<ServicePlan, Need> {
        let id = match doomed(visit) {
            Doomed::Object(id) => id,
            Doomed::Unresolved => return Ok(Plan::rest(unlisted_create(team, visit, inventory)?)),
            Doomed::Nothing => {
                let claimed = visit.annotations.external_id.as_deref().or(visit.recorded);
                let conflict = claimed.and_then(|id| conflict(visit, id));
                // Before anything is made, it is asked anew whether nobody lists the team's services.
                inventory.services(team, visit.before_create())?;
                let lost = || visit.recorded.map(str::to_owned).into_iter().collect();
                return Ok(conflict.map_or_else(|| self.create(team, lost()), Plan::rest));
            }
        };
        let Some(id) = ServiceId::parse(&id) else { return Ok(self.create(team, BTreeSet::new())) };
        let single = inventory.service(&id, visit.since)?;
        if let Some(service) = &single.value {
            return Ok(self.bound(team, service));
        }
        let since = single.absent_since.unwrap_or(single.read_at);
        let until = match visit.proof_of_absence(since, single.read_at) {
            Proof::Absent => {
                looks_again(team, since, visit, inventory)?;
                return Ok(self.create(team, BTreeSet::from([id.to_string()])));
            }
            Proof::Look(since) => return Err(Need { collection: Collection::Service(id), since }),
            Proof::Wait(until) => until,
        };
        let message =
            "the service is no longer there; it is made again once reads have agreed for the read lag".to_owned();
        Ok(Plan::rest(State::Waiting { reason: "Recreating", message, until: Some(until) }))
    }

    fn unresolved(&self, team: &TeamId, visit: &Visit, inventory: &Inventory) -> Result<Result<Doomed, State>, Need> {
        let Some(list) = inventory.services(team, visit.since)? else {
            return Ok(Err(unlisted_create(team, visit, inventory)?));
        };
        match doomed_by_list(visit, &self.wanted(), list) {
            Ok(doomed) => Ok(Ok(doomed)),
            Err(Identity::Look(since)) => Err(Need { collection: Collection::Services(team.clone()), since }),
            Err(Identity::Unsettled(state)) => Ok(Err(state)),
            Err(_) => Ok(Ok(Doomed::Nothing)),
        }
    }

    fn bound(&self, team: &TeamId, service: &crate::provider::model::service::Service) -> ServicePlan {
        let facts = ServiceFacts {
            team_external_id: Some(team.to_string()),
            resource_count: service.resources,
            heartbeat_count: service.heartbeats,
        };
        let mut plan = Plan { external_id: Some(service.id.to_string()), facts, ..Plan::rest(State::Available) };
        if service.name != self.spec.name {
            let change = Change { field: "name", old: service.name.clone(), new: self.spec.name.clone() };
            let call = Call::RenameService { service: service.id.clone(), name: self.spec.name.clone() };
            plan.steps.push(Step::update(call, vec![change]));
        }
        plan
    }
}

/// The list may have been refused since a new team was not seen yet, and the service by its id since nobody answers by that:
/// that the service is gone is told by a list, or a refusal, from after the read lag.
fn looks_again(team: &TeamId, since: Timestamp, visit: &Visit, inventory: &Inventory) -> Result<(), Need> {
    inventory.services(team, since.saturating_add(visit.read_lag).unwrap_or(since)).map(drop)
}

/// A new team may not be seen yet where services are listed: only after the read lag is it clear that nobody lists them.
fn unlisted_create(team: &TeamId, visit: &Visit, inventory: &Inventory) -> Result<State, Need> {
    let intent = visit.annotations.intent.as_ref();
    let tells = visit.tells_from(intent.map_or(Timestamp::MIN, |intent| intent.time));
    let collection = Collection::Services(team.clone());
    if inventory.read_at(&collection).is_some_and(|at| at >= tells) {
        let nonce = intent.map_or("", |intent| intent.nonce.as_str());
        return Ok(ambiguous("service", nonce, &["the provider does not list this team's services"]));
    }
    if visit.now >= tells {
        return Err(Need { collection, since: tells });
    }
    let message =
        "the result of the last create is not known, and the provider does not list the team's services yet".to_owned();
    Ok(State::Waiting { reason: "ResolvingCreate", message, until: Some(tells) })
}
