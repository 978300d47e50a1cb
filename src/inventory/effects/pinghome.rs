//! The effects of Pinghome's calls. No IO.

use jiff::Timestamp;

use crate::inventory::Inventory;
use crate::inventory::effect::{
    ChannelEffect, CustomerEffect, Effect, InvitationEffect, MemberEffect, ServiceEffect, TeamEffect,
};
use crate::provider::answer::Answer;
use crate::provider::model::channel::Channel;
use crate::provider::model::ids::{ChannelOwner, CustomerId, ServiceId, TeamId};
use crate::provider::model::member::{MemberRole, ObservedMember, email_key};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::pinghome::call::PinghomeCall;

impl Inventory {
    /// The effects of a call, given what is known before it; `at` is when the call ended.
    pub(crate) fn pinghome_effects(&self, call: &PinghomeCall, answer: &Answer, at: Timestamp) -> Vec<Effect> {
        match call {
            PinghomeCall::UpdateCustomer { name, surname } => {
                vec![Effect::Customer(CustomerEffect::Renamed { name: name.clone(), surname: surname.clone() })]
            }
            PinghomeCall::ConfirmUsername { code: _, email } => {
                vec![Effect::Customer(CustomerEffect::UsernameConfirmed { email: email.clone() })]
            }
            PinghomeCall::CreateChannel { owner, value, type_ } => vec![self.channel_created(owner, value, type_)],
            PinghomeCall::UpdateChannel { owner, value, priority } => {
                self.channel_at(owner, *priority, ChannelEffect::AddressReplaced(value.clone()))
            }
            PinghomeCall::VerifyChannel { owner, code: _, priority } => {
                self.channel_at(owner, *priority, ChannelEffect::Verified)
            }
            PinghomeCall::EnableChannel { owner, enabled, priority } => {
                self.channel_at(owner, *priority, ChannelEffect::Enabled(*enabled))
            }
            PinghomeCall::DeleteChannel { owner, priority } => {
                self.channel_at(owner, *priority, ChannelEffect::Deleted)
            }
            PinghomeCall::CreateTeam { settings: _ } => {
                let Answer::CreatedTeam(team) = answer else { return Vec::new() };
                vec![Effect::Teams { id: team.id.clone(), effect: TeamEffect::Created(team.clone()) }]
            }
            PinghomeCall::RenameTeam { team, settings } => {
                vec![Effect::Teams { id: team.clone(), effect: TeamEffect::Updated(settings.clone()) }]
            }
            PinghomeCall::DeleteTeam { team } => {
                vec![Effect::Teams { id: team.clone(), effect: TeamEffect::Deleted }]
            }
            PinghomeCall::Invite { team, channel_value, channel_type: _ } => {
                let email = email_key(channel_value.expose());
                let known = self.invitations.get(team).and_then(|invitations| invitations.get(&email));
                let before = known.map(|invitation| invitation.answer);
                let address = channel_value.expose().to_owned();
                vec![invitation(team, channel_value, InvitationEffect::Invited { address, before })]
            }
            PinghomeCall::Uninvite { team, channel_value } => {
                vec![invitation(team, channel_value, InvitationEffect::Uninvited)]
            }
            PinghomeCall::RemindInvited { team, channel_value } => {
                vec![invitation(team, channel_value, InvitationEffect::Reminded { at: at.to_string() })]
            }
            PinghomeCall::RemoveMember { team, member } => vec![member_effect(team, member, MemberEffect::Left)],
            PinghomeCall::UpdateMember { team, member, role, new_team } if team == new_team => {
                vec![member_effect(team, member, MemberEffect::RoleGiven(role.clone()))]
            }
            PinghomeCall::UpdateMember { team, member, role, new_team } => {
                self.member_moved(team, member, role, new_team)
            }
            PinghomeCall::CreateService { team, settings } => {
                let Answer::Created(Some(id)) = answer else { return Vec::new() };
                let effect = ServiceEffect::Created(settings.clone());
                ServiceId::parse(id).map_or_else(Vec::new, |id| service_effects([team], &id, &effect))
            }
            PinghomeCall::RenameService { service, settings } => {
                service_effects(self.teams_of(service), service, &ServiceEffect::Updated(settings.clone()))
            }
            PinghomeCall::DeleteService { service } => {
                service_effects(self.teams_of(service), service, &ServiceEffect::Deleted)
            }
            PinghomeCall::ReadCustomer
            | PinghomeCall::ListChannels { .. }
            | PinghomeCall::ListTeams
            | PinghomeCall::ListInvitations { .. }
            | PinghomeCall::ListMembers { .. }
            | PinghomeCall::ListServices { .. }
            | PinghomeCall::ReadService { .. }
            // No read shows a closed account, a mailed code and a test message.
            | PinghomeCall::CloseCustomer { .. }
            | PinghomeCall::ChangeUsername { .. }
            | PinghomeCall::TestChannel { .. } => Vec::new(),
        }
    }

    /// The teams whose lists show a service: a call that changes one does not say it, and after a move an older list may show it, too.
    fn teams_of(&self, service: &ServiceId) -> impl Iterator<Item = &TeamId> {
        self.services.iter().filter(|(_, list)| list.get(service.as_str()).is_some()).map(|(team, _)| team)
    }

    /// The provider adds a channel at the next free position.
    fn channel_created(&self, owner: &ChannelOwner, value: &Sensitive, type_: &str) -> Effect {
        let known = self.channels.get(owner);
        let last = known.and_then(|channels| channels.items().map(|channel| channel.priority).max());
        let channel = Channel::new(type_, value.clone(), last.unwrap_or(0) + 1, None, Some(false));
        Effect::Channels { owner: owner.clone(), key: channel.key.clone(), effect: ChannelEffect::Created(channel) }
    }

    /// The effect of a write to a position. It belongs to the channel that is there now: positions change later.
    fn channel_at(&self, owner: &ChannelOwner, priority: i64, effect: ChannelEffect) -> Vec<Effect> {
        let channel = self.channels.get(owner).and_then(|channels| channels.at(priority));
        let key = channel.map(|channel| channel.key.clone());
        key.map(|key| Effect::Channels { owner: owner.clone(), key, effect }).into_iter().collect()
    }

    fn member_moved(&self, team: &TeamId, id: &CustomerId, role: &MemberRole, new_team: &TeamId) -> Vec<Effect> {
        let known = self.members.get(team).and_then(|members| members.items().find(|member| member.id == *id));
        let joined = known.map(|member| {
            let member = ObservedMember { email: member.email.clone(), id: id.clone(), role: role.clone() };
            member_effect(new_team, id, MemberEffect::Joined(member))
        });
        joined.into_iter().chain([member_effect(team, id, MemberEffect::Left)]).collect()
    }
}

fn invitation(team: &TeamId, channel_value: &Sensitive, effect: InvitationEffect) -> Effect {
    Effect::Invitations { team: team.clone(), email: email_key(channel_value.expose()), effect }
}

fn member_effect(team: &TeamId, id: &CustomerId, effect: MemberEffect) -> Effect {
    Effect::Members { team: team.clone(), id: id.clone(), effect }
}

/// A service is shown by the list of its team, and by the read of its id.
fn service_effects<'a>(
    teams: impl IntoIterator<Item = &'a TeamId>,
    id: &ServiceId,
    effect: &ServiceEffect,
) -> Vec<Effect> {
    let listed = |team: &TeamId| Effect::Services { team: team.clone(), id: id.clone(), effect: effect.clone() };
    let single = Effect::Service { id: id.clone(), effect: effect.clone() };
    teams.into_iter().map(listed).chain([single]).collect()
}
