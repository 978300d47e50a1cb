//! Planning a [`Team`]: one POST, one PUT for another name, one DELETE; its people are planned in [`membership`]. No IO.

pub(crate) mod deletion;
pub(crate) mod membership;

use crate::api::conditions::NewCondition;
use crate::api::policies::DeletionPolicy;
use crate::api::references::SecretKeyRef;
use crate::api::team::{Team, TeamFacts, TeamSpec};
use crate::inventory::collection::{Collection, Need};
use crate::inventory::listing::Listing;
use crate::plan::context::PlanContext;
use crate::plan::diff::Diff;
use crate::plan::identity::{DeletionTarget, Identity, NamedObject, WantedObject, deletion_target};
use crate::plan::managed::Managed;
use crate::plan::mention::Mention;
use crate::plan::notice::Notice;
use crate::plan::references::ResolvedRefs;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::{Creation, Step};
use crate::plan::unique_claim::UniqueClaim;
use crate::provider::model::ids::TeamId;
use crate::provider::model::member::email_key;
use crate::provider::model::sensitive::Sensitive;
use crate::provider::model::team::{ObservedTeam, TeamSettings};
use crate::provider::pinghome::call::PinghomeCall;

type TeamPlan = Plan<TeamFacts>;

impl Managed for Team {
    type Facts = TeamFacts;
    type Resolved = ();

    fn deletion(&self) -> DeletionPolicy {
        self.spec.deletion_policy
    }

    fn resolve(&self, _: &ResolvedRefs) -> Result<(), State> {
        Ok(())
    }

    fn plan(&self, (): &(), context: &PlanContext) -> Result<TeamPlan, Need> {
        let teams = context.inventory.teams(context.not_before)?;
        match self.wanted(teams).identify(context)? {
            Identity::Undetermined(state) => Ok(Plan::ending_in(state)),
            Identity::Contradicted(team, state) => Ok(Plan::known(team.id.to_string(), self.recorded_facts(), state)),
            Identity::New(ids) => {
                let name = self.spec.name.clone();
                let lock = format!("team/{name}");
                Ok(Plan::create(
                    PinghomeCall::CreateTeam { settings: TeamSettings { name: name.clone() } },
                    Creation { ids, name, team: None },
                    lock,
                ))
            }
            Identity::Bound(team) => self.plan_bound(team, context),
        }
    }

    fn plan_deletion(&self, _: Option<&()>, context: &PlanContext) -> Result<TeamPlan, Need> {
        let team = match deletion_target(context) {
            DeletionTarget::Object(id) => TeamId::parse(&id),
            DeletionTarget::Nothing => None,
            DeletionTarget::Unresolved => {
                let teams = context.inventory.teams(context.not_before)?;
                match self.wanted(teams).left_by_create(context)? {
                    Identity::Bound(team) | Identity::Contradicted(team, _) => Some(team.id.clone()),
                    Identity::New(_) => None,
                    Identity::Undetermined(state) => return Ok(Plan::ending_in(state)),
                }
            }
        };
        let Some(team) = team else { return Ok(Plan::ending_in(State::Gone)) };
        if let Some(state) = deletion::blocked_deletion(&team, context)? {
            // What no list shows cannot be lost.
            let unlisted = self.plan_unlisted(&team, context)?;
            return Ok(unlisted.unwrap_or_else(|| Plan::known(team.to_string(), self.recorded_facts(), state)));
        }
        if context.attempts.has_failed_deletion()
            && let Some(plan) = self.plan_unlisted(&team, context)?
        {
            return Ok(plan);
        }
        Ok(Plan::delete(PinghomeCall::DeleteTeam { team }, None))
    }

    fn named_object(&self, (): &(), context: &PlanContext) -> Result<Option<NamedObject>, Need> {
        Ok(self.wanted(context.inventory.teams(context.not_before)?).sole_bearer(context))
    }

    /// It is not known whether Pinghome accepts a person in two teams: it may refuse the second invitation.
    fn unique_claims(&self, _: &dyn Fn(&SecretKeyRef) -> Option<Sensitive>) -> Vec<UniqueClaim> {
        let why = "Pinghome may refuse to invite a person of another team";
        let people = self.spec.members.iter().flatten().enumerate().map(|(at, member)| {
            UniqueClaim::new(email_key(&member.email), &format!("spec.members[{at}].email"), why).uncertain()
        });
        UniqueClaim::adoptions(&self.metadata).chain(people).collect()
    }

    fn mentions(&self) -> Vec<Mention> {
        membership::mentions(self)
    }

    fn conditions(facts: &TeamFacts) -> Vec<NewCondition> {
        membership::reported::conditions(&facts.members)
    }

    fn news(before: &TeamFacts, facts: &TeamFacts) -> Vec<Notice> {
        membership::reported::news(&before.members, &facts.members)
    }

    fn summarised(&self, facts: TeamFacts) -> TeamFacts {
        let member_summary = membership::reported::summary(self.spec.members.as_deref(), &facts);
        TeamFacts { member_summary, ..facts }
    }

    fn notice(facts: &TeamFacts) -> Option<Notice> {
        membership::reported::notice(&facts.members)
    }
}

impl Team {
    fn wanted<'a>(&'a self, list: &'a Listing<ObservedTeam>) -> WantedObject<'a, ObservedTeam> {
        let (name, adoption, collection) = (&self.spec.name, self.spec.adoption_policy, Collection::Teams);
        WantedObject { label: "team", name, adoption, list, collection }
    }

    /// What to do for a deleted resource if the list does not show the team.
    fn plan_unlisted(&self, team: &TeamId, context: &PlanContext) -> Result<Option<TeamPlan>, Need> {
        let teams = context.inventory.teams(context.not_before)?;
        let Some(since) = teams.absent_since(team.as_str()) else { return Ok(None) };
        let absence = context.absence_after_create(since, teams.read_at(), &Collection::Teams)?;
        Ok(Some(Plan::removed(team.to_string(), self.recorded_facts(), absence)))
    }

    fn plan_bound(&self, team: &ObservedTeam, context: &PlanContext) -> Result<TeamPlan, Need> {
        let created_time = team.created.clone();
        let facts =
            TeamFacts { member_count: team.member_count, member_summary: None, created_time, members: Vec::new() };
        let mut plan = Plan::known(team.id.to_string(), facts, State::Available);
        plan.steps.extend(TeamDiff::new(&self.spec, team).step(&team.id));
        membership::plan(self, &team.id, context, plan)
    }
}

/// A team's own fields, wanted beside observed. Its people are planned in `membership/`.
struct TeamDiff {
    name: Diff<String>,
}

impl TeamDiff {
    fn new(spec: &TeamSpec, observed: &ObservedTeam) -> Self {
        let TeamSpec {
            policies: _,
            name,
            members: _,
            membership_policy: _,
            invitations: _,
            deletion_policy: _,
            adoption_policy: _,
        } = spec;
        let ObservedTeam { id: _, settings: TeamSettings { name: old }, member_count: _, created: _ } = observed;
        Self { name: Diff::new("name", Some(old.clone()), Some(name.clone())) }
    }

    fn step(self, team: &TeamId) -> Option<Step> {
        let Self { name } = self;
        let settings = TeamSettings { name: name.value()? };
        let call = PinghomeCall::RenameTeam { team: team.clone(), settings };
        name.change().map(|change| Step::update(call, vec![change]))
    }
}
