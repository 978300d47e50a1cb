//! Membership who should not be in the team any more: moved to the Team that lists them, uninvited, or removed. No IO.

use crate::api::team::members::{Member, MemberState, MemberStatus, Role};
use crate::inventory::collection::Need;
use crate::inventory::listing::Listing;
use crate::plan::absence::Absence;
use crate::plan::kinds::team::membership::changes::{Membership, PREVIOUS_TEAM_UNCERTAIN};
use crate::plan::step::{Change, Step};
use crate::provider::model::channel::fingerprint;
use crate::provider::model::ids::TeamId;
use crate::provider::model::member::{InvitationAnswer, ObservedMember, email_key};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::pinghome::call::PinghomeCall;

type Done = Result<(), Need>;

impl Membership<'_> {
    /// Membership whom the spec listed and does not list now.
    pub(crate) fn withdrawn(&mut self, listed_before: &[MemberStatus]) -> Done {
        for before in listed_before {
            if !self.is_listed(&email_key(&before.email)) {
                self.leaves(&before.email, Some(before))?;
            }
        }
        Ok(())
    }

    /// Membership who are in the team or invited to it and were never listed.
    pub(crate) fn remove_unlisted(&mut self) -> Done {
        let members = self.members.items().map(|member| &member.email);
        let invited = self.invitations.items().map(|invitation| &invitation.email);
        let mut others: Vec<_> = members.chain(invited).filter(|email| !self.is_listed(email)).cloned().collect();
        others.sort();
        others.dedup();
        for email in others {
            if self.before(&email).is_none() {
                self.leaves(&email, None)?;
            }
        }
        Ok(())
    }

    fn is_listed(&self, email: &str) -> bool {
        self.resource.spec.members.iter().any(|wanted| email_key(&wanted.email) == email)
    }

    fn leaves(&mut self, address: &str, before: Option<&MemberStatus>) -> Done {
        let email = email_key(address);
        if let Some(member) = self.members.get(&email).cloned() {
            return if member.is_untouchable(self.own) { Ok(()) } else { self.member_leaves(&member, before) };
        }
        let is_pending = |answer| answer == InvitationAnswer::Pending;
        if self.invitations.get(&email).is_some_and(|invitation| is_pending(invitation.answer)) {
            self.is_fresh()?;
            let call = PinghomeCall::Uninvite { team: self.team.clone(), channel_value: Sensitive::new(address) };
            let change = Change::of("members", &format!("{address} (invited)"), "(nobody)");
            self.result.leaving.push(Step::update(call, vec![change]).under(Self::lock(self.team)));
            self.result.entries.extend(before.cloned());
            return Ok(());
        }
        match before {
            Some(before) if before.unconfirmed => self.unsent(before),
            Some(before) if !self.invitations.is_taken_out(&email) => self.unseen(before, &email),
            _ => Ok(()),
        }
    }

    /// Was here or was asked, and no list shows it: who is forgotten too early stays in the team for ever.
    fn unseen(&mut self, before: &MemberStatus, email: &str) -> Done {
        match self.absence(self.team, self.members, email)? {
            Absence::Proven => return Ok(()),
            Absence::NotBefore(until) => self.look_again(until),
        }
        self.result.entries.push(before.clone());
        Ok(())
    }

    /// Recorded by somebody who ended: the list tells after the lag whether there is something to withdraw.
    fn unsent(&mut self, before: &MemberStatus) -> Done {
        let recorded = before.invited_time.unwrap_or(self.context.as_of);
        let until = self.context.resolvable_at(recorded);
        if self.context.as_of < until {
            self.look_again(until);
            self.result.entries.push(before.clone());
            return Ok(());
        }
        self.inventory.invitations(self.team, until).map(drop)
    }

    fn member_leaves(&mut self, member: &ObservedMember, before: Option<&MemberStatus>) -> Done {
        self.is_fresh()?;
        // Whatever status says: other Teams must see who is to be moved.
        self.result.entries.extend(before.map(|before| MemberStatus { state: MemberState::Active, ..before.clone() }));
        let other = self.other_teams(&member.email).find(|other| other.lists);
        let pause = self.pause().filter(|_| other.as_ref().is_none_or(|other| other.team.is_none()));
        if pause.is_some() {
            self.result.waits = pause;
            return Ok(());
        }
        if self.is_last_manager(self.members, member) {
            self.result.last_manager = Some(member.email.clone());
            return Ok(());
        }
        let step = match other.map(|other| (other.team, other.role)) {
            Some((Some(target), role)) => moved(self.team, member, role, &target),
            // The other Team has no team yet; it wakes this one when it has.
            Some((None, _)) => return Ok(()),
            None => {
                let call = PinghomeCall::RemoveMember { team: self.team.clone(), member: member.id.clone() };
                let mark = fingerprint(self.team.as_str(), &member.email).chars().take(16).collect::<String>();
                let step = Step::update(call, vec![Change::of("members", &member.email, "(nobody)")]);
                step.counted(mark).unless_wanted(email_key(&member.email))
            }
        };
        self.result.leaving.push(step.under(Self::lock(self.team)));
        Ok(())
    }

    /// Moves a listed person out of the Team that gives the person up; says whether there is such a Team.
    pub(crate) fn moves_in(&mut self, wanted: &Member, email: &str) -> Result<bool, Need> {
        let others: Vec<_> = self.other_teams(email).filter(|other| !other.lists).collect();
        for from in others.into_iter().filter_map(|other| other.team).filter(|from| from != self.team) {
            let Some(members) = self.inventory.members(&from, self.context.create_freshness())? else { continue };
            let Some(member) = members.get(email) else {
                match self.absence(&from, members, email)? {
                    Absence::Proven => continue,
                    Absence::NotBefore(until) => self.result.waits = Some((until, PREVIOUS_TEAM_UNCERTAIN)),
                }
                return Ok(true);
            };
            if member.is_untouchable(self.own) {
                continue;
            }
            if self.is_last_manager(members, member) {
                self.result.last_manager = Some(wanted.email.clone());
            } else {
                let step = moved(&from, member, wanted.role, self.team).under(Self::lock(&from));
                self.result.steps.push(step);
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn is_last_manager(&self, members: &Listing<ObservedMember>, member: &ObservedMember) -> bool {
        let others = members.items().filter(|other| other.is_manager() && other.id != member.id).count();
        member.is_manager() && others == 0 && !self.context.passes_guards()
    }
}

/// One call that takes a person from one team into another.
fn moved(from: &TeamId, member: &ObservedMember, role: Option<Role>, to: &TeamId) -> Step {
    let role = role.map_or_else(|| member.role.clone(), |role| role.as_str().to_owned());
    let change = Change::of("members", &format!("{} in {from}", member.email), &format!("{} in {to}", member.email));
    let call = PinghomeCall::UpdateMember { team: from.clone(), member: member.id.clone(), role, new_team: to.clone() };
    Step::update(call, vec![change])
}
