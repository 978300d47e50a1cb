//! The people of a team: who is invited, reminded, given a role, moved, uninvited or removed. No IO.
//!
//! The list of members decides who is in the team, the list of invitations who was invited. `status.members`
//! records what no list shows: who was ever listed here, who declined, and which invitation was written ahead.

pub(crate) mod changes;
pub(crate) mod leaving;
pub(crate) mod planner;
pub(crate) mod wanted;

use crate::plan::state::State;
use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::api::team::members::{MemberStatus, MembershipPolicy};
use crate::api::team::{Team, TeamFacts};
use crate::inventory::collection::{Collection, Need};
use crate::plan::context::PlanContext;
use crate::plan::kinds::team::membership::changes::Changes;
use crate::plan::kinds::team::membership::planner::{MembershipPlanner, recorded_members};
use crate::plan::mention::Mention;
use crate::plan::resource_plan::Plan;
use crate::provider::model::ids::TeamId;
use crate::provider::model::member::email_key;

/// Adds to `plan` what is to be done for the people of a team.
///
/// # Errors
/// A read that must come first.
pub(crate) fn plan(
    resource: &Team,
    team: &TeamId,
    context: &PlanContext,
    plan: Plan<TeamFacts>,
) -> Result<Plan<TeamFacts>, Need> {
    let recorded = recorded_members(resource, team);
    let is_authoritative = resource.spec.membership_policy == MembershipPolicy::Authoritative;
    if resource.spec.members.is_empty() && recorded.is_empty() && !is_authoritative {
        return Ok(plan);
    }
    let own = context.inventory.customer(Timestamp::MIN)?;
    let invitations = context.inventory.invitations(team, context.not_before)?;
    let (Some(members), Some(invitations)) = (context.inventory.members(team, context.not_before)?, invitations) else {
        return not_listed_yet(recorded, team, context, plan);
    };
    let changes = Changes::default();
    let mut planner = MembershipPlanner { resource, team, context, members, invitations, own, changes };
    for wanted in &resource.spec.members {
        planner.plan_wanted(wanted)?;
    }
    planner.plan_withdrawn(recorded)?;
    if is_authoritative {
        planner.plan_never_listed()?;
    }
    let mut plan = planner.changes.add_to(plan);
    for collection in [Collection::Members(team.clone()), Collection::Invitations(team.clone())] {
        if let Some(doubt) = context.doubt(&collection)?.filter(|_| plan.state == State::Available) {
            plan.state = doubt;
        }
    }
    plan.facts.member_count = i64::try_from(members.items().count()).ok();
    Ok(plan)
}

/// The people whom a Team lists, or listed before, by e-mail without case.
pub(crate) fn mentions(resource: &Team) -> Vec<Mention> {
    let before = resource.status.iter().flat_map(|status| &status.facts.members);
    let before = before.map(|entry| Mention { subject: email_key(&entry.email), is_wanted: false, role: None });
    let wanted = resource.spec.members.iter();
    let wanted = wanted.map(|member| Mention { subject: email_key(&member.email), is_wanted: true, role: member.role });
    let all: BTreeMap<_, _> = before.chain(wanted).map(|mention| (mention.subject.clone(), mention)).collect();
    all.into_values().collect()
}

/// Pinghome lists the team, and not its people yet: a list may lag behind.
fn not_listed_yet(
    recorded: &[MemberStatus],
    team: &TeamId,
    context: &PlanContext,
    mut plan: Plan<TeamFacts>,
) -> Result<Plan<TeamFacts>, Need> {
    let collection = Collection::Members(team.clone());
    let read_at = context.inventory.read_at(&collection).unwrap_or(context.as_of);
    plan.facts.members = recorded.to_vec();
    plan.state = crate::plan::managed::catching_up(context, collection, read_at)?;
    Ok(plan)
}
