//! The people of a team: who is invited, reminded, given a role, moved, uninvited or removed. No IO.
//!
//! A member list decides who is in the team, an invitation list who was asked; status remembers
//! what no list tells: who was ever listed here, who said no, and what was recorded to be sent.

pub(crate) mod changes;
pub(crate) mod leaving;
pub(crate) mod wanted;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::api::team::members::{MemberStatus, MembershipPolicy};
use crate::api::team::{Team, TeamFacts};
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::plan::context::PlanContext;
use crate::plan::kinds::team::membership::changes::{Changes, Membership, known};
use crate::plan::mention::Mention;
use crate::plan::resource_plan::Plan;
use crate::provider::model::ids::TeamId;
use crate::provider::model::member::email_key;

/// Adds what is to be done for the people of a team.
pub(crate) fn plan(
    resource: &Team,
    team: &TeamId,
    context: &PlanContext,
    inventory: &Inventory,
    plan: Plan<TeamFacts>,
) -> Result<Plan<TeamFacts>, Need> {
    let listed_before = known(resource, team);
    let is_authoritative = resource.spec.membership_policy == MembershipPolicy::Authoritative;
    if resource.spec.members.is_empty() && listed_before.is_empty() && !is_authoritative {
        return Ok(plan);
    }
    let own = inventory.customer(Timestamp::MIN)?;
    let invitations = inventory.invitations(team, context.not_before)?;
    let (Some(members), Some(invitations)) = (inventory.members(team, context.not_before)?, invitations) else {
        return unlisted(listed_before, team, context, inventory, plan);
    };
    let result = Changes::default();
    let mut membership = Membership { resource, team, context, inventory, members, invitations, own, result };
    for wanted in &resource.spec.members {
        membership.listed(wanted)?;
    }
    membership.withdrawn(listed_before)?;
    if is_authoritative {
        membership.remove_unlisted()?;
    }
    let mut plan = membership.result.onto(plan);
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

/// Pinghome lists the team, but not its people: a list may lag.
fn unlisted(
    listed_before: &[MemberStatus],
    team: &TeamId,
    context: &PlanContext,
    inventory: &Inventory,
    mut plan: Plan<TeamFacts>,
) -> Result<Plan<TeamFacts>, Need> {
    let collection = Collection::Members(team.clone());
    let read_at = inventory.read_at(&collection).unwrap_or(context.as_of);
    plan.facts.members = listed_before.to_vec();
    plan.state = crate::plan::managed::catching_up(context, collection, read_at)?;
    Ok(plan)
}
