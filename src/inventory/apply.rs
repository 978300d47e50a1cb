//! Applying an effect to what is known; the answer is whether anything changed. No IO.

use jiff::Timestamp;

use crate::inventory::Inventory;
use crate::inventory::channels::Channels;
use crate::inventory::effect::Effect;
use crate::inventory::item::Item;
use crate::inventory::listing::Listing;
use crate::inventory::observed::Single;
use crate::provider::model::account::{AccountDetail, AccountEntry};
use crate::provider::model::channel::Channel;
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::ids::{AccountId, ChannelOwner, CustomerId, ServiceId, TeamId};
use crate::provider::model::member::{Invitation, InvitationAnswer};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::model::service::ObservedService;

impl Inventory {
    pub(crate) fn apply(&mut self, effect: &Effect, at: Timestamp) -> bool {
        match effect {
            Effect::TeamMade(team) => put(self.teams.as_mut(), || team.clone(), team.id.as_str()),
            Effect::TeamNamed { id, name } => {
                edit(self.teams.as_mut(), id.as_str(), |team| name.clone_into(&mut team.name))
            }
            Effect::TeamGone { id } => self.teams.as_mut().is_some_and(|teams| teams.remove(id.as_str(), at)),
            Effect::AccountMade(entry) => put(self.accounts.as_mut(), || entry.clone(), entry.id.as_str()),
            Effect::AccountChanged { id, name, status } => edit(self.accounts.as_mut(), id.as_str(), |item| {
                if let Some(name) = name {
                    name.clone_into(&mut item.name);
                }
                if status.is_some() {
                    item.status.clone_from(status);
                }
            }),
            Effect::AccountDeleting { id } => {
                edit(self.accounts.as_mut(), id.as_str(), |item: &mut AccountEntry| item.deleting = true)
            }
            Effect::DetailMade(detail) => {
                let slot = self.account.entry(detail.id.clone()).or_insert(Single {
                    value: None,
                    read_at: at,
                    absent_since: None,
                });
                let absent = slot.value.is_none();
                slot.value.get_or_insert_with(|| detail.as_ref().clone());
                absent
            }
            Effect::DetailChanged { id, settings } => self.edit_detail(id, |detail| settings.apply(detail)),
            Effect::AutoDiagSent { id, auto_diag } => {
                self.edit_detail(id, |detail| detail.auto_diag = Some(*auto_diag))
            }
            Effect::Suppressed { id, suppressed } => self.edit_detail(id, |detail| detail.suppressed = *suppressed),
            Effect::MailSeen { id, email_me } => self.edit_detail(id, |detail| detail.email_me = *email_me),
            Effect::DetailDoubted { id } => self.account.remove(id).is_some(),
            Effect::CustomerNamed { name, surname } => self.edit_customer(|customer| {
                customer.name = Some(name.clone());
                customer.surname = Some(surname.clone());
                customer.full_name = Some(format!("{name} {surname}"));
            }),
            Effect::UsernameConfirmed { email } => self.edit_customer(|customer| customer.email = Some(email.clone())),
            below_team => self.apply_below_team(below_team, at),
        }
    }

    fn apply_below_team(&mut self, effect: &Effect, at: Timestamp) -> bool {
        match effect {
            Effect::ServiceMade { team, id, name } => {
                put(self.services.get_mut(team), || service(id, name), id.as_str())
            }
            Effect::ServiceNamed { id, name } => self
                .services
                .values_mut()
                .any(|listing| edit(Some(listing), id.as_str(), |item| name.clone_into(&mut item.name))),
            Effect::ServiceGone { id } => self.services.values_mut().any(|listing| listing.remove(id.as_str(), at)),
            Effect::ServiceReadMade { id, name } => {
                let slot =
                    self.service.entry(id.clone()).or_insert(Single { value: None, read_at: at, absent_since: None });
                let absent = slot.value.is_none();
                slot.value.get_or_insert_with(|| service(id, name));
                absent
            }
            Effect::ServiceReadNamed { id, name } => {
                let item = self.service.get_mut(id).and_then(|single| single.value.as_mut());
                item.is_some_and(|item| changed(item, |item| name.clone_into(&mut item.name)))
            }
            Effect::ServiceReadGone { id } => {
                self.service.get_mut(id).is_some_and(|single| single.value.take().is_some())
            }
            Effect::ChannelMade { owner, channel } => {
                put(self.listing(owner), || channel.clone(), channel.key.as_str())
            }
            Effect::ChannelReplaced { owner, key, value } => self.replace_channel(owner, key, value, at),
            Effect::ChannelEnabled { owner, key, enabled } => {
                edit(self.listing(owner), key, |channel| channel.enabled = Some(*enabled))
            }
            Effect::ChannelVerified { owner, key } => {
                edit(self.listing(owner), key, |channel| channel.verified = Some(true))
            }
            Effect::ChannelGone { owner, key } => self.listing(owner).is_some_and(|listing| listing.remove(key, at)),
            person => self.apply_to_person(person, at),
        }
    }

