//! People whom the spec does not list: each is moved to the Team that lists the person, uninvited, or removed. No IO.

use crate::api::team::members::{Member, MemberState, MemberStatus, Role};
use crate::inventory::collection::Need;
use crate::inventory::listing::Listing;
use crate::plan::kinds::team::membership::changes::{Wait, WaitReason};
use crate::plan::kinds::team::membership::planner::MembershipPlanner;
use crate::plan::step::{Change, Step};
use crate::provider::model::channel::fingerprint;
use crate::provider::model::ids::TeamId;
use crate::provider::model::member::{InvitationAnswer, MemberRole, ObservedMember, email_key};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::pinghome::call::PinghomeCall;

impl MembershipPlanner<'_> {
    /// Plans for the people whom the spec listed before and does not list now.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn plan_withdrawn(&mut self, listed_before: &[MemberStatus]) -> Result<(), Need> {
        for before in listed_before {
            if !self.is_listed(&email_key(&before.email)) {
                self.take_out(&before.email, Some(before))?;
            }
        }
        Ok(())
    }

    /// Plans for the people who are members or invited, and whom the spec never listed.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn plan_never_listed(&mut self) -> Result<(), Need> {
        let members = self.members.items().map(|member| &member.email);
        let invited = self.invitations.items().map(|invitation| &invitation.email);
        let mut others: Vec<_> = members.chain(invited).filter(|email| !self.is_listed(email)).cloned().collect();
        others.sort();
        others.dedup();
        for email in others {
            if self.recorded(&email).is_none() {
                self.take_out(&email, None)?;
            }
        }
        Ok(())
    }

    fn is_listed(&self, email: &str) -> bool {
        self.resource.spec.members.iter().any(|wanted| email_key(&wanted.email) == email)
    }

    fn take_out(&mut self, address: &str, before: Option<&MemberStatus>) -> Result<(), Need> {
        let email = email_key(address);
        if let Some(member) = self.members.get(&email).cloned() {
            return if member.is_untouchable(self.own) { Ok(()) } else { self.take_out_member(&member, before) };
        }
        let is_pending = |answer| answer == InvitationAnswer::Pending;
        if self.invitations.get(&email).is_some_and(|invitation| is_pending(invitation.answer)) {
            self.require_fresh_lists()?;
            let call = PinghomeCall::Uninvite { team: self.team.clone(), channel_value: Sensitive::new(address) };
            let change = Change::of("members", &format!("{address} (invited)"), "(nobody)");
            self.changes.removals.push(Step::update(call, vec![change]).under(Self::lock(self.team)));
            self.changes.entries.extend(before.cloned());
            return Ok(());
        }
        if self.lists_are_doubtful() {
            self.changes.entries.extend(before.cloned());
            return Ok(());
        }
        match before {
            Some(before) if before.unconfirmed => self.resolve_unsent(before),
            Some(before) if !self.invitations.was_removed(&email) => self.keep_until_absent(before, &email),
            _ => Ok(()),
        }
    }

    /// No list shows the person. The entry is kept until absence is proven: who is forgotten too early stays in the team for ever.
    fn keep_until_absent(&mut self, before: &MemberStatus, email: &str) -> Result<(), Need> {
        if let Some(again) = self.absence(self.team, self.members, email)?.look_again_at() {
            self.check_again(again);
            self.changes.entries.push(before.clone());
        }
        Ok(())
    }

    /// The invitation was written ahead by a process that ended: the list shows after the read lag whether there is one to withdraw.
    fn resolve_unsent(&mut self, before: &MemberStatus) -> Result<(), Need> {
        let recorded = before.invited_time.unwrap_or(self.context.as_of);
        let until = self.context.resolvable_at(recorded);
        if self.context.as_of < until {
            self.check_again(until);
            self.changes.entries.push(before.clone());
            return Ok(());
        }
        self.context.inventory.invitations(self.team, until).map(drop)
    }

    fn take_out_member(&mut self, member: &ObservedMember, before: Option<&MemberStatus>) -> Result<(), Need> {
        self.require_fresh_lists()?;
        // The entry stays, whatever state status had: other Teams must see who is to be moved.
        self.changes.entries.extend(before.map(|before| MemberStatus { state: MemberState::Active, ..before.clone() }));
        let other = self.other_teams(&member.email).find(|other| other.lists);
        let pause = self.wait_for_other_teams().filter(|_| other.as_ref().is_none_or(|other| other.team.is_none()));
        if pause.is_some() {
            self.changes.wait = pause;
            return Ok(());
        }
        if self.is_kept_as_last_manager(self.members, member) {
            self.changes.last_manager = Some(member.email.clone());
            return Ok(());
        }
        let step = match other.map(|other| (other.team, other.role)) {
            Some((Some(target), role)) => move_step(self.team, member, role, &target),
            // The other Team has no team yet. Its first external id triggers this reconciler.
            Some((None, _)) => return Ok(()),
            None => {
                let call = PinghomeCall::RemoveMember { team: self.team.clone(), member: member.id.clone() };
                let mark = fingerprint(self.team.as_str(), &member.email).chars().take(16).collect::<String>();
                let step = Step::update(call, vec![Change::of("members", &member.email, "(nobody)")]);
                step.counted(mark).unless_wanted(email_key(&member.email))
            }
        };
        self.changes.removals.push(step.under(Self::lock(self.team)));
        Ok(())
    }

    /// Moves a listed person out of the Team that gives the person up; returns whether there is such a Team.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn move_in(&mut self, wanted: &Member, email: &str) -> Result<bool, Need> {
        let others: Vec<_> = self.other_teams(email).filter(|other| !other.lists).collect();
        for from in others.into_iter().filter_map(|other| other.team).filter(|from| from != self.team) {
            let Some(members) = self.context.inventory.members(&from, self.context.create_freshness())? else {
                continue;
            };
            let Some(member) = members.get(email) else {
                let Some(until) = self.absence(&from, members, email)?.look_again_at() else { continue };
                self.changes.wait = Some(Wait { until, reason: WaitReason::PreviousTeamUncertain });
                return Ok(true);
            };
            if member.is_untouchable(self.own) {
                continue;
            }
            if self.is_kept_as_last_manager(members, member) {
                self.changes.last_manager = Some(wanted.email.clone());
            } else {
                let step = move_step(&from, member, wanted.role, self.team).under(Self::lock(&from));
                self.changes.steps.push(step);
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn is_kept_as_last_manager(&self, members: &Listing<ObservedMember>, member: &ObservedMember) -> bool {
        let others = members.items().filter(|other| other.is_manager() && other.id != member.id).count();
        member.is_manager() && others == 0 && !self.context.passes_guards()
    }
}

/// The call that moves a person from one team into another.
fn move_step(from: &TeamId, member: &ObservedMember, role: Option<Role>, to: &TeamId) -> Step {
    let role = role.map_or_else(|| member.role.clone(), MemberRole::from);
    let change = Change::of("members", &format!("{} in {from}", member.email), &format!("{} in {to}", member.email));
    let call = PinghomeCall::UpdateMember { team: from.clone(), member: member.id.clone(), role, new_team: to.clone() };
    Step::update(call, vec![change])
}
