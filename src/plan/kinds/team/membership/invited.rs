//! People who have not answered their invitation: when they are reminded of it. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::team::members::{Invitations, Member, MemberState, MemberStatus};
use crate::inventory::collection::Need;
use crate::plan::kinds::team::membership::planner::MembershipPlanner;
use crate::plan::kinds::team::membership::wanted::new_entry;
use crate::plan::step::{Change, Step};
use crate::provider::model::member::{Invitation, email_key};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::pinghome::call::PinghomeCall;

impl MembershipPlanner<'_> {
    /// Plans for a person who has not answered the invitation: a reminder when it is due, and fresh lists say that the person is still invited.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn plan_invited(
        &mut self,
        wanted: &Member,
        invitation: &Invitation,
        before: Option<&MemberStatus>,
    ) -> Result<(), Need> {
        let mut now = new_entry(wanted, MemberState::Invited, before);
        now.invited_time.get_or_insert(self.context.as_of);
        if now.reminded_time.is_some() || invitation.reminded.is_some() {
            now.state = MemberState::Reminded;
        }
        let reminding = |count: i32| format!("remind/{}/{}/{count}", self.team, email_key(&wanted.email));
        let written_ahead = Some(reminding(now.reminders)).filter(|key| self.context.attempts.is_pending(key));
        if let Some(key) = written_ahead {
            self.require_fresh_lists()?;
            self.add_reminder(wanted, invitation, key, now.reminders);
            self.changes.keep(now);
            return Ok(());
        }
        match self.reminder_due(&now, invitation) {
            Some(due) if due <= self.context.as_of => {
                self.require_fresh_lists()?;
                let (reminders, reminded_time) = (now.reminders.saturating_add(1), Some(self.context.as_of));
                let key = reminding(reminders);
                let reminded = MemberStatus { reminders, reminded_time, state: MemberState::Reminded, ..now.clone() };
                self.changes.record(&key, Some(now), reminded);
                self.add_reminder(wanted, invitation, key, reminders);
            }
            due => {
                if let Some(due) = due {
                    self.check_again(due);
                }
                self.changes.keep(now);
            }
        }
        Ok(())
    }

    fn add_reminder(&mut self, wanted: &Member, invitation: &Invitation, key: String, number: i32) {
        let channel_value = Sensitive::new(invitation.address.clone());
        let call = PinghomeCall::RemindInvited { team: self.team.clone(), channel_value };
        let change = Change::of("members", &wanted.email, &format!("{} (reminder {number})", wanted.email));
        self.changes.steps.push(Step::notify(call, key, change).under(Self::lock(self.team)));
    }

    /// When the next reminder is due, if there is to be one.
    fn reminder_due(&self, entry: &MemberStatus, invitation: &Invitation) -> Option<Timestamp> {
        let Invitations { remind_after_hours, max_reminders, on_expiry: _ } = self.resource.spec.invitations?;
        let pause = SignedDuration::from_hours(remind_after_hours?.into());
        let seen = invitation.reminded.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        let last = entry.reminded_time.max(seen).or(entry.invited_time)?;
        (entry.reminders < max_reminders).then(|| last.saturating_add(pause).unwrap_or(Timestamp::MAX))
    }
}
