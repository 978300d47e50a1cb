//! A model of Pinghome's services, which tells of a team's services, of one by its id, or both (apis.md PU6).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::plan::tests::explorer::clock::LAG;
use crate::plan::tests::explorer::history::History;
use crate::plan::tests::explorer::models::teams::Maker;
use crate::plan::tests::explorer::provider_model::ProviderModel;
use crate::provider::call::Call;
use crate::provider::pinghome::call::PinghomeCall;

/// One service.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Thing {
    pub(crate) name: String,
    pub(crate) team: String,
    pub(crate) maker: Maker,
    /// Since when a monitor hangs on it, if one does.
    pub(crate) monitored: Option<i64>,
}

/// What the provider tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Dialect {
    Lists,
    Singles,
    Both,
}

pub(crate) struct Shelf {
    pub(crate) all: History<BTreeMap<String, Thing>>,
    pub(crate) dialect: Dialect,
    /// What people made and the operator changed or deleted.
    harmed: Vec<String>,
    /// What the operator deleted although a monitor hung on it for long enough to be seen.
    pub(crate) unwatched: Vec<String>,
    made: u32,
}

impl Shelf {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self { all: History::default(), dialect, harmed: Vec::new(), unwatched: Vec::new(), made: 0 }
    }

    pub(crate) fn make(&mut self, now: i64, name: &str, team: &str, maker: Maker) -> String {
        self.made += 1;
        let id = format!("s{}", self.made);
        let thing = Thing { name: name.to_owned(), team: team.to_owned(), maker, monitored: None };
        self.all.change(now, |things| drop(things.insert(id.clone(), thing)));
        id
    }

    fn write(&mut self, now: i64, call: &PinghomeCall) -> (u16, Value) {
        let (PinghomeCall::RenameService { service, .. } | PinghomeCall::DeleteService { service }) = call else {
            return (404, Value::Null);
        };
        let id = service.as_str();
        let Some(thing) = self.all.get(id) else { return (404, Value::Null) };
        let is_deleted = matches!(call, PinghomeCall::DeleteService { .. });
        let was_monitored = thing.monitored.is_some_and(|since| now - since > LAG);
        if thing.maker == Maker::Human {
            self.harmed.push(id.to_owned());
        }
        if is_deleted && was_monitored {
            self.unwatched.push(id.to_owned());
        }
        self.all.change(now, |things| match call {
            PinghomeCall::RenameService { name, .. } => {
                if let Some(thing) = things.get_mut(id) {
                    thing.name.clone_from(name);
                }
            }
            _ => drop(things.remove(id)),
        });
        (200, json!({"message": "done"}))
    }
}

fn shown((id, thing): (&String, &Thing)) -> Value {
    json!({"service_id": id, "name": thing.name, "resource_count": i64::from(thing.monitored.is_some()), "heartbeat_count": 0})
}

impl ProviderModel for Shelf {
    fn answer(&mut self, now: i64, call: &Call, back: i64) -> (u16, Value) {
        let Call::Pinghome(call) = call else { return (404, Value::Null) };
        match call {
            PinghomeCall::ListServices { .. } if self.dialect == Dialect::Singles => (400, Value::Null),
            // The teams were made when the story begins: a read from before knows of none.
            PinghomeCall::ListServices { .. } if now < back => (404, Value::Null),
            PinghomeCall::ListServices { team } => {
                let seen = self.all.seen(now, back).iter();
                (200, seen.filter(|(_, thing)| thing.team == team.as_str()).map(shown).collect())
            }
            PinghomeCall::ReadService { .. } if self.dialect == Dialect::Lists => (400, Value::Null),
            PinghomeCall::ReadService { service } => {
                let seen = self.all.seen(now, back).get_key_value(service.as_str());
                seen.map_or((404, Value::Null), |entry| (200, shown(entry)))
            }
            PinghomeCall::CreateService { name, team } => {
                let id = self.make(now, name, team.as_str(), Maker::Operator);
                (201, json!({"service_id": id}))
            }
            write => self.write(now, write),
        }
    }

    fn harmed(&mut self) -> Vec<String> {
        std::mem::take(&mut self.harmed)
    }
}
