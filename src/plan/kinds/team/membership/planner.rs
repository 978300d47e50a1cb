//! What is known of the members of one team while their changes are planned, and the questions about it. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::team::Team;
use crate::api::team::members::{Member, MemberStatus, Role};
use crate::inventory::collection::{Collection, Need};
use crate::inventory::item::Item;
use crate::inventory::listing::Listing;
use crate::plan::absence::Absence;
use crate::plan::context::PlanContext;
use crate::plan::kinds::team::membership::changes::{Changes, Wait, WaitReason};
use crate::plan::mention::OtherMention;
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::ids::TeamId;
use crate::provider::model::member::{Invitation, ObservedMember, email_key};

/// For so long after a change of the spec no person is taken out, and no person is invited whom another Team lists:
/// one `kubectl apply` changes several Teams one after the other, and a move must be seen as a whole.
const WAIT_AFTER_SPEC_CHANGE: SignedDuration = SignedDuration::from_secs(3);

/// How often it is checked whether another Team writes again.
const PASSIVE_CHECK: SignedDuration = SignedDuration::from_mins(1);

/// What is known of the members of one team, and what is planned for them so far.
pub(crate) struct MembershipPlanner<'a> {
    /// The Team resource.
    pub(crate) resource: &'a Team,
    /// Whom its spec lists.
    pub(crate) listed: &'a [Member],
    /// Whether it removes people whom it never listed.
    pub(crate) is_authoritative: bool,
    /// Its team.
    pub(crate) team: &'a TeamId,
    /// What this reconcile knows besides.
    pub(crate) context: &'a PlanContext<'a>,
    /// Who is in the team.
    pub(crate) members: &'a Listing<ObservedMember>,
    /// Who was invited to it.
    pub(crate) invitations: &'a Listing<Invitation>,
    /// The token's own customer.
    pub(crate) own: &'a ObservedCustomer,
    /// What is planned so far.
    pub(crate) changes: Changes,
}

/// Another Team of the account that lists a person, or listed one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct OtherTeam {
    /// The other Team, as `namespace/name`.
    pub(crate) name: String,
    /// Its team, if it has one yet.
    pub(crate) team: Option<TeamId>,
    /// Whether its spec lists the person; if not, it gives the person up.
    pub(crate) lists: bool,
    /// The role that it asks for.
    pub(crate) role: Option<Role>,
    /// The id of the person at Pinghome, if it knows it.
    pub(crate) customer_id: Option<String>,
    /// Whether it writes nothing now.
    pub(crate) is_passive: bool,
}

/// `status.members`, if it is of this very team.
pub(crate) fn recorded_members<'a>(resource: &'a Team, team: &TeamId) -> &'a [MemberStatus] {
    let status = resource.status.as_ref();
    let of_this_team = status.filter(|status| status.common.external_id.as_deref() == Some(team.as_str()));
    of_this_team.map(|status| status.facts.members.as_slice()).unwrap_or_default()
}

impl MembershipPlanner<'_> {
    /// Plans for all whom the spec lists, for those whom it listed before, and for everybody else if that is asked for.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn plan_everybody(&mut self, recorded: &[MemberStatus]) -> Result<(), Need> {
        for wanted in self.listed {
            self.plan_wanted(wanted)?;
        }
        self.plan_withdrawn(recorded)?;
        if self.is_authoritative { self.plan_never_listed() } else { Ok(()) }
    }

    /// The entry of a person in `status.members`.
    pub(crate) fn recorded(&self, email: &str) -> Option<&MemberStatus> {
        recorded_members(self.resource, self.team).iter().find(|entry| email_key(&entry.email) == email)
    }

    /// Whether status knows nothing of this team yet.
    pub(crate) fn is_newly_bound(&self) -> bool {
        let recorded = self.resource.status.as_ref().and_then(|status| status.common.external_id.as_deref());
        recorded != Some(self.team.as_str())
    }

    /// Before a person is invited, reminded or taken out, the lists must be fresh.
    ///
    /// # Errors
    /// A list that must be read first.
    pub(crate) fn require_fresh_lists(&self) -> Result<(), Need> {
        let not_before = self.context.create_freshness();
        self.context.inventory.members(self.team, not_before)?;
        self.context.inventory.invitations(self.team, not_before)?;
        Ok(())
    }

    /// The lock under which it changes who is in a team: one call after the other.
    pub(crate) fn lock(team: &TeamId) -> String {
        format!("people/{team}")
    }

    /// The wait for other Teams, while the spec changed so recently that they may change with it and have not been seen.
    pub(crate) fn wait_for_other_teams(&self) -> Option<Wait> {
        let until = self.context.attempts.spec_changed_at()?.checked_add(WAIT_AFTER_SPEC_CHANGE).ok()?;
        (self.context.as_of < until).then_some(Wait { until, reason: WaitReason::OtherTeamsMayChange })
    }

    /// The other Teams of the account that list a person, or listed one.
    pub(crate) fn other_teams(&self, email: &str) -> impl Iterator<Item = OtherTeam> {
        (self.context.other_mentions)(email).into_iter().map(|mention| {
            let OtherMention { name, external_id, is_wanted: lists, role, customer_id, is_passive } = mention;
            let team = external_id.as_deref().and_then(TeamId::parse);
            OtherTeam { name, team, lists, role, customer_id, is_passive }
        })
    }

    /// Waits until the other Team writes again, from or to whose team the person is to be moved.
    pub(crate) fn wait_for_passive(&mut self, name: String, email: &str) {
        let until = self.context.as_of.saturating_add(PASSIVE_CHECK).unwrap_or(self.context.as_of);
        self.changes.wait = Some(Wait { until, reason: WaitReason::TeamIsPassive { name, email: email.to_owned() } });
    }

    /// Whether a person whom `members`, the list of `team`, does not show is not in that team. What the operator did itself needs no proof.
    ///
    /// # Errors
    /// A list that must be read first.
    pub(crate) fn absence(
        &self,
        team: &TeamId,
        members: &Listing<ObservedMember>,
        email: &str,
    ) -> Result<Absence, Need> {
        if members.was_removed(email) {
            return Ok(Absence::Proven);
        }
        self.listed_absence(members, email, Timestamp::MIN, &Collection::Members(team.clone()))
    }

    /// Until when a person may have accepted an invitation that the list shows as answered, or does not show any more. A list of members that
    /// was read soon after that may not show who joined by it.
    pub(crate) fn invited_until(&self, email: &str) -> Timestamp {
        self.invitations.absent_since(email).unwrap_or_else(|| self.invitations.present_since(email))
    }

    /// Whether a person is gone whom a list does not show, whoever took the person out. The absence counts from `not_before` on at the
    /// earliest.
    ///
    /// # Errors
    /// A list that must be read first.
    pub(crate) fn listed_absence<T: Item>(
        &self,
        list: &Listing<T>,
        email: &str,
        not_before: Timestamp,
        collection: &Collection,
    ) -> Result<Absence, Need> {
        let since = list.absent_since(email).unwrap_or(self.context.as_of).max(not_before);
        self.context.proof_of_absence(since, list.read_at(), collection)
    }

    /// Whether one of the lists has an item that cannot be read: whom they do not show may be there.
    pub(crate) fn lists_are_doubtful(&self) -> bool {
        self.members.unreadable().is_some() || self.invitations.unreadable().is_some()
    }

    /// Plans another check at this time, or earlier.
    pub(crate) fn check_again(&mut self, at: Timestamp) {
        self.changes.check_again(at);
    }
}
