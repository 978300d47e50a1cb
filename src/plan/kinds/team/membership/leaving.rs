//! People whom the spec does not list: each is moved to the Team that lists the person, uninvited, or removed. No IO.
//!
//! Status says first of a recorded person that the person leaves. Who is listed again knows by it that nobody else took the person out.

use jiff::Timestamp;

use crate::api::team::members::{Member, MemberState, MemberStatus, Role};
use crate::inventory::collection::{Collection, Need};
use crate::inventory::listing::Listing;
use crate::plan::absence::Absence;
use crate::plan::kinds::team::membership::changes::{Wait, WaitReason};
use crate::plan::kinds::team::membership::person::{addresses, by_customer};
use crate::plan::kinds::team::membership::planner::{MembershipPlanner, OtherTeam};
use crate::plan::step::{Change, Step};
use crate::provider::model::channel::fingerprint;
use crate::provider::model::ids::TeamId;
use crate::provider::model::member::{Invitation, InvitationAnswer, MemberRole, ObservedMember, email_key};
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
                self.take_out(before)?;
            }
        }
        Ok(())
    }

    /// Plans for the people who are members or invited, and whom the spec never listed.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn plan_never_listed(&mut self) -> Result<(), Need> {
        for member in self.untouchable_strangers() {
            self.changes.note_role(&member, self.own);
        }
        for member in self.strangers() {
            if !self.is_maybe_listed(&member) {
                self.take_out_member(&member, None)?;
            }
        }
        let is_other = |email: &str| !self.is_listed(email) && self.recorded(email).is_none();
        let invited = self.invitations.items().filter(|invitation| is_other(&invitation.email));
        let mut invited: Vec<_> =
            invited.filter(|invitation| self.members.get(&invitation.email).is_none()).cloned().collect();
        invited.sort_by(|one, other| one.email.cmp(&other.email));
        for invitation in invited.into_iter().filter(|invitation| invitation.answer == InvitationAnswer::Pending) {
            self.withdraw(&invitation, None)?;
        }
        Ok(())
    }

    fn take_out(&mut self, before: &MemberStatus) -> Result<(), Need> {
        // What is presumed of a person whom the spec does not list any more is of no interest.
        let current_email = before.current_email.clone().filter(|_| before.customer_id.is_some());
        let before = &MemberStatus { current_email, ..before.clone() };
        if let Some(member) = self.recorded_member(before).cloned() {
            // The person may be listed under the present address by now.
            if self.is_listed_member(&member) {
                return Ok(());
            }
            if member.is_untouchable(self.own) {
                if member.unknown_role(self.own).is_some() {
                    self.changes.keep(MemberStatus { role: Some(member.role.to_string()), ..before.clone() });
                    self.changes.note_role(&member, self.own);
                }
                return Ok(());
            }
            return self.take_out_member(&member, Some(before));
        }
        let email = email_key(&before.email);
        let invitation = self.invitations.get(&email).cloned();
        match invitation.filter(|_| self.members.get(&email).is_none()) {
            Some(invitation) if invitation.answer == InvitationAnswer::Pending => {
                self.changes.keep(MemberStatus { unconfirmed: false, ..before.clone() });
                self.withdraw(&invitation, Some(before))
            }
            // The person may still be able to accept it, and is then taken out.
            Some(invitation) if invitation.answer == InvitationAnswer::Unknown => {
                self.changes.keep(before.clone());
                Ok(())
            }
            // The person may be the one whose item cannot be read.
            _ if self.lists_are_doubtful() => {
                self.changes.keep(before.clone());
                Ok(())
            }
            // Complete lists have shown already that nothing is left of it.
            _ if before.state == MemberState::Expired => Ok(()),
            _ if before.unconfirmed => self.resolve_unsent(before),
            _ => self.keep_until_absent(before),
        }
    }

    /// Withdraws an invitation; the deletion guard counts it as a removal.
    fn withdraw(&mut self, invitation: &Invitation, before: Option<&MemberStatus>) -> Result<(), Need> {
        self.require_fresh_lists()?;
        let Invitation { email, address, answer: _, reminded: _ } = invitation;
        let call = PinghomeCall::Uninvite { team: self.team.clone(), channel_value: Sensitive::new(address.clone()) };
        let change = Change::of("members", &format!("{address} (invited)"), "(nobody)");
        let step = Step::update(call, vec![change]).counted(self.guard_mark(&format!("invited/{email}")));
        self.add_removal(step, before);
        Ok(())
    }

    /// Adds a call that takes a person out. `before`: the person's entry in status, which says first that the person leaves.
    fn add_removal(&mut self, step: Step, before: Option<&MemberStatus>) {
        let step = step.under(Self::lock(self.team));
        let Some(MemberStatus { email, leaving_time, .. }) = before else { return self.changes.removals.push(step) };
        let is_recorded = leaving_time.is_some_and(|time| time >= self.context.write_ahead_valid_since());
        self.changes.is_leaving_unrecorded |= !is_recorded;
        self.changes.leaving.push(email.clone());
        self.changes.removals.push(step.recorded_at(*leaving_time));
    }

    /// What the deletion guard knows one withdrawal or removal by.
    fn guard_mark(&self, subject: &str) -> String {
        fingerprint(self.team.as_str(), subject).chars().take(16).collect()
    }

    /// No list shows the person. The entry is kept until absence is proven, also after a call of ours that was answered as done: who is
    /// forgotten too early stays in the team for ever.
    fn keep_until_absent(&mut self, before: &MemberStatus) -> Result<(), Need> {
        if let Some(again) = self.unproven_absence(before)? {
            self.check_again(again);
            let leaving_time = before.leaving_time.or(Some(self.context.as_of));
            self.changes.keep(MemberStatus { leaving_time, ..before.clone() });
        }
        Ok(())
    }

    /// When to look again whether a person is neither a member nor invited, whom no list shows; `None` if that is proven.
    ///
    /// # Errors
    /// A list that must be read first.
    pub(crate) fn unproven_absence(&self, before: &MemberStatus) -> Result<Option<Timestamp>, Need> {
        // Another process may have invited the person after the last read of this one.
        let invited = before.invited_time.unwrap_or(Timestamp::MIN);
        let mut unproven = None;
        for address in addresses(before) {
            let (since, members) = (self.invited_until(&address).max(invited), Collection::Members(self.team.clone()));
            let member = self.listed_absence(self.members, &address, since, &members)?;
            // An answered invitation stays in its list.
            let invitation = if self.invitations.get(&address).is_some() {
                Absence::Proven
            } else {
                let invitations = Collection::Invitations(self.team.clone());
                self.listed_absence(self.invitations, &address, invited, &invitations)?
            };
            unproven = [member, invitation].iter().filter_map(Absence::look_again_at).chain(unproven).min();
        }
        Ok(unproven)
    }

    /// The invitation was written ahead by a process that ended: the list shows after the read lag whether there is one to withdraw.
    fn resolve_unsent(&mut self, before: &MemberStatus) -> Result<(), Need> {
        let recorded = before.invited_time.unwrap_or(self.context.as_of);
        let until = self.context.resolvable_at(recorded);
        if self.context.as_of < until {
            self.check_again(until);
            self.changes.keep(before.clone());
            return Ok(());
        }
        self.context.inventory.invitations(self.team, until)?;
        // Who was invited may have accepted, and the list of members may lag behind.
        self.keep_until_absent(before)
    }

    fn take_out_member(&mut self, member: &ObservedMember, before: Option<&MemberStatus>) -> Result<(), Need> {
        self.require_fresh_lists()?;
        // The entry stays, whatever state status had: other Teams must see who is to be moved.
        if let Some(before) = before {
            // Who is listed again may have another address by then.
            let customer_id = Some(member.id.to_string());
            self.changes.keep(MemberStatus { state: MemberState::Active, customer_id, ..before.clone() });
        }
        let mut subjects = before.map(addresses).unwrap_or_default();
        subjects.extend((!subjects.contains(&member.email)).then(|| member.email.clone()));
        let others = subjects.iter().flat_map(|subject| self.other_teams(subject)).filter(|other| other.lists);
        let other = others.min_by_key(|other| other.is_passive);
        let pause = self.wait_for_other_teams().filter(|_| other.as_ref().is_none_or(|other| other.team.is_none()));
        if pause.is_some() {
            self.changes.wait = pause;
            return Ok(());
        }
        if self.is_kept_as_last_manager(self.members, member) {
            self.changes.last_manager = Some(member.email.clone());
            return Ok(());
        }
        if let Some(name) = other.as_ref().filter(|other| other.is_passive).map(|other| other.name.clone()) {
            self.wait_for_passive(name, &member.email);
            return Ok(());
        }
        let step = match other.map(|other| (other.team, other.role)) {
            Some((Some(target), role)) => move_step(self.team, member, role, &target),
            // The other Team has no team yet. Its first external id triggers this reconciler.
            Some((None, _)) => return Ok(()),
            None => {
                let call = PinghomeCall::RemoveMember { team: self.team.clone(), member: member.id.clone() };
                let step = Step::update(call, vec![Change::of("members", &member.email, "(nobody)")]);
                step.counted(self.guard_mark(&member.email)).unless_wanted(subjects)
            }
        };
        self.add_removal(step, before);
        Ok(())
    }

    /// Moves a listed person out of the Team that gives the person up; returns whether there is such a Team.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn move_in(&mut self, wanted: &Member, email: &str) -> Result<bool, Need> {
        let others: Vec<_> = self.other_teams(email).filter(|other| !other.lists).collect();
        for OtherTeam { name, team, lists: _, role: _, customer_id, is_passive } in others {
            let Some(from) = team.filter(|from| from != self.team) else { continue };
            let Some(members) = self.context.inventory.members(&from, self.context.create_freshness())? else {
                continue;
            };
            let Some(member) = by_customer(members, customer_id.as_deref()).or_else(|| members.get(email)) else {
                let Some(until) = self.absence(&from, members, email)?.look_again_at() else { continue };
                self.changes.wait = Some(Wait { until, reason: WaitReason::PreviousTeamUncertain });
                return Ok(true);
            };
            if member.is_untouchable(self.own) {
                self.changes.note_role(member, self.own);
                continue;
            }
            if is_passive {
                self.wait_for_passive(name, &wanted.email);
            } else if self.is_kept_as_last_manager(members, member) {
                self.changes.last_manager = Some(wanted.email.clone());
            } else {
                let step = move_step(&from, member, wanted.role, self.team).under(Self::lock(&from));
                self.changes.steps.push(step);
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Whether a member stays a manager of the team, since nobody else manages it and nobody allowed that.
    pub(crate) fn is_kept_as_last_manager(&self, members: &Listing<ObservedMember>, member: &ObservedMember) -> bool {
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
