//! A model of Pinghome's teams and people: reads show any state of the last few seconds.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::plan::tests::explorer::history::History;
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::provider_model::ProviderModel;
use crate::provider::call::Call;
use crate::provider::pinghome::call::PinghomeCall;

/// Who created an object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Maker {
    Operator,
    Human,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ModelTeam {
    pub(crate) name: String,
    pub(crate) maker: Maker,
    /// The answer to the one invitation, if there is one.
    pub(crate) invitation: Option<&'static str>,
    pub(crate) is_member: bool,
    /// How many invitations were sent to the person.
    pub(crate) mails: u32,
    /// Whether the invitation disappeared, and nobody had answered it.
    pub(crate) has_lapsed: bool,
}

pub(crate) type ModelTeams = BTreeMap<String, ModelTeam>;

/// The person whom the Team resource lists.
pub(crate) const PERSON: &str = "p@x.org";

/// The person's other address.
const OTHER_ADDRESS: &str = "q@x.org";

/// A text in which the person has the first address. A person is approved by the id, whatever address a sentence shows.
pub(crate) fn with_first_address(text: &str) -> String {
    text.replace(OTHER_ADDRESS, PERSON)
}

#[derive(Default)]
pub(crate) struct TeamsModel {
    pub(crate) teams: History<ModelTeams>,
    /// What people created, and the operator changed or deleted.
    harmed: Vec<String>,
    /// What the operator changed or deleted, in order.
    pub(crate) written: Vec<String>,
    /// How often the person was taken out of a team, or an invitation was withdrawn.
    pub(crate) taken_out: u32,
    /// Whether the person has another address than before.
    pub(crate) has_other_address: bool,
    /// How often the person was listed again after nobody was.
    pub(crate) listed_again: u32,
    /// Whether the last list said that nobody is listed.
    pub(crate) is_delisted: bool,
    made: u32,
}

impl TeamsModel {
    pub(crate) fn make(&mut self, now: i64, name: &str, maker: Maker) -> String {
        self.made += 1;
        let id = format!("t{}", self.made);
        let name = name.to_owned();
        let team = ModelTeam { name, maker, invitation: None, is_member: false, mails: 0, has_lapsed: false };
        self.teams.change(now, |teams| drop(teams.insert(id.clone(), team)));
        id
    }

    /// The person answers the invitation, if there is one; who accepts has the address that was invited.
    pub(crate) fn answers(&mut self, now: i64, accepts: bool) {
        let is_open = |team: &&mut ModelTeam| team.invitation == Some("Pending");
        self.has_other_address &= !(accepts && self.teams.values().any(|team| team.invitation == Some("Pending")));
        self.teams.change(now, |teams| {
            let Some(team) = teams.values_mut().find(is_open) else { return };
            (team.invitation, team.is_member) = (Some(if accepts { "Accepted" } else { "Declined" }), accepts);
        });
    }

    fn about(&self, now: i64, back: i64, id: &str, show: impl Fn(&ModelTeam) -> Value) -> (u16, Value) {
        self.teams.seen(now, back).get(id).map_or((404, Value::Null), |team| (200, show(team)))
    }

    /// Takes the person out of a team, and into another one if there is one.
    fn moved(&mut self, now: i64, from: &str, to: Option<&str>) -> (u16, Value) {
        let is_there = self.teams.get(from).is_some_and(|team| team.is_member);
        if !is_there || to.is_some_and(|to| !self.teams.contains_key(to)) {
            return (404, Value::Null);
        }
        self.teams.change(now, |teams| {
            for (id, team) in teams {
                team.is_member = Some(id.as_str()) == to || (team.is_member && id != from);
            }
        });
        (200, json!({"message": "done"}))
    }

