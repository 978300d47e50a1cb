//! People whom the spec lists: what to do for each follows from the lists and from `status.members`. No IO.

use crate::api::team::members::{Member, MemberState, MemberStatus, Role};
use crate::inventory::collection::{Collection, Need};
use crate::plan::kinds::team::membership::person::{LONGEST_EMAIL, addresses};
use crate::plan::kinds::team::membership::planner::MembershipPlanner;
use crate::plan::step::{Change, Step};
use crate::provider::model::member::{Invitation, InvitationAnswer, MemberRole, ObservedMember, email_key};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::pinghome::call::PinghomeCall;

impl MembershipPlanner<'_> {
    /// Plans for one person whom the spec lists.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn plan_wanted(&mut self, wanted: &Member) -> Result<(), Need> {
        match self.recorded(&email_key(&wanted.email)).cloned() {
            Some(before) if before.leaving_time.is_some() => match self.plan_returning(wanted, before)? {
                Some(stayed) => self.plan_listed(wanted, Some(stayed)),
                None => Ok(()),
            },
            before => self.plan_listed(wanted, before),
        }
    }

    /// The same for a person of whom status does not say that the person leaves.
    fn plan_listed(&mut self, wanted: &Member, before: Option<MemberStatus>) -> Result<(), Need> {
        let email = email_key(&wanted.email);
        if let Some(member) = self.member_of(&email, before.as_ref()).cloned() {
            self.plan_member(wanted, &member, before.as_ref());
            return Ok(());
        }
        let invitation = self.invitations.get(&email).cloned();
        let answer = invitation.as_ref().map(|seen| seen.answer);
        if let Some(invitation) = invitation.as_ref().filter(|seen| seen.answer == InvitationAnswer::Pending) {
            return self.plan_invited(wanted, invitation, before.as_ref());
        }
        // The person may be the one whose item cannot be read.
        if self.lists_are_doubtful() {
            if let Some(before) = before {
                self.changes.keep(before);
            }
            return Ok(());
        }
        match (before, answer) {
            (Some(before), _) if before.unconfirmed => self.plan_unconfirmed(wanted, before, invitation.as_ref()),
            (Some(before), _) if is_followed(&before, wanted) => self.plan_absent(wanted, before, invitation.as_ref()),
            (Some(before), _) if before.asked_role == wanted.role => {
                self.keep_ended(before);
                Ok(())
            }
            // Who declined before this resource adopted the team is not invited by it.
            (None, Some(InvitationAnswer::Declined)) if self.is_newly_bound() => {
                self.changes.keep(new_entry(wanted, MemberState::Declined, None));
                Ok(())
            }
            // The person may have this invitation still.
            (None, Some(InvitationAnswer::Unknown)) => {
                self.changes.keep(new_entry(wanted, MemberState::Expired, None));
                Ok(())
            }
            (before, _) => self.move_or_invite(wanted, before.as_ref(), 0),
        }
    }

    fn plan_member(&mut self, wanted: &Member, member: &ObservedMember, before: Option<&MemberStatus>) {
        let has_moved = member.email != email_key(&wanted.email);
        self.changes.keep(MemberStatus {
            role: Some(member.role.as_str().chars().take(64).collect()),
            customer_id: Some(member.id.to_string()),
            current_email: has_moved.then(|| member.email.chars().take(LONGEST_EMAIL).collect()),
            ..new_entry(wanted, MemberState::Active, before)
        });
        let Some(role) = wanted.role.map(MemberRole::from).filter(|role| *role != member.role) else {
            return;
        };
        // Where the present address is listed, too, its entry decides.
        if member.is_untouchable(self.own) || (has_moved && self.is_listed(&member.email)) {
            return self.changes.note_role(member, self.own);
        }
        if role != MemberRole::Manager && self.is_kept_as_last_manager(self.members, member) {
            self.changes.last_manager = Some(member.email.clone());
            return;
        }
        let (team, id, email) = (self.team.clone(), member.id.clone(), &wanted.email);
        let change = Change::of("members", &format!("{email}: {}", member.role), &format!("{email}: {role}"));
        let call = PinghomeCall::UpdateMember { team: team.clone(), member: id, role, new_team: team };
        self.changes.steps.push(Step::update(call, vec![change]).under(Self::lock(self.team)));
    }

    /// Plans for a person whose invitation is written ahead, and no list shows it.
    fn plan_unconfirmed(
        &mut self,
        wanted: &Member,
        before: MemberStatus,
        seen: Option<&Invitation>,
    ) -> Result<(), Need> {
        let key = self.invitation_key(wanted, before.reminders);
        let recorded = before.invited_time.unwrap_or(self.context.as_of);
        if self.context.attempts.is_pending_since(&key, self.context.write_ahead_valid_since()) {
            self.add_invitation(wanted, key, before.reminders);
            self.changes.keep(before);
            return Ok(());
        }
        // Written ahead too long ago to be sent, and surely not sent: it is written ahead again.
        if self.context.attempts.is_pending(&key) {
            return self.move_or_invite(wanted, Some(&before), before.reminders);
        }
        if self.was_refused(&key) {
            return self.record_refusal(wanted, Some(&before));
        }
        // The process that wrote it may have ended before or after it sent it: the lists show the result after the read lag.
        let until = self.context.resolvable_at(recorded);
        if self.context.as_of < until {
            self.changes.unresolved_until = self.changes.unresolved_until.max(Some(until));
            self.changes.keep(before);
            return Ok(());
        }
        self.context.inventory.members(self.team, until)?;
        self.context.inventory.invitations(self.team, until)?;
        match seen {
            None => self.move_or_invite(wanted, Some(&before), before.reminders),
            Some(seen) => self.plan_answered(wanted, before, seen),
        }
    }

    /// Plans for a person whose invitation is written ahead, and of whom the list shows an answer, maybe one to an earlier invitation.
    fn plan_answered(&mut self, wanted: &Member, before: MemberStatus, seen: &Invitation) -> Result<(), Need> {
        // Who accepted a moment ago may not be in the list of members yet.
        let is_accepted = seen.answer == InvitationAnswer::Accepted;
        let unproven = if is_accepted { self.unproven_absence(&before)? } else { None };
        if unproven.is_some() {
            self.changes.unresolved_until = self.changes.unresolved_until.max(unproven);
            self.changes.keep(before);
            return Ok(());
        }
        if before.earlier_invitation && is_over(seen.answer) {
            return self.move_or_invite(wanted, Some(&before), before.reminders);
        }
        self.changes.keep(new_entry(wanted, Self::end_of(before.state, Some(seen)), Some(&before)));
        Ok(())
    }

    /// Plans for a person who was a member or was invited, and whom no list shows any more.
    fn plan_absent(&mut self, wanted: &Member, before: MemberStatus, seen: Option<&Invitation>) -> Result<(), Need> {
        let declined = seen.is_some_and(|invitation| invitation.answer == InvitationAnswer::Declined);
        if declined && before.state != MemberState::Active {
            self.changes.keep(new_entry(wanted, MemberState::Declined, Some(&before)));
            return Ok(());
        }
        // The person accepted, or is gone: only lists that agree for the read lag prove that a person is not there.
        let email = email_key(&wanted.email);
        let uninvited = self.invitations.absent_since(&email).filter(|_| seen.is_none());
        let current_email = self.presumed_email(&before, uninvited.unwrap_or(self.context.as_of));
        let left = addresses(&before).iter().filter_map(|address| self.members.absent_since(address)).max();
        let since = left.max(Some(self.invited_until(&email))).unwrap_or(self.context.as_of);
        let until = since.saturating_add(self.context.read_lag).unwrap_or(since);
        if self.context.as_of < until {
            self.check_again(until);
            self.changes.keep(MemberStatus { current_email: current_email.or(before.current_email.clone()), ..before });
            return Ok(());
        }
        for collection in [Collection::Invitations(self.team.clone()), Collection::Members(self.team.clone())] {
            if self.context.inventory.read_at(&collection).is_none_or(|at| at < until) {
                return Err(Need { collection, not_before: until });
            }
        }
        let state = Self::end_of(before.state, seen);
        let ended = MemberStatus { current_email, ..new_entry(wanted, state, Some(&before)) };
        // A call whose answer was lost may have moved the person to another Team, which gives the person up by now.
        if self.move_in(wanted, &email)? {
            self.changes.keep(before);
            return Ok(());
        }
        if state == MemberState::Expired {
            return self.plan_expired(wanted, ended, seen);
        }
        self.changes.keep(ended);
        Ok(())
    }

    /// Reports an invitation that expired, or sends another one.
    fn plan_expired(&mut self, wanted: &Member, ended: MemberStatus, seen: Option<&Invitation>) -> Result<(), Need> {
        if self.was_refused(&self.invitation_key(wanted, ended.reminders)) {
            return self.record_refusal(wanted, Some(&ended));
        }
        // Who may have joined under another address is not invited a second time.
        if ended.current_email.is_some() || !self.invites_again(&ended, seen) {
            self.changes.keep(ended);
            return Ok(());
        }
        let reminders = ended.reminders.saturating_add(1);
        self.move_or_invite(wanted, Some(&ended), reminders)
    }

    /// Keeps the entry of a person who declined or left. The address that was presumed is told as long as it is in the team.
    fn keep_ended(&mut self, before: MemberStatus) {
        let is_there = |email: &String| self.strangers().iter().any(|stranger| stranger.email == *email);
        let current_email = before.current_email.clone().filter(is_there);
        self.changes.keep(MemberStatus { current_email, ..before });
    }

    /// Moves a person from the Team that gives the person up, or sends an invitation. `reminders` is the number that is recorded with it.
    pub(crate) fn move_or_invite(
        &mut self,
        wanted: &Member,
        before: Option<&MemberStatus>,
        reminders: i32,
    ) -> Result<(), Need> {
        let (email, key) = (email_key(&wanted.email), self.invitation_key(wanted, reminders));
        if self.was_refused(&key) {
            return self.record_refusal(wanted, before);
        }
        self.require_fresh_lists()?;
        let is_moved = self.move_in(wanted, &email)?;
        let has_another = self.other_teams(&email).any(|other| other.lists);
        let pause = self.wait_for_other_teams().filter(|_| has_another && !is_moved);
        if is_moved || pause.is_some() {
            self.changes.wait = pause.or(self.changes.wait.take());
            if let Some(before) = before {
                self.changes.keep(before.clone());
            }
            return Ok(());
        }
        let (invited_time, entry) = (Some(self.context.now), new_entry(wanted, MemberState::Invited, before));
        let earlier_invitation = self.invitations.get(&email).is_some_and(|known| is_over(known.answer));
        let entry = MemberStatus { invited_time, reminded_time: None, reminders, unconfirmed: true, ..entry };
        let entry = MemberStatus { earlier_invitation, ..entry };
        self.changes.record(&key, before.cloned(), entry);
        self.add_invitation(wanted, key, reminders);
        Ok(())
    }

    /// The invitation was refused, maybe because the person is a member already: that is final once lists agree for the read lag.
    fn record_refusal(&mut self, wanted: &Member, before: Option<&MemberStatus>) -> Result<(), Need> {
        if let Some(again) = self.absence(self.team, self.members, &email_key(&wanted.email))?.look_again_at() {
            self.check_again(again);
        }
        // A repeated invitation counts, although it was refused.
        if let Some(before) = before.filter(|before| before.reminders > 0) {
            self.changes.keep(MemberStatus { state: MemberState::Expired, unconfirmed: false, ..before.clone() });
        }
        self.changes.refused.push(wanted.email.clone());
        Ok(())
    }

    /// The name under which an invitation is remembered: an edited entry has another one, and so have one of a recreated team, and one
    /// that is repeated.
    fn invitation_key(&self, wanted: &Member, reminders: i32) -> String {
        let role = wanted.role.map_or("", Role::as_str);
        format!("invite/{}/{}/{role}/{reminders}", self.team, email_key(&wanted.email))
    }

    fn add_invitation(&mut self, wanted: &Member, key: String, reminders: i32) {
        let (team, channel_value) = (self.team.clone(), Sensitive::new(wanted.email.clone()));
        let call = PinghomeCall::Invite { team, channel_value, channel_type: "email".to_owned() };
        let change = Change::of("members", "(nobody)", &format!("{} (invitation)", wanted.email));
        let step = Step::notify(call, key, change).remarking(format!("'{}' is not in the team", wanted.email));
        // The role is given once the person has accepted.
        let detail = format!("{}/{reminders}", wanted.role.map_or("", Role::as_str));
        self.changes.steps.push(step.detailed(detail).under(Self::lock(self.team)));
    }
}

