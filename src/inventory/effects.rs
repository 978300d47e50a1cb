//! What a successful write does to each collection. No IO.

pub(crate) mod accounts;
pub(crate) mod members;

use jiff::Timestamp;

use crate::inventory::Inventory;
use crate::inventory::effect::Effect;
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::model::channel::Channel;
use crate::provider::model::ids::{ChannelOwner, ServiceId};
use crate::provider::pinghome::call::PinghomeCall;

impl Inventory {
    /// What a write did, given what is known now.
    pub(crate) fn effects(&self, call: &Call, answer: &Answer, at: Timestamp) -> Vec<Effect> {
        match call {
            Call::Pinghome(call) => self.pinghome_effects(call, answer, at),
            Call::NodePing(call) => accounts::effects(call, answer),
        }
    }

    fn pinghome_effects(&self, call: &PinghomeCall, answer: &Answer, at: Timestamp) -> Vec<Effect> {
        use crate::provider::pinghome::call::PinghomeCall;
        match call {
            PinghomeCall::CreateTeam { .. } => match answer {
                Answer::CreatedTeam(team) => vec![Effect::TeamMade(team.clone())],
                _ => Vec::new(),
            },
            PinghomeCall::RenameTeam { team, name } => vec![Effect::TeamNamed { id: team.clone(), name: name.clone() }],
            PinghomeCall::DeleteTeam { team } => vec![Effect::TeamGone { id: team.clone() }],
            PinghomeCall::CreateService { name, team } => {
                created(answer).and_then(ServiceId::parse).map_or_else(Vec::new, |id| {
                    vec![
                        Effect::ServiceMade { team: team.clone(), id: id.clone(), name: name.clone() },
                        Effect::ServiceReadMade { id, name: name.clone() },
                    ]
                })
            }
            PinghomeCall::RenameService { service: id, name } => vec![
                Effect::ServiceNamed { id: id.clone(), name: name.clone() },
                Effect::ServiceReadNamed { id: id.clone(), name: name.clone() },
            ],
            PinghomeCall::DeleteService { service: id } => {
                vec![Effect::ServiceGone { id: id.clone() }, Effect::ServiceReadGone { id: id.clone() }]
            }
            PinghomeCall::UpdateCustomer { name, surname } => {
                vec![Effect::CustomerNamed { name: name.clone(), surname: surname.clone() }]
            }
            PinghomeCall::ConfirmUsername { email, .. } => vec![Effect::UsernameConfirmed { email: email.clone() }],
            other => [self.channel_effects(other), self.person_effects(other, at)].concat(),
        }
    }

    fn channel_effects(&self, call: &PinghomeCall) -> Vec<Effect> {
        use crate::provider::pinghome::call::PinghomeCall;
        match call {
            PinghomeCall::CreateChannel { owner, type_, value } => {
                // The next free position (PU9), until a read tells.
                let last = self.channels.get(owner).and_then(|channels| channels.items().map(|c| c.priority).max());
                let channel = Channel::new(type_, value.clone(), last.unwrap_or(0) + 1, None, Some(false));
                vec![Effect::ChannelMade { owner: owner.clone(), channel }]
            }
            PinghomeCall::UpdateChannel { owner, value, priority } => {
                self.positional(owner, *priority, |owner, key| Effect::ChannelReplaced {
                    owner,
                    key,
                    value: value.clone(),
                })
            }
            PinghomeCall::EnableChannel { owner, enabled, priority } => {
                self.positional(owner, *priority, |owner, key| Effect::ChannelEnabled { owner, key, enabled: *enabled })
            }
            PinghomeCall::VerifyChannel { owner, priority, .. } => {
                self.positional(owner, *priority, |owner, key| Effect::ChannelVerified { owner, key })
            }
            PinghomeCall::DeleteChannel { owner, priority } => {
                self.positional(owner, *priority, |owner, key| Effect::ChannelGone { owner, key })
            }
            _ => Vec::new(),
        }
    }

    /// A positional write is remembered by the identity that stood at the position.
    fn positional(
        &self,
        owner: &ChannelOwner,
        priority: i64,
        effect: impl FnOnce(ChannelOwner, String) -> Effect,
    ) -> Vec<Effect> {
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
