//! Membership who should be in the team, each by where the lists and status say that they stand. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::team::members::{Invitations, Member, MemberState, MemberStatus, Role};
use crate::inventory::collection::{Collection, Need};
use crate::plan::absence::Absence;
use crate::plan::attempts::CallResult;
use crate::plan::kinds::team::membership::changes::Membership;
use crate::plan::step::{Change, Step};
use crate::provider::model::member::{Invitation, InvitationAnswer, ObservedMember, email_key};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::pinghome::call::PinghomeCall;

type Done = Result<(), Need>;

impl Membership<'_> {
    /// Somebody whom the spec lists.
    pub(crate) fn listed(&mut self, wanted: &Member) -> Done {
        let email = email_key(&wanted.email);
        let before = self.before(&email).cloned();
        if let Some(member) = self.members.get(&email).cloned() {
            self.active(wanted, &member, before.as_ref());
            return Ok(());
        }
        let invitation = self.invitations.get(&email).cloned();
        if let Some(invitation) = invitation.as_ref().filter(|seen| seen.answer == InvitationAnswer::Pending) {
            self.pending(wanted, invitation, before);
            return Ok(());
        }
        match before {
            Some(before) if before.unconfirmed => self.unconfirmed(wanted, before, invitation.as_ref()),
            Some(before) if !is_over(before.state) => self.absent_now(wanted, before, invitation.as_ref()),
            Some(before) if before.asked_role == wanted.role => {
                self.result.entries.push(before);
                Ok(())
            }
            // Who said no before this resource took the team over is not asked by it.
            None if self.is_first() && invitation.is_some_and(|seen| seen.answer == InvitationAnswer::Declined) => {
                self.result.entries.push(entry(wanted, MemberState::Declined));
                Ok(())
            }
            _ => self.invite_new(wanted, &email),
        }
    }

    fn active(&mut self, wanted: &Member, member: &ObservedMember, before: Option<&MemberStatus>) {
        self.result.entries.push(MemberStatus {
            role: Some(member.role.chars().take(64).collect()),
            invited_time: before.and_then(|before| before.invited_time),
            reminders: before.map_or(0, |before| before.reminders),
            reminded_time: before.and_then(|before| before.reminded_time),
            ..entry(wanted, MemberState::Active)
        });
        let Some(role) = wanted.role.map(Role::as_str).filter(|role| *role != member.role) else {
            return;
        };
        if member.is_untouchable(self.own) {
            return;
        }
        let (team, id, email) = (self.team.clone(), member.id.clone(), &wanted.email);
        let change = Change::of("members", &format!("{email}: {}", member.role), &format!("{email}: {role}"));
        let call = PinghomeCall::UpdateMember { team: team.clone(), member: id, role: role.to_owned(), new_team: team };
        self.result.steps.push(Step::update(call, vec![change]).under(Self::lock(self.team)));
    }

    /// Invited, not answered: reminded when it is time.
    fn pending(&mut self, wanted: &Member, invitation: &Invitation, before: Option<MemberStatus>) {
        let before = before.unwrap_or_else(|| entry(wanted, MemberState::Invited));
        let was_reminded = before.reminders > 0 || invitation.reminded.is_some();
        let state = if was_reminded { MemberState::Reminded } else { MemberState::Invited };
        let mut now = MemberStatus {
            invited_time: before.invited_time.or(Some(self.context.as_of)),
            reminders: before.reminders,
            reminded_time: before.reminded_time,
            ..entry(wanted, state)
        };
        let reminding = |count: i32| format!("remind/{}/{}/{count}", self.team, email_key(&wanted.email));
        let mut key = Some(reminding(now.reminders)).filter(|key| self.context.attempts.is_pending(key));
        if let Some(due) = self.reminder_due(&now, invitation).filter(|_| key.is_none()) {
            if due > self.context.as_of {
                self.look_again(due);
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
            self.result.steps.push(Step::notify(call, key, change).under(Self::lock(self.team)));
        }
        self.result.entries.push(now);
    }

    /// When the next reminder is due, if there is to be one.
    fn reminder_due(&self, entry: &MemberStatus, invitation: &Invitation) -> Option<Timestamp> {
        let Invitations { remind_after_hours, max_reminders } = self.resource.spec.invitations?;
        let pause = SignedDuration::from_hours(remind_after_hours?.into());
        let seen = invitation.reminded.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        let last = entry.reminded_time.max(seen).or(entry.invited_time)?;
        (entry.reminders < max_reminders).then(|| last.saturating_add(pause).unwrap_or(Timestamp::MAX))
    }

    /// An invitation is recorded, and no list shows it.
    fn unconfirmed(&mut self, wanted: &Member, before: MemberStatus, seen: Option<&Invitation>) -> Done {
        let (key, recorded) = (self.invitation_key(wanted), before.invited_time.unwrap_or(self.context.as_of));
        if self.context.attempts.is_pending_since(&key, self.context.write_ahead_valid_since()) {
            self.result.entries.push(before);
            self.invite(wanted, key);
            return Ok(());
        }
        // Recorded too long ago to be found by that time, and surely not sent: it is recorded anew.
        if self.context.attempts.is_pending(&key) {
            return self.invite_new(wanted, &email_key(&wanted.email));
        }
        if self.context.attempts.outcome(&key) == Some(CallResult::Refused) {
            return self.refused(wanted);
        }
        // Whoever recorded it may have ended before or after sending it: the list tells after the lag.
        let until = self.context.resolvable_at(recorded);
        if self.context.as_of < until {
            self.result.unresolved = self.result.unresolved.max(Some(until));
            self.result.entries.push(before);
            return Ok(());
        }
        self.inventory.members(self.team, until)?;
        self.inventory.invitations(self.team, until)?;
        match seen.map(|invitation| invitation.answer) {
            Some(InvitationAnswer::Declined) => self.over(wanted, &before, MemberState::Declined),
            Some(_) => self.over(wanted, &before, MemberState::Left),
            None => return self.invite_new(wanted, &email_key(&wanted.email)),
        }
        Ok(())
    }

    /// Somebody who was here or was asked, and is in no list as such.
    fn absent_now(&mut self, wanted: &Member, before: MemberStatus, seen: Option<&Invitation>) -> Done {
        let declined = seen.is_some_and(|invitation| invitation.answer == InvitationAnswer::Declined);
        if declined && before.state != MemberState::Active {
            self.over(wanted, &before, MemberState::Declined);
            return Ok(());
        }
        // Accepted, or gone: only lists that agree for the read lag prove that somebody is not there.
        let email = email_key(&wanted.email);
        let uninvited = self.invitations.absent_since(&email).filter(|_| seen.is_none());
        let since = self.members.absent_since(&email).max(uninvited).unwrap_or(self.context.as_of);
        let until = since.saturating_add(self.context.read_lag).unwrap_or(since);
        if self.context.as_of < until {
            self.look_again(until);
            self.result.entries.push(before);
            return Ok(());
        }
        for collection in [Collection::Invitations(self.team.clone()), Collection::Members(self.team.clone())] {
            if self.inventory.read_at(&collection).is_none_or(|at| at < until) {
                return Err(Need { collection, not_before: until });
            }
        }
        // Another Team may have got the person by a call whose answer was lost, and gives the person up by now.
        if !self.moves_in(wanted, &email)? {
            self.over(wanted, &before, MemberState::Left);
        }
        Ok(())
    }

    fn over(&mut self, wanted: &Member, before: &MemberStatus, state: MemberState) {
        self.result.entries.push(MemberStatus {
            invited_time: before.invited_time,
            reminders: before.reminders,
            reminded_time: before.reminded_time,
            ..entry(wanted, state)
        });
    }

    /// Somebody who must be asked: moved from the Team that gives the person up, or invited.
    fn invite_new(&mut self, wanted: &Member, email: &str) -> Done {
        let key = self.invitation_key(wanted);
        if self.context.attempts.outcome(&key) == Some(CallResult::Refused) {
            return self.refused(wanted);
        }
        self.is_fresh()?;
        if self.moves_in(wanted, email)? {
            return Ok(());
        }
        let has_another = self.other_teams(email).any(|other| other.lists);
        let pause = self.pause().filter(|_| has_another);
        if pause.is_some() {
            self.result.waits = pause;
            return Ok(());
        }
        let invited_time = Some(self.context.now);
        let entry = MemberStatus { invited_time, unconfirmed: true, ..entry(wanted, MemberState::Invited) };
        self.result.entries.push(entry);
        self.invite(wanted, key);
        Ok(())
    }

    /// Refused, maybe since the person is here already and the list lags: it is final once lists agree for the read lag.
    fn refused(&mut self, wanted: &Member) -> Done {
        match self.absence(self.team, self.members, &email_key(&wanted.email))? {
            Absence::Proven => {}
            Absence::NotBefore(until) => self.look_again(until),
        }
        self.result.refused.push(wanted.email.clone());
        Ok(())
    }

    /// An edited entry is another one, and so is one of a team that was made again.
    fn invitation_key(&self, wanted: &Member) -> String {
        let role = wanted.role.map_or("", Role::as_str);
        format!("invite/{}/{}/{role}", self.team, email_key(&wanted.email))
    }

    fn invite(&mut self, wanted: &Member, key: String) {
        let (team, channel_value) = (self.team.clone(), address(wanted));
        let call = PinghomeCall::Invite { team, channel_value, channel_type: "email".to_owned() };
        let change = Change::of("members", "(nobody)", &format!("{} (invitation)", wanted.email));
        self.result.steps.push(Step::notify(call, key, change).under(Self::lock(self.team)));
    }
}

/// Who declined or left is not asked again until the entry is edited.
fn is_over(state: MemberState) -> bool {
    matches!(state, MemberState::Declined | MemberState::Left)
}

fn entry(wanted: &Member, state: MemberState) -> MemberStatus {
    MemberStatus {
        email: wanted.email.clone(),
        state,
        role: None,
        reminders: 0,
        invited_time: None,
        reminded_time: None,
        asked_role: wanted.role,
        unconfirmed: false,
    }
}

fn address(wanted: &Member) -> Sensitive {
    Sensitive::new(wanted.email.clone())
}
