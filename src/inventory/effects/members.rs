//! What the calls about people do. No IO.

use jiff::Timestamp;

use crate::inventory::Inventory;
use crate::inventory::effect::Effect;
use crate::provider::model::member::{ObservedMember, email_key};
use crate::provider::pinghome::call::PinghomeCall;

impl Inventory {
    pub(crate) fn person_effects(&self, call: &PinghomeCall, at: Timestamp) -> Vec<Effect> {
        match call {
            PinghomeCall::Invite { team, channel_value, .. } => {
                let email = email_key(channel_value.expose());
                let known = self.invitations.get(team).and_then(|listing| listing.get(&email));
                let before = known.map(|invitation| invitation.answer);
                vec![Effect::Invited { team: team.clone(), email, before }]
            }
            PinghomeCall::Uninvite { team, channel_value } => {
                vec![Effect::Uninvited { team: team.clone(), email: email_key(channel_value.expose()) }]
            }
            PinghomeCall::RemindInvited { team, channel_value } => {
                let (team, email) = (team.clone(), email_key(channel_value.expose()));
                vec![Effect::Reminded { team, email, at: at.to_string() }]
            }
            PinghomeCall::RemoveMember { team, member: id } => {
                vec![Effect::MemberGone { team: team.clone(), id: id.clone() }]
            }
            PinghomeCall::UpdateMember { team, member: id, role, new_team } if team == new_team => {
                vec![Effect::RoleGiven { team: team.clone(), id: id.clone(), role: role.clone() }]
            }
            PinghomeCall::UpdateMember { team, member: id, role, new_team } => {
                let known = self.members.get(team).and_then(|members| members.items().find(|m| m.id == *id));
                let joined = known.map(|member| Effect::MemberJoined {
                    team: new_team.clone(),
                    member: ObservedMember { role: role.clone(), ..member.clone() },
                });
                let gone = Effect::MemberGone { team: team.clone(), id: id.clone() };
                joined.into_iter().chain([gone]).collect()
            }
            _ => Vec::new(),
        }
    }
}
