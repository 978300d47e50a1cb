//! A model of Pinghome's services, which may be read by team, by id, or both. No IO.

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
pub(crate) struct ModelService {
    pub(crate) name: String,
    pub(crate) team: String,
    pub(crate) maker: Maker,
    /// Since when it has a monitor, if it has one.
    pub(crate) monitored: Option<i64>,
}

/// How services may be read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ReadForm {
    ByTeam,
    ById,
    Both,
}

/// Pinghome's services.
pub(crate) struct ServicesModel {
    pub(crate) services: History<BTreeMap<String, ModelService>>,
    pub(crate) read_form: ReadForm,
    /// What people created, and the operator changed or deleted.
    harmed: Vec<String>,
    /// What the operator deleted although a read could show that it had a monitor.
    pub(crate) deleted_with_monitors: Vec<String>,
    made: u32,
}

impl ServicesModel {
    pub(crate) fn new(read_form: ReadForm) -> Self {
        Self { services: History::default(), read_form, harmed: Vec::new(), deleted_with_monitors: Vec::new(), made: 0 }
    }

    pub(crate) fn make(&mut self, now: i64, name: &str, team: &str, maker: Maker) -> String {
        self.made += 1;
        let id = format!("s{}", self.made);
        let service = ModelService { name: name.to_owned(), team: team.to_owned(), maker, monitored: None };
        self.services.change(now, |services| drop(services.insert(id.clone(), service)));
        id
    }

    fn write(&mut self, now: i64, call: &PinghomeCall) -> (u16, Value) {
        let (PinghomeCall::RenameService { service, .. } | PinghomeCall::DeleteService { service }) = call else {
            return (404, Value::Null);
        };
        let id = service.as_str();
        let Some(service) = self.services.get(id) else { return (404, Value::Null) };
        let is_deleted = matches!(call, PinghomeCall::DeleteService { .. });
        let was_monitored = service.monitored.is_some_and(|since| now - since > LAG);
        if service.maker == Maker::Human {
            self.harmed.push(id.to_owned());
        }
        if is_deleted && was_monitored {
            self.deleted_with_monitors.push(id.to_owned());
        }
        self.services.change(now, |services| match call {
            PinghomeCall::RenameService { settings, .. } => {
                if let Some(service) = services.get_mut(id) {
                    service.name.clone_from(&settings.name);
                }
            }
            _ => drop(services.remove(id)),
        });
        (200, json!({"message": "done"}))
    }
}

fn shown((id, service): (&String, &ModelService)) -> Value {
    json!({"service_id": id, "name": service.name, "resource_count": i64::from(service.monitored.is_some()), "heartbeat_count": 0})
}

impl ProviderModel for ServicesModel {
    fn answer(&mut self, now: i64, call: &Call, back: i64) -> (u16, Value) {
        let Call::Pinghome(call) = call else { return (404, Value::Null) };
        match call {
            PinghomeCall::ListServices { .. } if self.read_form == ReadForm::ById => (400, Value::Null),
            // The teams were created when the scenario began: a read from before shows none.
            PinghomeCall::ListServices { .. } if now < back => (404, Value::Null),
            PinghomeCall::ListServices { team } => {
                let seen = self.services.seen(now, back).iter();
                (200, seen.filter(|(_, service)| service.team == team.as_str()).map(shown).collect())
            }
            PinghomeCall::ReadService { .. } if self.read_form == ReadForm::ByTeam => (400, Value::Null),
            PinghomeCall::ReadService { service } => {
                let seen = self.services.seen(now, back).get_key_value(service.as_str());
                seen.map_or((404, Value::Null), |entry| (200, shown(entry)))
            }
            PinghomeCall::CreateService { team, settings } => {
                let id = self.make(now, &settings.name, team.as_str(), Maker::Operator);
                (201, json!({"service_id": id}))
            }
            write => self.write(now, write),
        }
    }

    fn other_account(&self) -> Self {
        Self { made: 100, ..Self::new(self.read_form) }
    }

    fn make_by_hand(&mut self, now: i64, name: &str) -> Option<String> {
        Some(self.make(now, name, "t0", Maker::Human))
    }

    fn make_unlisted(&mut self, now: i64) -> Option<String> {
        Some(self.make(now, "Another", "t9", Maker::Human))
    }

    fn has(&self, id: &str) -> bool {
        self.services.contains_key(id)
    }

    fn remove_by_hand(&mut self, now: i64, id: &str) {
        self.services.change(now, |services| drop(services.remove(id)));
    }

    fn harmed(&mut self) -> Vec<String> {
        std::mem::take(&mut self.harmed)
    }
}
