//! Whether the object in the answer to a create is the one that it made. No IO.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::inventory::Inventory;
use crate::inventory::item::Item;
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::model::ids::ServiceId;

/// A provider's clock may differ by so much from the operator's.
const CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_hours(1);

/// Whether an object may be what a create made that was recorded at `began`, when these ids bore the name.
pub(crate) fn may_be_new<T: Item>(item: &T, ids: &BTreeSet<String>, began: Timestamp) -> bool {
    !ids.contains(item.id()) && item.created().is_none_or(|created| !is_before(created, began))
}

fn is_before(created: Timestamp, began: Timestamp) -> bool {
    began.duration_since(created) > CLOCK_DIFFERENCE
}

impl Inventory {
    /// The answer to a call, as far as it can be believed. An object that was there before the call began is not what it
    /// made: then the answer is one without an id, and a list must show what was made.
    pub(crate) fn believed(&self, call: &Call, answer: Answer, began: Timestamp) -> Answer {
        if self.is_older(call, &answer, began) { Answer::Created(None) } else { answer }
    }

    fn is_older(&self, call: &Call, answer: &Answer, began: Timestamp) -> bool {
        let is_before = |time: Timestamp| is_before(time, began);
        match answer {
            Answer::CreatedTeam(team) => {
                let created = team.created();
                let teams = self.teams.as_ref();
                teams.is_some_and(|teams| teams.has_shown(team.id.as_str(), began)) || created.is_some_and(is_before)
            }
            Answer::Created(Some(id)) => self.has_shown_service(id, began),
            Answer::CreatedOtherwise(id) => {
                let has_shown_team = self.teams.as_ref().is_some_and(|teams| teams.has_shown(id, began));
                let accounts = self.accounts.as_ref();
                has_shown_team
                    || accounts.is_some_and(|accounts| accounts.has_shown(id, began))
                    || self.has_shown_service(id, began)
            }
            Answer::Account(Some(detail)) if call.is_once() => {
                let created = detail.created.and_then(|time| Timestamp::from_millisecond(time).ok());
                let accounts = self.accounts.as_ref();
                accounts.is_some_and(|accounts| accounts.has_shown(detail.id.as_str(), began))
                    || created.is_some_and(is_before)
            }
            Answer::Account(_)
            | Answer::Created(None)
            | Answer::Done
            | Answer::Customer(_)
            | Answer::Teams(_)
            | Answer::Members(_)
            | Answer::Invitations(_)
            | Answer::Services(_)
            | Answer::Service(_)
            | Answer::NotListed
            | Answer::NotFound
            | Answer::Channels(_)
            | Answer::Accounts(_) => false,
        }
    }

    /// Whether any list, or a read by id, showed this service before `time`.
    fn has_shown_service(&self, id: &str, time: Timestamp) -> bool {
        let single = ServiceId::parse(id).and_then(|id| self.service.get(&id));
        self.services.values().any(|list| list.has_shown(id, time))
            || single.is_some_and(|observed| observed.value.is_some() && observed.read_at < time)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::inventory::collection::Collection;
    use crate::provider::model::service::ServiceSettings;
    use crate::provider::model::team::TeamSettings;
    use crate::provider::pinghome::call::PinghomeCall;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn answer(call: &Call, body: &serde_json::Value) -> Answer {
        call.answer(200, body.to_string().as_bytes()).ok().unwrap()
    }

    fn read(inventory: &mut Inventory, collection: &Collection, body: &serde_json::Value, second: i64) {
        let call = collection.call();
        inventory.record(&call, &answer(&call, body), at(second));
    }

    #[test]
    fn a_team_that_was_listed_before_or_is_old_or_bears_another_name_is_not_the_new_one() {
        let mut inventory = Inventory::default();
        read(&mut inventory, &Collection::Teams, &json!([{"team_id": "t1", "name": "Theirs"}]), 0);
        let call = Call::from(PinghomeCall::CreateTeam { settings: TeamSettings { name: "Mine".to_owned() } });
        let id = |inventory: &Inventory, body: serde_json::Value| match inventory.believed(
            &call,
            answer(&call, &body),
            at(10),
        ) {
            Answer::CreatedTeam(team) => Some(team.id.to_string()),
            _ => None,
        };
        let seconds = |ago: i64| at(10 - ago).to_string();
        assert_eq!(id(&inventory, json!({"team_id": "t1"})), None);
        assert_eq!(id(&inventory, json!({"team_id": "t2"})), Some("t2".to_owned()));
        assert_eq!(id(&inventory, json!({"team_id": "t2", "name": "Theirs"})), None);
        assert_eq!(id(&inventory, json!({"team_id": "t2", "name": " mine "})), Some("t2".to_owned()));
        assert_eq!(id(&inventory, json!({"data": {"team_id": "t2", "name": "Theirs"}})), None);
        assert_eq!(id(&inventory, json!({"team_id": "t2", "created_at": seconds(7200)})), None);
        assert_eq!(id(&inventory, json!({"team_id": "t2", "created_at": seconds(60)})), Some("t2".to_owned()));
        // A read that began after the call may show what it made.
        read(&mut inventory, &Collection::Teams, &json!([{"team_id": "t3", "name": "Mine"}]), 11);
        assert_eq!(id(&inventory, json!({"team_id": "t3"})), Some("t3".to_owned()));
        assert_eq!(id(&inventory, json!({"team_id": "t1"})), None);
    }

    #[test]
    fn a_service_and_an_account_that_were_listed_before_are_not_the_new_ones() {
        let mut inventory = Inventory::default();
        let team = crate::provider::model::ids::TeamId::parse("t1").unwrap();
        let services = Collection::Services(team.clone());
        read(&mut inventory, &services, &json!([{"service_id": "s1", "name": "Theirs"}]), 0);
        let settings = ServiceSettings { name: "Mine".to_owned() };
        let call = Call::from(PinghomeCall::CreateService { team, settings });
        let believed =
            |body: serde_json::Value, inventory: &Inventory| inventory.believed(&call, answer(&call, &body), at(10));
        assert!(believed(json!({"service_id": "s1"}), &inventory) == Answer::Created(None));
        assert!(believed(json!({"service_id": "s2"}), &inventory) == Answer::Created(Some("s2".to_owned())));
        let otherwise = Answer::CreatedOtherwise("s2".to_owned());
        assert!(believed(json!({"service_id": "s2", "name": "Theirs"}), &inventory) == otherwise);
        assert!(believed(json!({"service_id": "s1", "name": "Theirs"}), &inventory) == Answer::Created(None));
    }
}
