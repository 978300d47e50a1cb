//! What a read shows of recent writes: only of those that its collection can show.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::inventory::Inventory;
use crate::inventory::collection::Collection;
use crate::inventory::listing::Listing;
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::model::ids::{ChannelOwner, CustomerId, ServiceId, TeamId};
use crate::provider::model::member::MemberRole;
use crate::provider::model::service::ServiceSettings;
use crate::provider::pinghome::call::PinghomeCall;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

fn team(id: &str) -> TeamId {
    TeamId::parse(id).unwrap()
}

/// An inventory whose reads may miss a write for 100 s.
fn lagging() -> Inventory {
    let mut inventory = Inventory::default();
    inventory.set_read_lag(SignedDuration::from_secs(100));
    inventory
}

fn record(inventory: &mut Inventory, collection: &Collection, items: &Value, second: i64) {
    let call = collection.call();
    let answer = call.answer(200, items.to_string().as_bytes()).ok().unwrap();
    inventory.record(&call, &answer, at(second));
}

/// The name that the list of a team's services shows of the service.
fn name(inventory: &Inventory, team_id: &str) -> Option<String> {
    let list = inventory.services(&team(team_id), Timestamp::MIN).ok().flatten();
    list.and_then(|list| list.get("s1")).map(|service| service.settings.name.clone())
}

/// Reads the list of a team's services, and says which name it knows of the service after that.
fn read(inventory: &mut Inventory, team_id: &str, items: &Value, second: i64) -> Option<String> {
    record(inventory, &Collection::Services(team(team_id)), items, second);
    name(inventory, team_id)
}

fn service() -> ServiceId {
    ServiceId::parse("s1").unwrap()
}

fn named(name: &str) -> Value {
    json!([{ "service_id": "s1", "name": name }])
}

fn rename(inventory: &mut Inventory, second: i64) {
    let (service, settings) = (service(), ServiceSettings { name: "B".to_owned() });
    inventory.record(&Call::from(PinghomeCall::RenameService { service, settings }), &Answer::Done, at(second));
}

#[test]
fn a_change_of_a_service_is_shown_only_by_the_list_of_its_own_team() {
    let mut inventory = lagging();
    read(&mut inventory, "t1", &named("A"), 1);
    read(&mut inventory, "t2", &json!([]), 1);
    rename(&mut inventory, 10);
    assert_eq!(read(&mut inventory, "t2", &json!([]), 11), None);
    assert!(!inventory.has_seen(at(10)));
    assert_eq!(read(&mut inventory, "t1", &named("A"), 12).as_deref(), Some("B"), "the read is behind");
    assert!(!inventory.has_seen(at(10)));
    assert_eq!(read(&mut inventory, "t1", &named("B"), 13).as_deref(), Some("B"));
    assert!(inventory.has_seen(at(10)));
}

#[test]
fn a_change_of_a_service_that_no_list_showed_waits_for_the_list_that_shows_it() {
    let mut inventory = lagging();
    rename(&mut inventory, 10);
    assert_eq!(read(&mut inventory, "t2", &json!([]), 11), None);
    assert_eq!(read(&mut inventory, "t1", &named("A"), 12).as_deref(), Some("B"), "the read is behind");
    assert_eq!(read(&mut inventory, "t1", &named("A"), 200).as_deref(), Some("A"), "the lag is over");
}

#[test]
fn what_is_assumed_of_another_team_says_nothing_of_a_service() {
    let mut inventory = lagging();
    read(&mut inventory, "t2", &json!([]), 1);
    rename(&mut inventory, 10);
    assert!(inventory.assume_current(&Collection::Services(team("t2")), at(11)));
    assert_eq!(read(&mut inventory, "t1", &named("A"), 12).as_deref(), Some("B"), "the read is behind");
}

#[test]
fn a_service_that_two_lists_show_is_changed_in_both() {
    let mut inventory = lagging();
    // Somebody moved it: the list of one of the teams is old, and nothing says which.
    read(&mut inventory, "t1", &named("A"), 1);
    read(&mut inventory, "t2", &named("A"), 2);
    rename(&mut inventory, 10);
    assert_eq!(["t1", "t2"].map(|team| name(&inventory, team)), ["B", "B"].map(|name| Some(name.to_owned())));
    assert_eq!(read(&mut inventory, "t1", &json!([]), 11), None);
    assert_eq!(read(&mut inventory, "t2", &named("A"), 12).as_deref(), Some("B"), "the read is behind");
}

#[test]
fn a_service_that_was_moved_after_its_change_is_changed_in_the_list_that_shows_it() {
    let mut inventory = lagging();
    read(&mut inventory, "t1", &named("A"), 1);
    rename(&mut inventory, 10);
    assert_eq!(read(&mut inventory, "t2", &named("A"), 11).as_deref(), Some("B"), "the read is behind");
    assert_eq!(read(&mut inventory, "t1", &json!([]), 12), None);
    assert_eq!(read(&mut inventory, "t2", &named("A"), 13).as_deref(), Some("B"), "the read is behind");
    assert_eq!(read(&mut inventory, "t2", &named("A"), 200).as_deref(), Some("A"), "the lag is over");
}

