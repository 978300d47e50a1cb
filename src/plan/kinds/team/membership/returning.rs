//! People who are listed again after status recorded that they leave: who is still there stays, and who is gone is invited again. No IO.
//!
//! The process that recorded it may have ended before or after its call. Nobody left or declined by that, whatever the lists show.

use jiff::Timestamp;

use crate::api::team::members::{Member, MemberState, MemberStatus};
use crate::inventory::collection::Need;
use crate::plan::kinds::team::membership::changes::{Wait, WaitReason};
use crate::plan::kinds::team::membership::planner::MembershipPlanner;
use crate::plan::kinds::team::membership::wanted::new_entry;
use crate::provider::model::member::{InvitationAnswer, email_key};

impl MembershipPlanner<'_> {
    /// Plans for a listed person of whom status says that the person leaves. Returns the entry without that, if the person surely was not
    /// taken out: then it is as for everybody else.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn plan_returning(
        &mut self,
        wanted: &Member,
        before: MemberStatus,
    ) -> Result<Option<MemberStatus>, Need> {
        let email = email_key(&wanted.email);
        let until = self.context.resolvable_at(before.leaving_time.unwrap_or(self.context.as_of));
        if self.context.as_of < until {
            self.wait_for_removal(before, until);
            return Ok(None);
        }
        self.context.inventory.members(self.team, until)?;
        self.context.inventory.invitations(self.team, until)?;
        let answer = self.invitations.get(&email).map(|invitation| invitation.answer);
        if self.member_of(&email, Some(&before)).is_some() || answer == Some(InvitationAnswer::Pending) {
            return Ok(Some(MemberStatus { leaving_time: None, ..before }));
        }
        // The person may be the one whose item cannot be read.
        if self.lists_are_doubtful() {
            self.changes.keep(before);
        } else if let Some(again) = self.unproven_absence(&before)? {
            self.wait_for_removal(before, again);
        } else if answer == Some(InvitationAnswer::Unknown) {
            // The person may have this invitation still.
            self.changes.keep(new_entry(wanted, MemberState::Expired, None));
        } else {
            self.move_or_invite(wanted, Some(&before), 0)?;
        }
        Ok(None)
    }

    /// Waits until lists can show what came of the call that takes a person out.
    fn wait_for_removal(&mut self, before: MemberStatus, until: Timestamp) {
        let reason = WaitReason::RemovalUncertain { email: before.email.clone() };
        self.changes.wait.get_or_insert(Wait { until, reason });
        self.check_again(until);
        self.changes.keep(before);
    }
}