    fn apply_to_person(&mut self, effect: &Effect, at: Timestamp) -> bool {
        match effect {
            Effect::Invited { team, email, before } => {
                let listing = self.invitations.get_mut(team);
                let is_missed = |known: &Invitation| Some(known.answer) == *before;
                let Some(listing) = listing.filter(|listing| listing.get(email).is_none_or(is_missed)) else {
                    return false;
                };
                let (email, answer) = (email.clone(), InvitationAnswer::Pending);
                listing.put(Invitation { email, answer, reminded: None });
                true
            }
            Effect::Uninvited { team, email } => {
                self.invitations.get_mut(team).is_some_and(|listing| listing.remove(email, at))
            }
            Effect::Reminded { team, email, at } => edit(self.invitations.get_mut(team), email, |invitation| {
                invitation.reminded.get_or_insert_with(|| at.clone());
            }),
            Effect::MemberJoined { team, member } => put(self.members.get_mut(team), || member.clone(), &member.email),
            Effect::RoleGiven { team, id, role } => {
                let email = self.email_of(team, id);
                edit(self.members.get_mut(team), &email, |member| role.clone_into(&mut member.role))
            }
            Effect::MemberGone { team, id } => {
                let email = self.email_of(team, id);
                self.members.get_mut(team).is_some_and(|listing| listing.remove(&email, at))
            }
            _ => false,
        }
    }

    pub(crate) fn email_of(&self, team: &TeamId, id: &CustomerId) -> String {
        let listing = self.members.get(team);
        let member = listing.and_then(|listing| listing.items().find(|member| member.id == *id));
        member.map(|member| member.email.clone()).unwrap_or_default()
    }

    fn edit_customer(&mut self, change: impl FnOnce(&mut ObservedCustomer)) -> bool {
        let customer = self.customer.as_mut().and_then(|single| single.value.as_mut());
        customer.is_some_and(|customer| changed(customer, change))
    }

    fn listing(&mut self, owner: &ChannelOwner) -> Option<&mut Listing<Channel>> {
        self.channels.get_mut(owner).map(Channels::listing_mut)
    }

    fn replace_channel(&mut self, owner: &ChannelOwner, key: &str, value: &Sensitive, at: Timestamp) -> bool {
        let Some(listing) = self.listing(owner) else { return false };
        let Some(Channel { type_, priority, enabled, .. }) = listing.get(key).cloned() else { return false };
        listing.remove(key, at);
        listing.put(Channel::new(&type_, value.clone(), priority, enabled, Some(false)));
        true
    }

    fn edit_detail(&mut self, id: &AccountId, change: impl FnOnce(&mut AccountDetail)) -> bool {
        let detail = self.account.get_mut(id).and_then(|single| single.value.as_mut());
        detail.is_some_and(|detail| changed(detail, change))
    }
}

fn service(id: &ServiceId, name: &str) -> ObservedService {
    ObservedService { id: id.clone(), name: name.to_owned(), resources: Some(0), heartbeats: Some(0) }
}

fn put<T: Item>(listing: Option<&mut Listing<T>>, item: impl FnOnce() -> T, id: &str) -> bool {
    let Some(listing) = listing.filter(|listing| listing.get(id).is_none()) else { return false };
    listing.put(item());
    true
}

fn edit<T: Item + Clone + PartialEq>(listing: Option<&mut Listing<T>>, id: &str, change: impl FnOnce(&mut T)) -> bool {
    let Some(listing) = listing else { return false };
    let Some(mut item) = listing.get(id).cloned() else { return false };
    let differs = changed(&mut item, change);
    if differs {
        listing.put(item);
    }
    differs
}

fn changed<T: Clone + PartialEq>(item: &mut T, change: impl FnOnce(&mut T)) -> bool {
    let before = item.clone();
    change(item);
    *item != before
}
