//! Planning a [`Team`]: one POST, one PUT for another name, one DELETE. No IO.

use super::identity::{Doomed, Identity, Wanted, doomed, doomed_by_list, identify};
use super::managed::{Deletion, Found, Managed};
use super::{Change, Plan, State, Step, Visit, Why};
use crate::api::provider_config::Provider;
use crate::api::team::TeamFacts;
use crate::api::{DeletionPolicy, Policies, Team};
use crate::inventory::{self, Collection, Inventory, Need, TeamId};
use crate::pinghome::Call;

impl Team {
    fn wanted(&self) -> Wanted<'_> {
        Wanted { word: "team", name: &self.spec.name, adoption: self.spec.adoption_policy }
    }
}

impl Managed for Team {
    type Facts = TeamFacts;
    type Desired = ();

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

    fn desired(&self, _: &Found) -> Result<(), State> {
        Ok(())
    }

    fn plan(&self, (): &(), visit: &Visit, inventory: &Inventory) -> Result<Plan<TeamFacts>, Need> {
        let teams = inventory.teams(visit.since)?;
        match identify(visit, &self.wanted(), teams) {
            Identity::Look(since) => Err(Need { collection: Collection::Teams, since }),
            Identity::Unsettled(state) => {
                Ok(Plan { external_id: visit.recorded.map(str::to_owned), ..Plan::rest(state) })
            }
            Identity::New(ids) => {
                let name = self.spec.name.clone();
                let lock = format!("team/{name}");
                Ok(Plan::create(Call::CreateTeam { name }, ids, lock))
            }
            Identity::Bound(id) => Ok(match teams.get(&id) {
                Some(team) => self.bound(team),
                None => Plan::rest(State::Gone),
            }),
        }
    }

    fn plan_deletion(&self, _: Option<&()>, visit: &Visit, inventory: &Inventory) -> Result<Plan<TeamFacts>, Need> {
        let doomed = match doomed(visit) {
            Doomed::Unresolved => match doomed_by_list(visit, &self.wanted(), inventory.teams(visit.since)?) {
                Ok(doomed) => doomed,
                Err(Identity::Look(since)) => return Err(Need { collection: Collection::Teams, since }),
                Err(Identity::Unsettled(state)) => return Ok(Plan::rest(state)),
                Err(_) => Doomed::Nothing,
            },
            known => known,
        };
        Ok(match doomed {
            Doomed::Object(id) => TeamId::parse(&id)
                .map_or_else(|| Plan::rest(State::Gone), |team| Plan::delete(Call::DeleteTeam { team }, None)),
            Doomed::Nothing | Doomed::Unresolved => Plan::rest(State::Gone),
        })
    }
}

impl Team {
    fn bound(&self, team: &inventory::Team) -> Plan<TeamFacts> {
        let facts = TeamFacts { member_count: team.member_count, created_time: team.created.clone() };
        let external_id = Some(team.id.to_string());
        let mut plan = Plan { external_id, facts, ..Plan::rest(State::Available) };
        if team.name != self.spec.name {
            let change = Change { field: "name", old: team.name.clone(), new: self.spec.name.clone() };
            let call = Call::RenameTeam { team: team.id.clone(), name: self.spec.name.clone() };
            plan.steps.push(Step { call: call.into(), why: Why::Update(vec![change]), lock: None });
        }
        plan
    }
}
