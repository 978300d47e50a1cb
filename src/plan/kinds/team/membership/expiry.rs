//! Invitations that disappear without an answer: who may have accepted under another address, and who is invited again. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::team::members::{ExpiryPolicy, MemberState, MemberStatus};
use crate::plan::attempts::CallResult;
use crate::plan::kinds::team::membership::person::LONGEST_EMAIL;
use crate::plan::kinds::team::membership::planner::MembershipPlanner;
use crate::provider::model::member::{Invitation, InvitationAnswer, ObservedMember, email_key};

/// Lists are read at resyncs: what changes within this time beyond the read lag may have changed together.
const TOGETHER: SignedDuration = SignedDuration::from_mins(15);

impl MembershipPlanner<'_> {
    /// The state of a person who was invited or in the team, and whom complete lists do not show there.
    pub(crate) fn end_of(before: MemberState, seen: Option<&Invitation>) -> MemberState {
        match (before, seen.map(|invitation| invitation.answer)) {
            (MemberState::Active, _) | (_, Some(InvitationAnswer::Accepted)) => MemberState::Left,
            (_, Some(InvitationAnswer::Declined)) => MemberState::Declined,
            (_, None | Some(InvitationAnswer::Expired | InvitationAnswer::Unknown | InvitationAnswer::Pending)) => {
                MemberState::Expired
            }
        }
    }

    /// Whether a person whose invitation expired is invited again. One with an unknown status may still be open.
    pub(crate) fn invites_again(&self, before: &MemberStatus, seen: Option<&Invitation>) -> bool {
        let is_open = seen.is_some_and(|invitation| invitation.answer != InvitationAnswer::Expired);
        let spec = self.resource.spec.invitations.filter(|spec| spec.on_expiry == ExpiryPolicy::InviteAgain);
        !is_open && spec.is_some_and(|spec| before.reminders < spec.max_reminders)
    }

    /// Whether the last invitation of a person was refused.
    pub(crate) fn was_refused(&self, key: &str) -> bool {
        self.context.attempts.outcome(key) == Some(CallResult::Refused)
    }

    /// The address under which a person may have accepted whose invitation is gone since `since`: somebody whom the spec does not list and
    /// who joined at the same time. Each of them is presumed of one person.
    pub(crate) fn presumed_email(&self, before: &MemberStatus, since: Timestamp) -> Option<String> {
        if before.customer_id.is_some() {
            return None;
        }
        let strangers = self.strangers();
        let is_there = |email: &&str| strangers.iter().any(|stranger| stranger.email == **email);
        if let Some(known) = before.current_email.as_deref().filter(is_there) {
            return Some(known.to_owned());
        }
        let window = self.context.read_lag.saturating_add(TOGETHER);
        let joined_then = |stranger: &&ObservedMember| {
            let joined = self.members.appeared_at(&stranger.email);
            joined.is_some_and(|joined| joined.duration_since(since).abs() <= window)
        };
        let is_free = |stranger: &&ObservedMember| {
            stranger.email.chars().count() <= LONGEST_EMAIL && !self.changes.presumes(&stranger.email)
        };
        let found = strangers.iter().filter(is_free).find(joined_then);
        // Of an authoritative team nobody else is a member for long.
        let any = || strangers.iter().filter(is_free).find(|_| self.is_authoritative);
        found.or_else(any).map(|stranger| stranger.email.clone())
    }

    /// Whether a member whom the spec never listed may be somebody whom it lists: then the member is not removed.
    pub(crate) fn is_maybe_listed(&mut self, member: &ObservedMember) -> bool {
        if self.changes.presumes(&member.email) || self.listed.iter().any(|wanted| self.has_vanished(&wanted.email)) {
            return true;
        }
        // The list of invitations may lag behind the list of members.
        let is_open = |answer| answer == InvitationAnswer::Pending;
        let mut listed = self.listed.iter().filter_map(|wanted| self.invitations.get(&email_key(&wanted.email)));
        let until = self.members.present_since(&member.email).saturating_add(self.context.read_lag);
        let until = until.unwrap_or(Timestamp::MAX);
        let is_early = self.context.as_of < until && listed.any(|known| is_open(known.answer));
        if is_early {
            self.check_again(until);
        }
        is_early
    }

    /// Whether a listed person was invited, and neither is a member nor is seen to wait or to have declined.
    fn has_vanished(&self, address: &str) -> bool {
        let email = email_key(address);
        let Some(before) = self.recorded(&email) else { return false };
        let is_invited = matches!(before.state, MemberState::Invited | MemberState::Reminded | MemberState::Expired);
        let answer = self.invitations.get(&email).map(|invitation| invitation.answer);
        let is_explained = matches!(answer, Some(InvitationAnswer::Pending | InvitationAnswer::Declined));
        is_invited && !is_explained && self.member_of(&email, Some(before)).is_none()
    }
}
