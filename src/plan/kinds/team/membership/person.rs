//! Which member of the team is which person: by customer id once the person was seen there, else by e-mail. No IO.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::team::members::{Member, MemberStatus};
use crate::inventory::listing::Listing;
use crate::plan::kinds::team::membership::planner::{MembershipPlanner, recorded_members};
use crate::provider::model::member::{ObservedMember, email_key};

/// Status takes addresses of so many characters.
pub(crate) const LONGEST_EMAIL: usize = 254;

impl MembershipPlanner<'_> {
    /// The member who is the person of an entry of the spec, whose entry in status is `before`.
    pub(crate) fn member_of(&self, email: &str, before: Option<&MemberStatus>) -> Option<&ObservedMember> {
        listed_member(self.members, email, before)
    }

    /// The member who is the person of an entry of status. Somebody else who has the address by now is not.
    pub(crate) fn recorded_member(&self, before: &MemberStatus) -> Option<&ObservedMember> {
        match before.customer_id.as_deref() {
            Some(id) => by_customer(self.members, Some(id)),
            None => self.members.get(&email_key(&before.email)),
        }
    }

    /// Whether the spec lists this address.
    pub(crate) fn is_listed(&self, email: &str) -> bool {
        self.listed.iter().any(|wanted| email_key(&wanted.email) == email)
    }

    /// Whether the spec lists this member, under whatever address the person was seen.
    pub(crate) fn is_listed_member(&self, member: &ObservedMember) -> bool {
        let is_same = |entry: &MemberStatus| entry.customer_id.as_deref() == Some(member.id.as_str());
        let mut recorded = recorded_members(self.resource, self.team).iter();
        self.is_listed(&member.email)
            || recorded.any(|entry| is_same(entry) && self.is_listed(&email_key(&entry.email)))
    }

    /// The members whom the spec never listed, and who may be removed; by e-mail.
    pub(crate) fn strangers(&self) -> Vec<ObservedMember> {
        self.never_listed().into_iter().filter(|member| !member.is_untouchable(self.own)).collect()
    }

    /// The members whom the spec never listed, and who must not be removed; by e-mail.
    pub(crate) fn untouchable_strangers(&self) -> Vec<ObservedMember> {
        self.never_listed().into_iter().filter(|member| member.is_untouchable(self.own)).collect()
    }

    /// The members whom the spec never listed; by e-mail.
    fn never_listed(&self) -> Vec<ObservedMember> {
        let recorded = recorded_members(self.resource, self.team);
        let is_known = |member: &ObservedMember| {
            let is_same = |entry: &MemberStatus| {
                entry
                    .customer_id
                    .as_deref()
                    .map_or_else(|| email_key(&entry.email) == member.email, |id| id == member.id.as_str())
            };
            self.is_listed_member(member) || recorded.iter().any(is_same)
        };
        let mut others: Vec<_> = self.members.items().filter(|member| !is_known(member)).cloned().collect();
        others.sort_by(|one, other| one.email.cmp(&other.email));
        others
    }
}

/// Whether all whom the spec lists are in the team, and nobody is to be taken out whom it listed before. The invitations to such a team
/// say nothing of interest.
pub(crate) fn everybody_is_in(listed: &[Member], recorded: &[MemberStatus], members: &Listing<ObservedMember>) -> bool {
    let recorded: BTreeMap<_, _> = recorded.iter().map(|entry| (email_key(&entry.email), entry)).collect();
    let wanted: BTreeSet<_> = listed.iter().map(|member| email_key(&member.email)).collect();
    let is_in = |email: &String| {
        let before = recorded.get(email).copied();
        let leaves = before.is_some_and(|entry| entry.leaving_time.is_some());
        !leaves && listed_member(members, email, before).is_some()
    };
    recorded.keys().all(|email| wanted.contains(email)) && wanted.iter().all(is_in)
}

/// The member who is the person of an entry of the spec, whose entry in status is `before`.
fn listed_member<'a>(
    members: &'a Listing<ObservedMember>,
    email: &str,
    before: Option<&MemberStatus>,
) -> Option<&'a ObservedMember> {
    by_customer(members, before.and_then(|before| before.customer_id.as_deref())).or_else(|| members.get(email))
}

/// The member with this customer id.
pub(crate) fn by_customer<'a>(members: &'a Listing<ObservedMember>, id: Option<&str>) -> Option<&'a ObservedMember> {
    members.named(id?).next().and_then(|email| members.get(email))
}

/// The addresses under which a person is surely known, in lower case: the listed one, and the present one.
pub(crate) fn addresses(entry: &MemberStatus) -> Vec<String> {
    let present = entry.current_email.as_deref().filter(|_| entry.customer_id.is_some());
    [Some(entry.email.as_str()), present].into_iter().flatten().map(email_key).collect()
}
