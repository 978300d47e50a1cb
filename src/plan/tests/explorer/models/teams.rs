//! A model of Pinghome's teams and people: reads show any state of the last few seconds.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::plan::tests::explorer::history::History;
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
}

pub(crate) type ModelTeams = BTreeMap<String, ModelTeam>;

/// The person whom the Team resource lists.
pub(crate) const PERSON: &str = "p@x.org";

#[derive(Default)]
pub(crate) struct TeamsModel {
    pub(crate) teams: History<ModelTeams>,
    made: u32,
}

impl TeamsModel {
    pub(crate) fn make(&mut self, now: i64, name: &str, maker: Maker) -> String {
        self.made += 1;
        let id = format!("t{}", self.made);
        let team = ModelTeam { name: name.to_owned(), maker, invitation: None, is_member: false, mails: 0 };
        self.teams.change(now, |teams| drop(teams.insert(id.clone(), team)));
        id
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
            PinghomeCall::RemoveMember { team, .. } => return self.moved(now, team.as_str(), None),
            _ => {}
        }
        let (PinghomeCall::RenameTeam { team, .. }
        | PinghomeCall::DeleteTeam { team }
        | PinghomeCall::Invite { team, .. }) = call
        else {
            return (404, Value::Null);
        };
        let id = team.as_str();
        let Some(known) = self.teams.get(id) else { return (404, Value::Null) };
        if matches!(call, PinghomeCall::Invite { .. }) && (known.invitation == Some("Pending") || known.is_member) {
            return (409, Value::Null);
        }
        self.teams.change(now, |teams| match call {
            PinghomeCall::RenameTeam { settings, .. } => {
                if let Some(team) = teams.get_mut(id) {
                    team.name.clone_from(&settings.name);
                }
            }
            PinghomeCall::Invite { .. } => {
                if let Some(team) = teams.get_mut(id) {
                    (team.invitation, team.mails) = (Some("Pending"), team.mails + 1);
                }
            }
            _ => drop(teams.remove(id)),
        });
        (200, json!({"message": "done"}))
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
                let person = json!({"customer_id": "c-p", "email": PERSON, "role": "user"});
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
}