/// Whether an invitation with this answer is over, and the next one to the same person is no repetition.
fn is_over(answer: InvitationAnswer) -> bool {
    match answer {
        InvitationAnswer::Accepted | InvitationAnswer::Expired => true,
        InvitationAnswer::Pending | InvitationAnswer::Declined | InvitationAnswer::Unknown => false,
    }
}

/// Whether the lists decide about a person whom none of them shows. Who declined or left is not looked for until the entry is edited.
fn is_followed(before: &MemberStatus, wanted: &Member) -> bool {
    match before.state {
        MemberState::Invited | MemberState::Reminded | MemberState::Active => true,
        MemberState::Expired => before.asked_role == wanted.role,
        MemberState::Declined | MemberState::Left => false,
    }
}

/// A new entry of `status.members`. It keeps id and times of the invitation from the entry `before`.
pub(crate) fn new_entry(wanted: &Member, state: MemberState, before: Option<&MemberStatus>) -> MemberStatus {
    let Member { email, role } = wanted.clone();
    MemberStatus {
        email,
        customer_id: before.and_then(|before| before.customer_id.clone()),
        current_email: None,
        state,
        role: None,
        reminders: before.map_or(0, |before| before.reminders),
        invited_time: before.and_then(|before| before.invited_time),
        reminded_time: before.and_then(|before| before.reminded_time),
        leaving_time: None,
        asked_role: role,
        unconfirmed: false,
        earlier_invitation: false,
    }
}
