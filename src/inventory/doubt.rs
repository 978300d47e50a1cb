//! Why what was last read proves no absence, and since when it is known to be wrong. No IO.

use std::fmt;

use jiff::Timestamp;

use crate::inventory::Inventory;
use crate::inventory::channels::Channels;
use crate::inventory::collection::Collection;
use crate::inventory::effect::Effect;
use crate::inventory::item::Item;
use crate::inventory::listing::Listing;
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::failure::Class;
use crate::provider::model::channel::channel_id;
use crate::provider::model::list::Unreadable;
use crate::provider::pinghome::call::PinghomeCall;
use crate::provider::request::Host;

/// Why the last read of a collection does not prove that something is absent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Doubt {
    /// The list could not be read as a whole.
    Unreadable(&'static str, Unreadable),
    /// It was answered with "not found", by a host that has never answered in the API's form.
    Unproven(&'static str, Host),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(what, unreadable) => write!(
                f,
                "the provider's list of {what} {unreadable}, so it does not show \
                 what is not there; the list is read again"
            ),
            Self::Unproven(what, host) => write!(
                f,
                "{what}: answered with 'not found' by a host that has never answered as the API does, so nothing is concluded: check \
                 the path of `endpoints.{}` in the config",
                host.endpoint()
            ),
        }
    }
}

impl Inventory {
    /// Whether a host has answered in the API's form.
    pub(crate) fn has_spoken(&self, host: Host) -> bool {
        self.spoken.contains(&host)
    }

    /// Notes that the host of a call answered in the API's form, unless it was a "not found".
    pub(crate) fn note_host(&mut self, call: &Call, answer: &Answer) {
        if *answer != Answer::NotFound {
            self.spoken.insert(call.request().host);
        }
    }

    /// Why the last read of a collection does not prove that something is absent; `None` if it does.
    pub(crate) fn doubt(&self, collection: &Collection) -> Option<Doubt> {
        let what = collection.words();
        if self.is_not_found(collection) {
            let host = collection.call().request().host;
            return (!self.has_spoken(host)).then_some(Doubt::Unproven(what, host));
        }
        self.unreadable(collection).map(|unreadable| Doubt::Unreadable(what, unreadable))
    }

    /// Whether the last read of a collection found nothing.
    fn is_not_found(&self, collection: &Collection) -> bool {
        match collection {
            Collection::Service(id) => self.service.get(id).is_some_and(|observed| observed.value.is_none()),
            Collection::Members(_) | Collection::Invitations(_) | Collection::Services(_) | Collection::Channels(_) => {
                self.not_listed_since(collection).is_some()
            }
            Collection::Customer | Collection::Teams | Collection::Accounts | Collection::Account(_) => false,
        }
    }

    fn unreadable(&self, collection: &Collection) -> Option<Unreadable> {
        fn of<T: Item>(listing: Option<&Listing<T>>) -> Option<Unreadable> {
            listing.and_then(Listing::unreadable)
        }
        match collection {
            Collection::Teams => of(self.teams.as_ref()),
            Collection::Members(team) => of(self.members.get(team)),
            Collection::Invitations(team) => of(self.invitations.get(team)),
            Collection::Services(team) => of(self.services.get(team)),
            Collection::Channels(owner) => of(self.channels.get(owner).map(Channels::listing)),
            Collection::Accounts => of(self.accounts.as_ref()),
            Collection::Customer | Collection::Service(_) | Collection::Account(_) => None,
        }
    }

    /// The earliest time at which a read of this collection may have begun to be used.
    pub(crate) fn fresh_since(&self, collection: &Collection, not_before: Timestamp) -> Timestamp {
        let not_before = not_before.max(self.valid_since);
        self.stale.get(collection).map_or(not_before, |since| not_before.max(*since))
    }

    /// Records a call that failed at this time.
    pub(crate) fn record_failed(&mut self, call: &Call, class: Class, at: Timestamp) {
        match class {
            Class::Retry | Class::Uncertain => self.record_lost(call, at),
            Class::Gone => {
                // A gateway may have answered although the call was done.
                self.record_lost(call, at);
                self.record_not_found(call, at);
            }
            Class::Wait | Class::Credential | Class::Denied | Class::Invalid => {}
        }
    }

    /// A write found nothing: the lists that led to it are wrong, or the answer is. They must be read again.
    fn record_not_found(&mut self, call: &Call, at: Timestamp) {
        let effects = self.effects(call, &Answer::Done, at);
        let mut collections: Vec<_> = effects.iter().filter_map(Effect::collection).collect();
        if let Call::Pinghome(PinghomeCall::CreateService { team, settings: _ }) = call {
            collections.extend([Collection::Teams, Collection::Services(team.clone())]);
        }
        collections.retain(|collection| self.read_at(collection).is_some());
        self.stale.extend(collections.into_iter().map(|collection| (collection, at)));
    }

