//! What a successful write does to each collection. No IO.

pub(crate) mod accounts;
pub(crate) mod members;

use jiff::Timestamp;

use crate::inventory::Inventory;
use crate::inventory::effect::Effect;
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::model::channel::Channel;
use crate::provider::model::ids::{Owner, ServiceId};

impl Inventory {
    /// What a write did, given what is known now.
    pub(crate) fn effects(&self, call: &Call, answer: &Answer, at: Timestamp) -> Vec<Effect> {
        match call {
            Call::Pinghome(call) => self.pinghome_effects(call, answer, at),
            Call::NodePing(call) => accounts::effects(call, answer),
        }
    }

    fn pinghome_effects(
        &self,
        call: &crate::provider::pinghome::call::Call,
        answer: &Answer,
        at: Timestamp,
    ) -> Vec<Effect> {
        use crate::provider::pinghome::call::Call as P;
        match call {
            P::CreateTeam { .. } => match answer {
                Answer::CreatedTeam(team) => vec![Effect::TeamMade(team.clone())],
                _ => Vec::new(),
            },
            P::RenameTeam { team, name } => vec![Effect::TeamNamed { id: team.clone(), name: name.clone() }],
            P::DeleteTeam { team } => vec![Effect::TeamGone { id: team.clone() }],
            P::CreateService { name, team } => created(answer).and_then(ServiceId::parse).map_or_else(Vec::new, |id| {
                vec![
                    Effect::ServiceMade { team: team.clone(), id: id.clone(), name: name.clone() },
                    Effect::ServiceReadMade { id, name: name.clone() },
                ]
            }),
            P::RenameService { service: id, name } => vec![
                Effect::ServiceNamed { id: id.clone(), name: name.clone() },
                Effect::ServiceReadNamed { id: id.clone(), name: name.clone() },
            ],
            P::DeleteService { service: id } => {
                vec![Effect::ServiceGone { id: id.clone() }, Effect::ServiceReadGone { id: id.clone() }]
            }
            P::UpdateCustomer { name, surname } => {
                vec![Effect::CustomerNamed { name: name.clone(), surname: surname.clone() }]
            }
            P::ConfirmUsername { email, .. } => vec![Effect::UsernameConfirmed { email: email.clone() }],
            other => [self.channel_effects(other), self.person_effects(other, at)].concat(),
        }
    }

    fn channel_effects(&self, call: &crate::provider::pinghome::call::Call) -> Vec<Effect> {
        use crate::provider::pinghome::call::Call as P;
        match call {
            P::CreateChannel { owner, type_, value } => {
                // The next free position (PU9), until a read tells.
                let last = self.channels.get(owner).and_then(|channels| channels.items().map(|c| c.priority).max());
                let channel = Channel::new(type_, value.clone(), last.unwrap_or(0) + 1, None, Some(false));
                vec![Effect::ChannelMade { owner: owner.clone(), channel }]
            }
            P::UpdateChannel { owner, value, priority } => self.positional(owner, *priority, |owner, key| {
                Effect::ChannelReplaced { owner, key, value: value.clone() }
            }),
            P::EnableChannel { owner, enabled, priority } => {
                self.positional(owner, *priority, |owner, key| Effect::ChannelEnabled { owner, key, enabled: *enabled })
            }
            P::VerifyChannel { owner, priority, .. } => {
                self.positional(owner, *priority, |owner, key| Effect::ChannelVerified { owner, key })
            }
            P::DeleteChannel { owner, priority } => {
                self.positional(owner, *priority, |owner, key| Effect::ChannelGone { owner, key })
            }
            _ => Vec::new(),
        }
    }

    /// A positional write is remembered by the identity that stood at the position.
    fn positional(&self, owner: &Owner, priority: i64, effect: impl FnOnce(Owner, String) -> Effect) -> Vec<Effect> {
        let at = self.channels.get(owner).and_then(|channels| channels.at(priority));
        at.map(|channel| effect(owner.clone(), channel.key.clone())).into_iter().collect()
    }
}

pub(crate) fn created(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Created(id) => id.as_deref(),
        _ => None,
    }
}
