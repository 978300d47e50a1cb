//! The people of a team: who is invited, reminded, given a role, moved, uninvited or removed. No IO.
//!
//! The list of members decides who is in the team, the list of invitations who was invited. `status.members`
//! records what no list shows: who was ever listed here, who declined, and which invitation was written ahead. Once a person was seen in
//! the team, the customer id tells who it is, whatever the address. A spec without `members` touches nobody.

pub(crate) mod changes;
pub(crate) mod expiry;
pub(crate) mod invited;
pub(crate) mod leaving;
pub(crate) mod person;
pub(crate) mod places;
pub(crate) mod planner;
pub(crate) mod reported;
pub(crate) mod returning;
pub(crate) mod wanted;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::api::policies::ManagementPolicy;
use crate::api::team::members::{Member, MemberStatus, MembershipPolicy};
use crate::api::team::{Team, TeamFacts};
use crate::inventory::collection::{Collection, Need};
use crate::inventory::listing::Listing;
use crate::plan::absence::Absence;
use crate::plan::context::PlanContext;
use crate::plan::kinds::team::membership::changes::Changes;
use crate::plan::kinds::team::membership::person::{addresses, everybody_is_in};
use crate::plan::kinds::team::membership::planner::{MembershipPlanner, recorded_members};
use crate::plan::managed::{Managed, catching_up};
use crate::plan::mention::Mention;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::provider::model::ids::TeamId;
use crate::provider::model::member::{Invitation, email_key};

/// Adds to `plan` what is to be done for the people of a team.
///
/// # Errors
/// A read that must come first.
pub(crate) fn plan(
    resource: &Team,
    team: &TeamId,
    context: &PlanContext,
    mut plan: Plan<TeamFacts>,
) -> Result<Plan<TeamFacts>, Need> {
    let recorded = recorded_members(resource, team);
    let is_authoritative = resource.spec.membership_policy == MembershipPolicy::Authoritative;
    let Some(listed) = &resource.spec.members else {
        plan.facts.members = recorded.to_vec();
        return Ok(plan);
    };
    if listed.is_empty() && recorded.is_empty() && !is_authoritative {
        return Ok(plan);
    }
    let own = context.inventory.customer(Timestamp::MIN)?;
    let Some(members) = context.inventory.members(team, context.not_before)? else {
        return not_listed_yet(recorded, Collection::Members(team.clone()), context, plan);
    };
    // A list that was not read proves nothing: what turns out to depend on it asks for it.
    let unread = Listing::new(Vec::new(), Timestamp::MIN);
    let is_settled = !is_authoritative && everybody_is_in(listed, recorded, members);
    let invitations =
        if is_settled { Some(&unread) } else { context.inventory.invitations(team, context.not_before)? };
    let no_invitations = if invitations.is_none() { no_invitations_of(team, context)? } else { None };
    let Some(invitations) = invitations.or(no_invitations.as_ref()) else {
        return not_listed_yet(recorded, Collection::Invitations(team.clone()), context, plan);
    };
    let changes = Changes::default();
    let mut planner =
        MembershipPlanner { resource, listed, is_authoritative, team, context, members, invitations, own, changes };
    planner.plan_everybody(recorded)?;
    plan.facts.member_count = i64::try_from(members.items().count()).ok();
    planner.changes.is_doubtful = planner.lists_are_doubtful();
    planner.keep_to_places(recorded);
    let mut plan = planner.changes.add_to(context.now, plan);
    let invitations = (!is_settled).then(|| Collection::Invitations(team.clone()));
    for collection in [Collection::Members(team.clone())].into_iter().chain(invitations) {
        if let Some(doubt) = context.doubt(&collection)?.filter(|_| plan.state == State::Available) {
            plan.state = doubt;
        }
    }
    Ok(plan)
}

/// The people whom a Team lists, or listed before, by each e-mail under which they are known. A Team without `members` says nothing of
/// anybody. One that only observes wants nobody, and says whom it would give up: nobody is moved into its team, or out of it.
pub(crate) fn mentions(resource: &Team) -> Vec<Mention> {
    let observes = resource.spec.policies.management_policy == ManagementPolicy::Observe;
    let Some(listed) = &resource.spec.members else { return Vec::new() };
    let is_passive = resource.is_passive();
    let mut all = BTreeMap::new();
    for entry in resource.status.iter().flat_map(|status| &status.facts.members) {
        let wanted = listed.iter().find(|member| email_key(&member.email) == email_key(&entry.email));
        for subject in addresses(entry) {
            let (role, customer_id) = (wanted.and_then(|member| member.role), entry.customer_id.clone());
            let is_wanted = wanted.is_some();
            all.insert(subject.clone(), Mention { subject, is_wanted, role, customer_id, is_passive });
        }
    }
    for Member { email, role } in listed {
        let subject = email_key(email);
        let customer_id = all.get(&subject).and_then(|known: &Mention| known.customer_id.clone());
        all.insert(subject.clone(), Mention { subject, is_wanted: true, role: *role, customer_id, is_passive });
    }
    all.into_values().filter(|mention| !(observes && mention.is_wanted)).collect()
}

/// An empty list of invitations, if all reads said for the read lag that there is no such list, and the team is there: then nobody is invited.
/// For a team that was made a moment ago, or is gone, this is answered, too.
fn no_invitations_of(team: &TeamId, context: &PlanContext) -> Result<Option<Listing<Invitation>>, Need> {
    let collection = Collection::Invitations(team.clone());
    let (Some(since), Some(read_at)) =
        (context.inventory.not_listed_since(&collection), context.inventory.read_at(&collection))
    else {
        return Ok(None);
    };
    if context.proof_of_absence(since, read_at, &collection)? != Absence::Proven {
        return Ok(None);
    }
    let later = since.saturating_add(context.read_lag).unwrap_or(since);
    let is_there = context.inventory.teams(later)?.get(team.as_str()).is_some();
    let mut none = Listing::new(Vec::new(), since);
    none.replace(Vec::new(), read_at);
    Ok(is_there.then_some(none))
}

/// Pinghome lists the team, and not these people of it yet: a list may lag behind.
fn not_listed_yet(
    recorded: &[MemberStatus],
    collection: Collection,
    context: &PlanContext,
    mut plan: Plan<TeamFacts>,
) -> Result<Plan<TeamFacts>, Need> {
    let read_at = context.inventory.read_at(&collection).unwrap_or(context.as_of);
    plan.facts.members = recorded.to_vec();
    plan.state = catching_up(context, collection, read_at)?;
    Ok(plan)
}