    /// The object that an effect changes, by the id that `status` of its resource records.
    pub(crate) fn object(&self, effect: &Effect) -> String {
        match effect {
            Effect::Customer(_) => {
                let customer = self.customer.as_ref().and_then(|observed| observed.value.as_ref());
                customer.map(|customer| customer.id.to_string()).unwrap_or_default()
            }
            Effect::Teams { id: team, .. } | Effect::Members { team, .. } | Effect::Invitations { team, .. } => {
                team.to_string()
            }
            Effect::Services { id, .. } | Effect::Service { id, .. } => id.to_string(),
            Effect::Channels { owner, key, .. } => channel_id(owner, key.split('\0').next().unwrap_or_default(), key),
            Effect::Accounts { id, .. } | Effect::Account { id, .. } => id.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::provider::model::ids::{ServiceId, TeamId};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn read(inventory: &mut Inventory, collection: &Collection, status: u16, body: &Value, second: i64) {
        let call = collection.call();
        let answer = call.answer(status, body.to_string().as_bytes()).ok().unwrap();
        inventory.record(&call, &answer, at(second));
    }

    fn team() -> TeamId {
        TeamId::parse("t1").unwrap()
    }

    #[test]
    fn a_host_that_never_answered_as_the_api_does_proves_nothing() {
        let mut inventory = Inventory::default();
        let single = Collection::Service(ServiceId::parse("s1").unwrap());
        let list = Collection::Services(team());
        for collection in [&single, &list] {
            read(&mut inventory, collection, 404, &json!({"message": "no"}), 1);
            assert_eq!(inventory.doubt(collection), Some(Doubt::Unproven("services", Host::ResourceQuery)));
        }
        assert!(inventory.doubt(&list).unwrap().to_string().contains("`endpoints.resourceQuery`"));
        // Another host says nothing about this one.
        read(&mut inventory, &Collection::Teams, 200, &json!([]), 2);
        assert!(inventory.doubt(&single).is_some());
        read(&mut inventory, &Collection::Services(TeamId::parse("t2").unwrap()), 200, &json!([]), 3);
        assert_eq!((inventory.doubt(&single), inventory.doubt(&list)), (None, None));
    }

    #[test]
    fn an_item_that_cannot_be_read_is_named_and_absence_counts_from_the_next_whole_list() {
        let mut inventory = Inventory::default();
        let teams = |all: &[&str]| all.iter().map(|id| json!({"team_id": id, "name": id})).collect::<Vec<_>>();
        read(&mut inventory, &Collection::Teams, 200, &json!(teams(&["a", "b"])), 1);
        assert_eq!(inventory.doubt(&Collection::Teams), None);
        read(&mut inventory, &Collection::Teams, 200, &json!([teams(&["a"])[0], {"team_id": "b", "name": 7}]), 2);
        let doubt = inventory.doubt(&Collection::Teams).unwrap().to_string();
        assert!(doubt.contains("item 2, field `name`"), "{doubt}");
        assert!(inventory.teams(at(2)).ok().unwrap().get("a").is_some());
        read(&mut inventory, &Collection::Teams, 200, &json!(teams(&["a"])), 3);
        assert_eq!(inventory.doubt(&Collection::Teams), None);
        let listed = inventory.teams(at(3)).ok().unwrap();
        assert_eq!((listed.absent_since("b"), listed.absent_since("c")), (Some(at(3)), Some(at(3))));
    }

    #[test]
    fn a_list_is_stale_from_the_time_when_a_write_that_it_led_to_found_nothing() {
        let mut inventory = Inventory::default();
        read(&mut inventory, &Collection::Teams, 200, &json!([{"team_id": "t1", "name": "A"}]), 1);
        assert!(inventory.teams(Timestamp::MIN).is_ok());
        let call = PinghomeCall::DeleteTeam { team: team() }.into();
        inventory.record_failed(&call, Class::Gone, at(5));
        assert_eq!(inventory.teams(Timestamp::MIN).err().map(|need| need.not_before), Some(at(5)));
        read(&mut inventory, &Collection::Teams, 200, &json!([{"team_id": "t1", "name": "A"}]), 6);
        assert!(inventory.teams(Timestamp::MIN).is_ok_and(|teams| teams.get("t1").is_some()));
        assert!(inventory.stale.is_empty());
    }

    #[test]
    fn a_write_that_a_later_read_does_not_show_is_looked_at_when_the_read_lag_is_over() {
        let mut inventory = Inventory::default();
        inventory.set_read_lag(jiff::SignedDuration::from_secs(10));
        read(&mut inventory, &Collection::Teams, 200, &json!([]), 1);
        let settings = crate::provider::model::team::TeamSettings { name: "A".to_owned() };
        let call = Call::from(PinghomeCall::CreateTeam { settings });
        inventory.record(&call, &call.answer(201, br#"{"team_id": "t1"}"#).ok().unwrap(), at(2));
        assert_eq!(inventory.missed_until("t1"), None);
        // A read that began before the write ended says nothing.
        read(&mut inventory, &Collection::Teams, 200, &json!([]), 1);
        assert_eq!(inventory.missed_until("t1"), None);
        read(&mut inventory, &Collection::Teams, 200, &json!([]), 4);
        assert_eq!(inventory.missed_until("t1"), Some(at(12)));
        assert!(inventory.teams(at(4)).is_ok_and(|teams| teams.get("t1").is_some()));
        read(&mut inventory, &Collection::Teams, 200, &json!([]), 12);
        assert_eq!(inventory.missed_until("t1"), None);
        assert!(inventory.teams(at(12)).is_ok_and(|teams| teams.get("t1").is_none()));
    }
}
