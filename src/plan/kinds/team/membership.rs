//! The people of a team: who is invited, reminded, given a role, moved, uninvited or removed. No IO.
//!
//! A member list decides who is in the team, an invitation list who was asked; status remembers
//! what no list tells: who was ever listed here, who said no, and what was recorded to be sent.

pub(crate) mod leaving;
pub(crate) mod wanted;

use jiff::{SignedDuration, Timestamp};

use crate::api::reason::Reason;
use crate::api::team::Team;
use crate::api::team::members::{MemberStatus, MembershipPolicy};
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::inventory::listing::Listing;
use crate::plan::absence::Absence;
use crate::plan::context::PlanContext;
use crate::plan::kinds::team::TeamPlan;
use crate::plan::step::Step;
use crate::plan::{Plan, State};
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::ids::TeamId;
use crate::provider::model::member::{Invitation, ObservedMember, email_key};

/// For so long after a change of the spec nobody is taken out and nobody is invited whom another Team has:
/// one `kubectl apply` changes several Teams one after the other, and a move must be seen as a whole.
const PAUSE: SignedDuration = SignedDuration::from_secs(3);

/// One visit's look at the people of one team.
struct Membership<'a> {
    resource: &'a Team,
    team: &'a TeamId,
    context: &'a PlanContext<'a>,
    inventory: &'a Inventory,
    members: &'a Listing<ObservedMember>,
    invitations: &'a Listing<Invitation>,
    own: &'a ObservedCustomer,
    result: Changes,
}

/// What comes of it.
#[derive(Default)]
struct Changes {
    entries: Vec<MemberStatus>,
    steps: Vec<Step>,
    leaving: Vec<Step>,
    again: Option<Timestamp>,
    refused: Vec<String>,
    waits: Option<(Timestamp, &'static str)>,
    unresolved: Option<Timestamp>,
    last_manager: Option<String>,
}

/// Adds what is to be done for the people of a team.
pub(crate) fn plan(
    resource: &Team,
    team: &TeamId,
    context: &PlanContext,
    inventory: &Inventory,
    plan: TeamPlan,
) -> std::result::Result<TeamPlan, Need> {
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

/// What status remembers, of this very team.
fn known<'a>(resource: &'a Team, team: &TeamId) -> &'a [MemberStatus] {
    let status = resource.status.as_ref();
    let same = status.filter(|status| status.common.external_id.as_deref() == Some(team.as_str()));
    same.map(|status| status.facts.members.as_slice()).unwrap_or_default()
}

/// Pinghome lists the team, but not its people: a list may lag.
fn unlisted(
    listed_before: &[MemberStatus],
    team: &TeamId,
    context: &PlanContext,
    inventory: &Inventory,
    mut plan: TeamPlan,
) -> std::result::Result<TeamPlan, Need> {
    let collection = Collection::Members(team.clone());
    let read_at = inventory.read_at(&collection).unwrap_or(context.as_of);
    plan.facts.members = listed_before.to_vec();
    plan.state = crate::plan::managed::catching_up(context, collection, read_at)?;
    Ok(plan)
}

impl Membership<'_> {
    /// What status remembers of a person.
    fn before(&self, email: &str) -> Option<&MemberStatus> {
        known(self.resource, self.team).iter().find(|entry| email_key(&entry.email) == email)
    }

    /// Whether status knows nothing of this team yet.
    fn is_first(&self) -> bool {
        let recorded = self.resource.status.as_ref().and_then(|status| status.common.external_id.as_deref());
        recorded != Some(self.team.as_str())
    }

    /// Before anybody is reached or taken out, the lists must be young.
    fn is_fresh(&self) -> std::result::Result<(), Need> {
        let since = self.context.create_freshness();
        self.inventory.members(self.team, since)?;
        self.inventory.invitations(self.team, since)?;
        Ok(())
    }

    /// Steps that change who is in a team go one after the other.
    fn lock(team: &TeamId) -> String {
        format!("people/{team}")
    }

    /// Until when the spec is so young that Teams which change with it may not have been seen, and why to wait for them.
    fn pause(&self) -> Option<(Timestamp, &'static str)> {
        let until = self.context.attempts.spec_changed_at()?.checked_add(PAUSE).ok()?;
        Some((until, PAUSING)).filter(|(until, _)| self.context.as_of < *until)
    }

    /// Whether somebody whom a list of members does not show is not in that team. What we did ourselves needs no proof.
    fn absence(&self, members: &Listing<ObservedMember>, email: &str) -> Absence {
        if members.was_removed(email) {
            return Absence::Absent;
        }
        let since = members.absent_since(email).unwrap_or(self.context.as_of);
        self.context.proof_of_absence(since, members.read_at())
    }

    fn look_again(&mut self, at: Timestamp) {
        self.result.again = Some(self.result.again.map_or(at, |known| known.min(at)));
    }
}

impl Changes {
    fn onto(self, mut plan: TeamPlan) -> TeamPlan {
        plan.facts.members = self.entries;
        plan.facts.members.sort_by_key(|entry| email_key(&entry.email));
        plan.steps.extend(self.steps);
        plan.steps.extend(self.leaving);
        plan.again = self.again;
        plan.state = if let Some(who) = self.last_manager {
            last_manager(&who)
        } else if !self.refused.is_empty() {
            plan.state = refused(&self.refused);
            return plan;
        } else if let Some((until, message)) = self.waits {
            waiting(Reason::Progressing, message, until)
        } else if let Some(until) = self.unresolved {
            waiting(Reason::ResolvingCreate, unresolved(), until)
        } else {
            return plan;
        };
        Plan { again: None, ..plan }
    }
}

fn waiting(reason: Reason, message: &str, until: Timestamp) -> State {
    State::Waiting { reason, message: message.to_owned(), until: Some(until) }
}

/// Why nobody is taken out yet.
const PAUSING: &str =
    "people are moved or taken out a few seconds after a change, so that other Teams that change with it are seen";
/// Why nobody is invited yet.
const PREVIOUS_TEAM_UNCERTAIN: &str =
    "whether a person is still in the team of before is not certain; lists tell once the read lag is over";

fn unresolved() -> &'static str {
    "whether an invitation was sent is not known; the list of invitations tells once the read lag is over"
}

fn refused(emails: &[String]) -> State {
    State::Stalled {
        reason: Reason::Invalid,
        message: format!(
            "Pinghome refused to invite: {}. Correct or remove the entry; a person of another team can only be moved, by taking the \
             entry from the Team that lists it now",
            emails.join(", ")
        ),
    }
}

fn last_manager(email: &str) -> State {
    State::DeletionBlocked {
        reason: Reason::LastManager,
        message: format!(
            "'{email}' is the last manager of the team: make somebody else a manager first, list the person again, or set the annotation \
             ping-operator.dev/allow-deletion to 'true'"
        ),
    }
}
