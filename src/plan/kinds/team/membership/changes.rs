//! What is to be done for the members of one team, while it is gathered. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::reason::Reason;
use crate::api::team::members::{MemberStatus, Role};
use crate::api::team::{Team, TeamFacts};
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::inventory::listing::Listing;
use crate::plan::absence::Absence;
use crate::plan::context::PlanContext;
use crate::plan::mention::OtherMention;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::Step;
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::ids::TeamId;
use crate::provider::model::member::{Invitation, ObservedMember, email_key};

/// For so long after a change of the spec nobody is taken out and nobody is invited whom another Team has:
/// one `kubectl apply` changes several Teams one after the other, and a move must be seen as a whole.
pub(crate) const PAUSE: SignedDuration = SignedDuration::from_secs(3);

/// Another Team of the account that lists a person, or listed one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct OtherTeam {
    /// Its team, if it has one yet.
    pub(crate) team: Option<TeamId>,
    /// Whether its spec lists the person; if not, it gives the person up.
    pub(crate) lists: bool,
    /// The role that it asks for.
    pub(crate) role: Option<Role>,
}

/// One visit's look at the people of one team.
pub(crate) struct Membership<'a> {
    pub(crate) resource: &'a Team,
    pub(crate) team: &'a TeamId,
    pub(crate) context: &'a PlanContext<'a>,
    pub(crate) inventory: &'a Inventory,
    pub(crate) members: &'a Listing<ObservedMember>,
    pub(crate) invitations: &'a Listing<Invitation>,
    pub(crate) own: &'a ObservedCustomer,
    pub(crate) result: Changes,
}

/// What comes of it.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) entries: Vec<MemberStatus>,
    pub(crate) steps: Vec<Step>,
    pub(crate) leaving: Vec<Step>,
    pub(crate) again: Option<Timestamp>,
    pub(crate) refused: Vec<String>,
    pub(crate) waits: Option<(Timestamp, &'static str)>,
    pub(crate) unresolved: Option<Timestamp>,
    pub(crate) last_manager: Option<String>,
}

/// What status remembers, of this very team.
pub(crate) fn known<'a>(resource: &'a Team, team: &TeamId) -> &'a [MemberStatus] {
    let status = resource.status.as_ref();
    let same = status.filter(|status| status.common.external_id.as_deref() == Some(team.as_str()));
    same.map(|status| status.facts.members.as_slice()).unwrap_or_default()
}

impl Membership<'_> {
    /// What status remembers of a person.
    pub(crate) fn before(&self, email: &str) -> Option<&MemberStatus> {
        known(self.resource, self.team).iter().find(|entry| email_key(&entry.email) == email)
    }

    /// Whether status knows nothing of this team yet.
    pub(crate) fn is_first(&self) -> bool {
        let recorded = self.resource.status.as_ref().and_then(|status| status.common.external_id.as_deref());
        recorded != Some(self.team.as_str())
    }

    /// Before anybody is reached or taken out, the lists must be young.
    pub(crate) fn is_fresh(&self) -> Result<(), Need> {
        let since = self.context.create_freshness();
        self.inventory.members(self.team, since)?;
        self.inventory.invitations(self.team, since)?;
        Ok(())
    }

    /// Steps that change who is in a team go one after the other.
    pub(crate) fn lock(team: &TeamId) -> String {
        format!("people/{team}")
    }

    /// Until when the spec is so young that Teams which change with it may not have been seen, and why to wait for them.
    pub(crate) fn pause(&self) -> Option<(Timestamp, &'static str)> {
        let until = self.context.attempts.spec_changed_at()?.checked_add(PAUSE).ok()?;
        Some((until, PAUSING)).filter(|(until, _)| self.context.as_of < *until)
    }

    /// The other Teams of the account that list a person, or listed one.
    pub(crate) fn other_teams(&self, email: &str) -> impl Iterator<Item = OtherTeam> {
        (self.context.other_mentions)(email).into_iter().map(|mention| {
            let OtherMention { external_id, is_wanted: lists, role } = mention;
            OtherTeam { team: external_id.as_deref().and_then(TeamId::parse), lists, role }
        })
    }

    /// Whether somebody whom the list of a team's members does not show is not in that team. What we did ourselves needs no proof.
    pub(crate) fn absence(
        &self,
        team: &TeamId,
        members: &Listing<ObservedMember>,
        email: &str,
    ) -> Result<Absence, Need> {
        if members.is_taken_out(email) {
            return Ok(Absence::Proven);
        }
        let since = members.absent_since(email).unwrap_or(self.context.as_of);
        self.context.proof_of_absence(since, members.read_at(), &Collection::Members(team.clone()))
    }

    pub(crate) fn look_again(&mut self, at: Timestamp) {
        self.result.again = Some(self.result.again.map_or(at, |known| known.min(at)));
    }
}

impl Changes {
    pub(crate) fn onto(self, mut plan: Plan<TeamFacts>) -> Plan<TeamFacts> {
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

pub(crate) fn waiting(reason: Reason, message: &str, until: Timestamp) -> State {
    State::Waiting { reason, message: message.to_owned(), until: Some(until) }
}

/// Why nobody is taken out yet.
pub(crate) const PAUSING: &str =
    "people are moved or taken out a few seconds after a change, so that other Teams that change with it are seen";
/// Why nobody is invited yet.
pub(crate) const PREVIOUS_TEAM_UNCERTAIN: &str =
    "whether a person is still in the team of before is not certain; lists tell once the read lag is over";

pub(crate) fn unresolved() -> &'static str {
    "whether an invitation was sent is not known; the list of invitations tells once the read lag is over"
}

pub(crate) fn refused(emails: &[String]) -> State {
    State::Stalled {
        reason: Reason::Invalid,
        message: format!(
            "Pinghome refused to invite: {}. Correct or remove the entry; a person of another team can only be moved, by taking the \
             entry from the Team that lists it now",
            emails.join(", ")
        ),
    }
}

pub(crate) fn last_manager(email: &str) -> State {
    State::DeletionBlocked {
        reason: Reason::LastManager,
        message: format!(
            "'{email}' is the last manager of the team: make somebody else a manager first, list the person again, or set the annotation \
             ping-operator.dev/allow-deletion to 'true'"
        ),
    }
}
