//! Applying an effect to what is known. The result says whether anything changed. No IO.

use std::collections::HashMap;
use std::hash::Hash;

use jiff::Timestamp;

use crate::inventory::Inventory;
use crate::inventory::channels::Channels;
use crate::inventory::effect::{
    AccountEffect, ChannelEffect, CustomerEffect, DetailEffect, Effect, InvitationEffect, MemberEffect, ServiceEffect,
    TeamEffect,
};
use crate::inventory::item::Item;
use crate::inventory::listing::Listing;
use crate::inventory::observed::Observed;
use crate::provider::model::account::AccountEntry;
use crate::provider::model::channel::Channel;
use crate::provider::model::ids::{CustomerId, ServiceId, TeamId};
use crate::provider::model::member::{Invitation, InvitationAnswer};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::model::service::{ObservedService, ServiceSettings};

impl Inventory {
    /// Applies an effect; `at` is when the write ended. A collection that was never read is left unknown.
    pub(crate) fn apply(&mut self, effect: &Effect, at: Timestamp) -> bool {
        match effect {
            Effect::Customer(effect) => edit_observed(self.customer.as_mut(), |customer| match effect {
                CustomerEffect::Renamed { name, surname } => {
                    customer.name = Some(name.clone());
                    customer.surname = Some(surname.clone());
                    customer.full_name = Some(format!("{name} {surname}"));
                }
                CustomerEffect::UsernameConfirmed { email } => customer.email = Some(email.clone()),
            }),
            Effect::Teams { id, effect } => {
                let (teams, id) = (self.teams.as_mut(), id.as_str());
                match effect {
                    TeamEffect::Created(team) => add(teams, id, || team.clone()),
                    TeamEffect::Updated(settings) => edit(teams, id, |team| settings.clone_into(&mut team.settings)),
                    TeamEffect::Deleted => remove(teams, id, at),
                }
            }
            Effect::Members { team, id, effect } => match effect {
                // The list may show the person under another address by now.
                MemberEffect::Joined(_) if self.is_member(team, id) => false,
                MemberEffect::Joined(member) => add(self.members.get_mut(team), &member.email, || member.clone()),
                MemberEffect::RoleGiven(role) => {
                    let email = self.email_of(team, id);
                    edit(self.members.get_mut(team), &email, |member| role.clone_into(&mut member.role))
                }
                MemberEffect::Left => {
                    let email = self.email_of(team, id);
                    remove(self.members.get_mut(team), &email, at)
                }
            },
            Effect::Invitations { team, email, effect } => {
                let invitations = self.invitations.get_mut(team);
                match effect {
                    InvitationEffect::Invited { address, before } => invite(invitations, email, address, *before),
                    InvitationEffect::Uninvited => remove(invitations, email, at),
                    InvitationEffect::Reminded { at } => edit(invitations, email, |invitation| {
                        invitation.reminded.get_or_insert_with(|| at.clone());
                    }),
                }
            }
            Effect::Services { team, id, effect } => {
                let services = self.services.get_mut(team);
                match effect {
                    ServiceEffect::Created(settings) => add(services, id.as_str(), || created_service(id, settings)),
                    ServiceEffect::Updated(settings) => {
                        edit(services, id.as_str(), |service| settings.clone_into(&mut service.settings))
                    }
                    ServiceEffect::Deleted => remove(services, id.as_str(), at),
                }
            }
            Effect::Service { id, effect } => match effect {
                ServiceEffect::Created(settings) => fill(&mut self.service, id, at, || created_service(id, settings)),
                ServiceEffect::Updated(settings) => {
                    edit_observed(self.service.get_mut(id), |service| settings.clone_into(&mut service.settings))
                }
                ServiceEffect::Deleted => {
                    self.service.get_mut(id).is_some_and(|service| service.value.take().is_some())
                }
            },
            Effect::Channels { owner, key, effect } => {
                let channels = self.channels.get_mut(owner).map(Channels::listing_mut);
                match effect {
                    ChannelEffect::Created(channel) => add(channels, key, || channel.clone()),
                    ChannelEffect::AddressReplaced(value) => replace_address(channels, key, value, at),
                    ChannelEffect::Enabled(enabled) => edit(channels, key, |channel| channel.enabled = Some(*enabled)),
                    ChannelEffect::Verified => edit(channels, key, |channel| channel.verified = Some(true)),
                    ChannelEffect::Deleted => remove(channels, key, at),
                }
            }
            Effect::Accounts { id, effect } => {
                let (accounts, id) = (self.accounts.as_mut(), id.as_str());
                match effect {
                    AccountEffect::Created(account) => add(accounts, id, || account.clone()),
                    AccountEffect::Updated { name, status } => edit(accounts, id, |account| {
                        account.name = name.clone().unwrap_or_else(|| account.name.clone());
                        account.status = status.clone().or(account.status.take());
                    }),
                    AccountEffect::Deleting => edit(accounts, id, |account: &mut AccountEntry| account.deleting = true),
                }
            }
            Effect::Account { id, effect } => {
                let account = self.account.get_mut(id);
                match effect {
                    DetailEffect::Created(detail) => fill(&mut self.account, id, at, || detail.as_ref().clone()),
                    DetailEffect::Updated(settings) => edit_observed(account, |detail| settings.apply(detail)),
                    DetailEffect::AutoDiagSent(sent) => edit_observed(account, |detail| detail.auto_diag = Some(*sent)),
                    DetailEffect::Suppressed(suppressed) => {
                        edit_observed(account, |detail| detail.suppressed = *suppressed)
                    }
                    DetailEffect::EmailMeShown(email_me) => {
                        edit_observed(account, |detail| detail.email_me = *email_me)
                    }
                    DetailEffect::Forgotten => self.account.remove(id).is_some(),
                }
            }
        }
    }