#[test]
fn a_service_that_was_deleted_is_gone_from_each_list_that_still_shows_it() {
    let mut inventory = lagging();
    read(&mut inventory, "t1", &named("A"), 1);
    inventory.record(&Call::from(PinghomeCall::DeleteService { service: service() }), &Answer::Done, at(10));
    assert_eq!(read(&mut inventory, "t2", &named("A"), 11), None);
    assert_eq!(read(&mut inventory, "t1", &json!([]), 12), None);
    assert_eq!(read(&mut inventory, "t2", &named("A"), 13), None);
}

#[test]
fn a_person_who_moved_and_has_another_address_meanwhile_is_one_member() {
    let mut inventory = lagging();
    let person = |email: &str| json!([{ "customer_id": "c1", "email": email, "role": "user" }]);
    let members = |id: &str| Collection::Members(team(id));
    record(&mut inventory, &members("t1"), &person("old@x.org"), 1);
    record(&mut inventory, &members("t2"), &json!([]), 1);
    let (member, role) = (CustomerId::parse("c1").unwrap(), MemberRole::User);
    let call = PinghomeCall::UpdateMember { team: team("t1"), member, role, new_team: team("t2") };
    inventory.record(&call.into(), &Answer::Done, at(10));
    record(&mut inventory, &members("t2"), &person("new@x.org"), 11);
    let list = inventory.members(&team("t2"), at(11)).ok().flatten();
    let emails: Vec<_> = list.into_iter().flat_map(Listing::items).map(|member| member.email.as_str()).collect();
    assert_eq!(emails, ["new@x.org"]);
}

#[test]
fn a_deletion_whose_answer_was_lost_leaves_the_positions_of_other_owners_certain() {
    let mut inventory = lagging();
    let owners = ["t1", "t2"].map(|id| ChannelOwner::Team(team(id)));
    let list = json!([{ "type": "email", "value": "a@x.org", "priority": 1 }]);
    for owner in &owners {
        record(&mut inventory, &Collection::Channels(owner.clone()), &list, 1);
    }
    let call = PinghomeCall::DeleteChannel { owner: owners[0].clone(), priority: 1 };
    inventory.record_lost(&call.into(), at(10));
    for (second, expected) in [(10, [false, true]), (50, [false, true]), (120, [true, true])] {
        if second > 10 {
            for owner in &owners {
                record(&mut inventory, &Collection::Channels(owner.clone()), &list, second);
            }
        }
        let are_trusted = owners
            .clone()
            .map(|owner| inventory.channels(&owner, Timestamp::MIN).ok().flatten().unwrap().positions_trusted());
        assert_eq!(are_trusted, expected, "at {second}");
    }
}

#[test]
fn a_read_that_began_before_the_one_that_is_known_says_nothing() {
    let mut inventory = lagging();
    read(&mut inventory, "t1", &named("A"), 5);
    assert_eq!(read(&mut inventory, "t1", &json!([]), 0).as_deref(), Some("A"));
    assert_eq!(inventory.read_at(&Collection::Services(team("t1"))), Some(at(5)));
    let not_listed = Collection::Services(team("t1")).call();
    inventory.record(&not_listed, &Answer::NotListed, at(1));
    assert_eq!(name(&inventory, "t1").as_deref(), Some("A"));
}

#[test]
fn a_service_that_a_list_shows_and_one_that_was_deleted_are_no_further_call_of_a_resync() {
    let mut inventory = lagging();
    let create = |name: &str| PinghomeCall::CreateService {
        team: team("t1"),
        settings: ServiceSettings { name: name.to_owned() },
    };
    read(&mut inventory, "t1", &json!([]), 1);
    let before = inventory.calls_to_read_again();
    for (name, id) in [("A", "s1"), ("C", "s2")] {
        let call = Call::from(create(name));
        let answer = call.answer(201, json!({ "service_id": id, "name": name }).to_string().as_bytes()).ok().unwrap();
        inventory.record(&call, &answer, at(2));
    }
    inventory.record(
        &Call::from(PinghomeCall::DeleteService { service: ServiceId::parse("s2").unwrap() }),
        &Answer::Done,
        at(3),
    );
    read(&mut inventory, "t1", &named("A"), 4);
    assert_eq!(inventory.calls_to_read_again(), before);
}

#[test]
fn invitations_that_nobody_asks_for_any_more_are_forgotten_and_are_no_call_of_a_resync() {
    let mut inventory = lagging();
    let (members, invitations) = (Collection::Members(team("t1")), Collection::Invitations(team("t1")));
    for collection in [&members, &invitations] {
        record(&mut inventory, collection, &json!([]), 0);
    }
    for (second, calls) in [(260, 2), (520, 1)] {
        record(&mut inventory, &members, &json!([]), second);
        assert_eq!(inventory.calls_to_read_again(), calls, "{second}");
    }
    assert_eq!(inventory.read_at(&invitations), None);
}
