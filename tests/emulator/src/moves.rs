//! What people do outside: they change addresses, accept under another one, and let invitations lapse.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::world::{Invitation, Member, Team, World};

/// Something that a person does, seen at once.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Move {
    /// The member with the first address has the second one from now on, and is the same customer.
    Readdress(String, String),
    /// The person who was invited under the first address joins under the second one; the invitation disappears.
    AcceptAs(String, String),
    /// The invitation to this address disappears without an answer.
    Lapse(String),
    /// The invitation to the first address is shown with the second text as its status.
    ShowAs(String, String),
}

/// Does what a request to the control port says.
pub(crate) fn asked(world: &mut World, token: &str, team: &str, body: &Value) -> (u16, Value) {
    match serde_json::from_value(body.clone()) {
        Ok(asked) => {
            act(world, token, team, asked);
            (200, json!({}))
        }
        Err(error) => (400, json!({ "error": error.to_string() })),
    }
}

/// Does it in one team of an account.
pub(crate) fn act(world: &mut World, token: &str, team: &str, act: Move) {
    let id = world.uuid();
    let Some(place) = world.place(token) else { return };
    let Some(team) = world.change(place, true).teams.get_mut(team) else { return };
    match act {
        Move::Readdress(from, to) => {
            for member in team.members.iter_mut().filter(|member| member.email.eq_ignore_ascii_case(&from)) {
                member.email.clone_from(&to);
            }
        }
        Move::AcceptAs(invited, joined) => {
            withdraw(team, &invited);
            let (email, name) = (joined.clone(), joined);
            team.members.push(Member { customer_id: id, email, name, role: "user".to_owned() });
        }
        Move::Lapse(invited) => withdraw(team, &invited),
        Move::ShowAs(invited, status) => {
            for known in team.invitations.iter_mut().filter(|known| is_to(known, &invited)) {
                known.status.clone_from(&status);
            }
        }
    }
}

fn withdraw(team: &mut Team, email: &str) {
    team.invitations.retain(|known| !is_to(known, email));
}

fn is_to(invitation: &Invitation, email: &str) -> bool {
    invitation.channel.eq_ignore_ascii_case(email)
}
