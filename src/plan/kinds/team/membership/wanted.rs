//! People whom the spec lists: what to do for each follows from the lists and from `status.members`. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::team::members::{Invitations, Member, MemberState, MemberStatus, Role};
use crate::inventory::collection::{Collection, Need};
use crate::plan::attempts::CallResult;
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
        let email = email_key(&wanted.email);
        let before = self.recorded(&email).cloned();
        if let Some(member) = self.members.get(&email).cloned() {
            self.plan_member(wanted, &member, before.as_ref());
            return Ok(());
        }
        let invitation = self.invitations.get(&email).cloned();
        if let Some(invitation) = invitation.as_ref().filter(|seen| seen.answer == InvitationAnswer::Pending) {
            self.plan_invited(wanted, invitation, before.as_ref());
            return Ok(());
        }
        // The person may be the one whose item cannot be read.
        if self.lists_are_doubtful() {
            self.changes.entries.extend(before);
            return Ok(());
        }
        match before {
            Some(before) if before.unconfirmed => self.plan_unconfirmed(wanted, before, invitation.as_ref()),
            Some(before) if !has_ended(before.state) => self.plan_absent(wanted, before, invitation.as_ref()),
            Some(before) if before.asked_role == wanted.role => {
                self.changes.entries.push(before);
                Ok(())
            }
            // Who declined before this resource adopted the team is not invited by it.
            None if self.is_newly_bound()
                && invitation.is_some_and(|seen| seen.answer == InvitationAnswer::Declined) =>
            {
                self.changes.entries.push(new_entry(wanted, MemberState::Declined, None));
                Ok(())
            }
            _ => self.move_or_invite(wanted, &email),
        }
    }

    fn plan_member(&mut self, wanted: &Member, member: &ObservedMember, before: Option<&MemberStatus>) {
        self.changes.entries.push(MemberStatus {
            role: Some(member.role.as_str().chars().take(64).collect()),
            ..new_entry(wanted, MemberState::Active, before)
        });
        let Some(role) = wanted.role.map(MemberRole::from).filter(|role| *role != member.role) else {
            return;
        };
        if member.is_untouchable(self.own) {
            return;
        }
        let (team, id, email) = (self.team.clone(), member.id.clone(), &wanted.email);
        let change = Change::of("members", &format!("{email}: {}", member.role), &format!("{email}: {role}"));
        let call = PinghomeCall::UpdateMember { team: team.clone(), member: id, role, new_team: team };
        self.changes.steps.push(Step::update(call, vec![change]).under(Self::lock(self.team)));
    }

    /// Plans for a person who has not answered the invitation: a reminder when it is due.
    fn plan_invited(&mut self, wanted: &Member, invitation: &Invitation, before: Option<&MemberStatus>) {
        let mut now = new_entry(wanted, MemberState::Invited, before);
        now.invited_time.get_or_insert(self.context.as_of);
        if now.reminders > 0 || invitation.reminded.is_some() {
            now.state = MemberState::Reminded;
        }
        let reminding = |count: i32| format!("remind/{}/{}/{count}", self.team, email_key(&wanted.email));
        let mut key = Some(reminding(now.reminders)).filter(|key| self.context.attempts.is_pending(key));
        if let Some(due) = self.reminder_due(&now, invitation).filter(|_| key.is_none()) {
            if due > self.context.as_of {
                self.check_again(due);
            } else {
                now.reminders += 1;
                (now.reminded_time, now.state) = (Some(self.context.as_of), MemberState::Reminded);
                key = Some(reminding(now.reminders));
            }
        }
        if let Some(key) = key {
            let call = PinghomeCall::RemindInvited { team: self.team.clone(), channel_value: address(wanted) };
            let reminder = format!("{} (reminder {})", wanted.email, now.reminders);
            let change = Change::of("members", &wanted.email, &reminder);
            self.changes.steps.push(Step::notify(call, key, change).under(Self::lock(self.team)));
        }
        self.changes.entries.push(now);
    }

    /// When the next reminder is due, if there is to be one.
    fn reminder_due(&self, entry: &MemberStatus, invitation: &Invitation) -> Option<Timestamp> {
        let Invitations { remind_after_hours, max_reminders } = self.resource.spec.invitations?;
        let pause = SignedDuration::from_hours(remind_after_hours?.into());
        let seen = invitation.reminded.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        let last = entry.reminded_time.max(seen).or(entry.invited_time)?;
        (entry.reminders < max_reminders).then(|| last.saturating_add(pause).unwrap_or(Timestamp::MAX))
    }

    /// Plans for a person whose invitation is written ahead, and no list shows it.
    fn plan_unconfirmed(
        &mut self,
        wanted: &Member,
        before: MemberStatus,
        seen: Option<&Invitation>,
    ) -> Result<(), Need> {
        let (key, recorded) = (self.invitation_key(wanted), before.invited_time.unwrap_or(self.context.as_of));
        if self.context.attempts.is_pending_since(&key, self.context.write_ahead_valid_since()) {
            self.changes.entries.push(before);
            self.add_invitation(wanted, key);
            return Ok(());
        }
        // Written ahead too long ago to be sent, and surely not sent: it is written ahead again.
        if self.context.attempts.is_pending(&key) {
            return self.move_or_invite(wanted, &email_key(&wanted.email));
        }
        if self.context.attempts.outcome(&key) == Some(CallResult::Refused) {
            return self.record_refusal(wanted);
        }
        // The process that wrote it may have ended before or after it sent it: the lists show the result after the read lag.
        let until = self.context.resolvable_at(recorded);
        if self.context.as_of < until {
            self.changes.unresolved_until = self.changes.unresolved_until.max(Some(until));
            self.changes.entries.push(before);
            return Ok(());
        }
        self.context.inventory.members(self.team, until)?;
        self.context.inventory.invitations(self.team, until)?;
        match seen.map(|invitation| invitation.answer) {
            Some(InvitationAnswer::Declined) => self.record_end(wanted, &before, MemberState::Declined),
            Some(_) => self.record_end(wanted, &before, MemberState::Left),
            None => return self.move_or_invite(wanted, &email_key(&wanted.email)),
        }
        Ok(())
    }

    /// Plans for a person who was a member or was invited, and whom no list shows any more.
    fn plan_absent(&mut self, wanted: &Member, before: MemberStatus, seen: Option<&Invitation>) -> Result<(), Need> {
        let declined = seen.is_some_and(|invitation| invitation.answer == InvitationAnswer::Declined);
        if declined && before.state != MemberState::Active {
            self.record_end(wanted, &before, MemberState::Declined);
            return Ok(());
        }
        // The person accepted, or is gone: only lists that agree for the read lag prove that a person is not there.
        let email = email_key(&wanted.email);
        let uninvited = self.invitations.absent_since(&email).filter(|_| seen.is_none());
        let since = self.members.absent_since(&email).max(uninvited).unwrap_or(self.context.as_of);
        let until = since.saturating_add(self.context.read_lag).unwrap_or(since);
        if self.context.as_of < until {
            self.check_again(until);
            self.changes.entries.push(before);
            return Ok(());
        }
        for collection in [Collection::Invitations(self.team.clone()), Collection::Members(self.team.clone())] {
            if self.context.inventory.read_at(&collection).is_none_or(|at| at < until) {
                return Err(Need { collection, not_before: until });
            }
        }
        // A call whose answer was lost may have moved the person to another Team, which gives the person up by now.
        if !self.move_in(wanted, &email)? {
            self.record_end(wanted, &before, MemberState::Left);
        }
        Ok(())
    }

    fn record_end(&mut self, wanted: &Member, before: &MemberStatus, state: MemberState) {
        self.changes.entries.push(new_entry(wanted, state, Some(before)));
    }

    /// Moves a person from the Team that gives the person up, or sends an invitation.
    fn move_or_invite(&mut self, wanted: &Member, email: &str) -> Result<(), Need> {
        let key = self.invitation_key(wanted);
        if self.context.attempts.outcome(&key) == Some(CallResult::Refused) {
            return self.record_refusal(wanted);
        }
        self.require_fresh_lists()?;
        if self.move_in(wanted, email)? {
            return Ok(());
        }
        let has_another = self.other_teams(email).any(|other| other.lists);
        let pause = self.wait_for_other_teams().filter(|_| has_another);
        if pause.is_some() {
            self.changes.wait = pause;
            return Ok(());
        }
        let invited_time = Some(self.context.now);
        let entry = MemberStatus { invited_time, unconfirmed: true, ..new_entry(wanted, MemberState::Invited, None) };
        self.changes.entries.push(entry);
        self.add_invitation(wanted, key);
        Ok(())
    }

    /// The invitation was refused, maybe because the person is a member already and the list lags: that is final once lists agree for the
    /// read lag.
    fn record_refusal(&mut self, wanted: &Member) -> Result<(), Need> {
        if let Some(again) = self.absence(self.team, self.members, &email_key(&wanted.email))?.look_again_at() {
            self.check_again(again);
        }
        self.changes.refused.push(wanted.email.clone());
        Ok(())
    }

    /// The name under which an invitation is remembered: an edited entry has another one, and so has one of a recreated team.
    fn invitation_key(&self, wanted: &Member) -> String {
        let role = wanted.role.map_or("", Role::as_str);
        format!("invite/{}/{}/{role}", self.team, email_key(&wanted.email))
    }

    fn add_invitation(&mut self, wanted: &Member, key: String) {
        let (team, channel_value) = (self.team.clone(), address(wanted));
        let call = PinghomeCall::Invite { team, channel_value, channel_type: "email".to_owned() };
        let change = Change::of("members", "(nobody)", &format!("{} (invitation)", wanted.email));
        self.changes.steps.push(Step::notify(call, key, change).under(Self::lock(self.team)));
    }
}

/// Who declined or left is not invited again until the entry is edited.
fn has_ended(state: MemberState) -> bool {
    matches!(state, MemberState::Declined | MemberState::Left)
}

/// A new entry of `status.members`. It keeps the times of the invitation from the entry `before`.
fn new_entry(wanted: &Member, state: MemberState, before: Option<&MemberStatus>) -> MemberStatus {
    let Member { email, role } = wanted.clone();
    MemberStatus {
        email,
        state,
        role: None,
        reminders: before.map_or(0, |before| before.reminders),
        invited_time: before.and_then(|before| before.invited_time),
        reminded_time: before.and_then(|before| before.reminded_time),
        asked_role: role,
        unconfirmed: false,
    }
}

fn address(wanted: &Member) -> Sensitive {
    Sensitive::new(wanted.email.clone())
}