    fn write(&mut self, now: i64, call: &PinghomeCall) -> (u16, Value) {
        match call {
            PinghomeCall::UpdateMember { team, new_team, .. } => {
                return self.moved(now, team.as_str(), Some(new_team.as_str()));
            }
            PinghomeCall::RemoveMember { team, .. } => {
                self.taken_out += 1;
                return self.moved(now, team.as_str(), None);
            }
            _ => {}
        }
        let (PinghomeCall::RenameTeam { team, .. }
        | PinghomeCall::DeleteTeam { team }
        | PinghomeCall::Uninvite { team, .. }
        | PinghomeCall::Invite { team, .. }) = call
        else {
            return (404, Value::Null);
        };
        let id = team.as_str();
        let Some(known) = self.teams.get(id) else { return (404, Value::Null) };
        if matches!(call, PinghomeCall::Invite { .. }) && (known.invitation == Some("Pending") || known.is_member) {
            return (409, Value::Null);
        }
        self.written.push(id.to_owned());
        if known.maker == Maker::Human {
            self.harmed.push(id.to_owned());
        }
        self.taken_out += u32::from(matches!(call, PinghomeCall::Uninvite { .. }));
        self.teams.change(now, |teams| match call {
            PinghomeCall::DeleteTeam { .. } => drop(teams.remove(id)),
            _ => teams.get_mut(id).into_iter().for_each(|team| change(team, call)),
        });
        (200, json!({"message": "done"}))
    }
}

/// Lets a call take effect on its team.
fn change(team: &mut ModelTeam, call: &PinghomeCall) {
    match call {
        PinghomeCall::RenameTeam { settings, .. } => team.name.clone_from(&settings.name),
        PinghomeCall::Invite { .. } => {
            (team.invitation, team.mails, team.has_lapsed) = (Some("Pending"), team.mails + 1, false);
        }
        PinghomeCall::Uninvite { .. } => (team.invitation, team.has_lapsed) = (None, false),
        _ => {}
    }
}

impl ProviderModel for TeamsModel {
    fn answer(&mut self, now: i64, call: &Call, back: i64) -> (u16, Value) {
        let Call::Pinghome(call) = call else { return (404, Value::Null) };
        match call {
            PinghomeCall::ReadCustomer => (200, json!({"customer_id": "c-own", "email": "own@x.org"})),
            PinghomeCall::ListTeams => {
                let item = |(id, team): (&String, &ModelTeam)| json!({"team_id": id, "name": team.name});
                (200, self.teams.seen(now, back).iter().map(item).collect())
            }
            PinghomeCall::ListMembers { team } => self.about(now, back, team.as_str(), |team| {
                let email = if self.has_other_address { OTHER_ADDRESS } else { PERSON };
                let person = json!({"customer_id": "c-p", "email": email, "role": "user"});
                let root = json!({"customer_id": "c-own", "email": "own@x.org", "role": "root"});
                if team.is_member { json!([root, person]) } else { json!([root]) }
            }),
            PinghomeCall::ListInvitations { team } => self.about(now, back, team.as_str(), |team| {
                let entry = |status: &str| json!([{"channel": PERSON, "status": status}]);
                team.invitation.map_or(json!([]), entry)
            }),
            PinghomeCall::CreateTeam { settings } => {
                let id = self.make(now, &settings.name, Maker::Operator);
                (201, json!({"team_id": id}))
            }
            write => self.write(now, write),
        }
    }

    fn other_account(&self) -> Self {
        Self { made: 100, ..Self::default() }
    }

    fn make_by_hand(&mut self, now: i64, name: &str) -> Option<String> {
        Some(self.make(now, name, Maker::Human))
    }

    fn has(&self, id: &str) -> bool {
        self.teams.contains_key(id)
    }

    fn remove_by_hand(&mut self, now: i64, id: &str) {
        self.teams.change(now, |teams| drop(teams.remove(id)));
    }

    fn happens_to_person(&mut self, now: i64, a_move: Move) {
        match a_move {
            Move::AddressChanges => self.has_other_address |= self.teams.values().any(|team| team.is_member),
            Move::InvitationLapses => self.teams.change(now, |teams| {
                for team in teams.values_mut().filter(|team| team.invitation == Some("Pending")) {
                    (team.invitation, team.has_lapsed) = (None, true);
                }
            }),
            _ => {}
        }
    }

    fn harmed(&mut self) -> Vec<String> {
        std::mem::take(&mut self.harmed)
    }
}