    fn is_member(&self, team: &TeamId, id: &CustomerId) -> bool {
        self.members.get(team).is_some_and(|members| members.named(id.as_str()).next().is_some())
    }

    /// The e-mail of a team's member; empty if the member is not known.
    pub(crate) fn email_of(&self, team: &TeamId, id: &CustomerId) -> String {
        let members = self.members.get(team);
        members.and_then(|members| members.named(id.as_str()).next()).map(str::to_owned).unwrap_or_default()
    }
}

fn created_service(id: &ServiceId, settings: &ServiceSettings) -> ObservedService {
    // The answer may have had the id of another one, of which nothing is known.
    let (id, settings) = (id.clone(), settings.clone());
    ObservedService { id, settings, resources: None, heartbeats: None, is_assumed: true }
}

/// Adds a pending invitation, unless the list shows an invitation that is newer than the write.
fn invite(
    listing: Option<&mut Listing<Invitation>>,
    email: &str,
    address: &str,
    before: Option<InvitationAnswer>,
) -> bool {
    let is_missed = |known: &Invitation| Some(known.answer) == before;
    let Some(listing) = listing.filter(|listing| listing.get(email).is_none_or(is_missed)) else { return false };
    let (email, address) = (email.to_owned(), address.to_owned());
    listing.put(Invitation { email, address, answer: InvitationAnswer::Pending, reminded: None });
    true
}

fn replace_address(listing: Option<&mut Listing<Channel>>, key: &str, value: &Sensitive, at: Timestamp) -> bool {
    let Some(listing) = listing else { return false };
    let Some(channel) = listing.get(key).cloned() else { return false };
    let Channel { key: _, type_, value: _, priority, enabled, verified: _ } = channel;
    listing.remove(key, at);
    listing.put(Channel::new(&type_, value.clone(), priority, enabled, Some(false)));
    true
}

/// Adds an item that the list does not have.
fn add<T: Item>(listing: Option<&mut Listing<T>>, id: &str, item: impl FnOnce() -> T) -> bool {
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

fn remove<T: Item>(listing: Option<&mut Listing<T>>, id: &str, at: Timestamp) -> bool {
    listing.is_some_and(|listing| listing.remove(id, at))
}

/// Sets an object of which no read has shown a value.
fn fill<K: Clone + Eq + Hash, T>(
    all: &mut HashMap<K, Observed<T>>,
    id: &K,
    at: Timestamp,
    value: impl FnOnce() -> T,
) -> bool {
    let observed = all.entry(id.clone()).or_insert(Observed { value: None, read_at: at, absent_since: None });
    let is_absent = observed.value.is_none();
    observed.value.get_or_insert_with(value);
    is_absent
}

fn edit_observed<T: Clone + PartialEq>(observed: Option<&mut Observed<T>>, change: impl FnOnce(&mut T)) -> bool {
    observed.and_then(|observed| observed.value.as_mut()).is_some_and(|value| changed(value, change))
}

fn changed<T: Clone + PartialEq>(item: &mut T, change: impl FnOnce(&mut T)) -> bool {
    let before = item.clone();
    change(item);
    *item != before
}
