//! Lists that are not whole, and numbers and texts without measure.

use ping_emulator::{CreateAnswer, Edit, Emulator, Envelope, Fault, Paging, Settings, Trouble};
use serde_json::json;

use super::{further, message};
use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, condition, reason};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT, channel};
use crate::members::named_team;

fn edited(path: &str, find: &str, put: &str) -> Fault {
    Fault::new("GET", path, Fault::FOREVER, Trouble::Edited { edits: vec![Edit::new(find, put)] })
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_and_texts_without_measure_are_bounded_and_every_status_is_written() {
    let settings = Settings { create_answer: CreateAnswer::Id, ..Settings::default() };
    let world = Setup { settings, resync: 1, ..Setup::default() }.build().await;
    let long = "x".repeat(40_000);
    let huge = "99999999999999999999999";
    world.apply(TEAM);
    world.apply(SERVICE);
    world.apply(SUB_ACCOUNT);
    for resource in ["pingteam/platform", "pingsvc/checkout", "pingsub/acme"] {
        world.ready(resource).await;
    }
    let edits = |edits: &[(&str, &str)]| edits.iter().map(|(find, put)| Edit::new(find, put)).collect::<Vec<_>>();
    let forever = |path: &str, all: &[(&str, &str)]| {
        world.emulator.fault(Fault::new("GET", path, Fault::FOREVER, Trouble::Edited { edits: edits(all) }));
    };
    let created = format!(r#""created_at":"{long}"#);
    let state = format!(r#""status":"{long}\u0007"#);
    forever("/v1/teams$", &[(r#""member_count":1"#, r#""member_count":-7"#), (r#""created_at":""#, &created)]);
    let heartbeats = format!(r#""heartbeat_count":{huge}"#);
    let counts = [(r#""heartbeat_count":0"#, heartbeats.as_str()), (r#""resource_count":0"#, r#""resource_count":-1"#)];
    forever("/team-service/", &counts);
    let checks = format!(r#""count":{huge}"#);
    forever("/accounts$", &[(r#""count":0"#, &checks)]);
    forever("/accounts/", &[(r#""status":"Active"#, &state)]);
    // What is read so is written: the status follows in each of them.
    for (resource, field, value) in [
        ("pingteam/platform", "memberCount", json!(0)),
        ("pingsvc/checkout", "heartbeatCount", json!(i64::MAX)),
        ("pingsub/acme", "activeChecks", json!(i64::MAX)),
    ] {
        world.until(resource, "is bounded", |object| object["status"][field] == value).await;
    }
    let team = world.get("pingteam/platform").await.unwrap_or_default();
    assert!(team["status"]["createdTime"].as_str().is_some_and(|text| text.len() <= 64), "{team}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_item_that_cannot_be_read_is_named_and_stops_only_what_needs_the_whole_list() {
    let world = Setup { resync: 1, ..Setup::default() }.build().await;
    world.apply(TEAM);
    world.apply(&named_team("broken", "Broken", ""));
    for team in ["pingteam/platform", "pingteam/broken"] {
        world.ready(team).await;
    }
    world.emulator.fault(edited("/v1/teams$", r#""name":"Broken""#, r#""name":{"Secret":1}"#));
    let broken =
        world.until("pingteam/broken", "is told", |object| reason(object, "Synced") == "ProviderUnavailable").await;
    let told = condition(&broken, "Ready")["message"].as_str().unwrap_or_default();
    assert!(told.contains("`name`") && told.contains("of the list") && !told.contains("Secret"), "{told}");
    // The others go on.
    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
    world.ready("pingteam/platform").await;
    // Whether a name is free cannot be seen; and who was there is not gone.
    world.apply(&named_team("new", "New", ""));
    world.says("pingteam/new", "ProviderUnavailable").await;
    further(&world, &["GET /v1/teams"], 5).await;
    assert_eq!(world.writes().len(), 3, "{:#?}", world.writes());
    world.emulator.clear_faults();
    for team in ["pingteam/broken", "pingteam/new"] {
        world.ready(team).await;
    }
    assert_eq!(world.writes().len(), 4, "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_item_of_any_list_that_cannot_be_read_stops_neither_the_neighbours_nor_makes_anything_twice() {
    let world = Setup { resync: 1, ..Setup::default() }.build().await;
    let member = "members: [{email: ada@example.com}]";
    world.apply(&TEAM.replace("name: Platform", &format!("name: Platform, {member}")));
    let bravo = SUB_ACCOUNT.replace("name: acme", "name: bravo").replace("Acme", "Bravo");
    let hook = |name: &str| channel(name, "{customer: {}}", "webhook", &format!("https://example.com/{name}"));
    world.apply(&[SERVICE, &SERVICE.replace("checkout", "payments"), SUB_ACCOUNT, &bravo].join("\n---\n"));
    world.apply(&[hook("bad"), hook("good")].join("\n---\n"));
    let good = ["pingsvc/payments", "pingsub/bravo", "pingnc/good"];
    let all = ["pingteam/platform", "pingsvc/checkout", "pingsub/acme", "pingnc/bad"].into_iter().chain(good);
    for resource in all.clone() {
        world.ready(resource).await;
    }
    let writes = world.writes();
    for (path, find, put) in [
        ("/team-service/", r#""name":"checkout""#, r#""name":7"#),
        ("/accounts$", r#""name":"Acme""#, r#""name":[]"#),
        ("/notification-channels$", r#""value":"https://example.com/bad""#, r#""value":{}"#),
        ("/invitations", r#""email":"ada@example.com""#, r#""email":7"#),
        ("/members", r#""email":"ada@example.com""#, r#""email":7"#),
    ] {
        world.emulator.fault(edited(path, find, put));
    }
    for path in ["/team-service/", "/accounts", "/notification-channels"] {
        further(&world, &["GET", path], 4).await;
    }
    assert_eq!(world.writes(), writes);
    for resource in good {
        world.ready(resource).await;
    }
    world.emulator.clear_faults();
    for resource in all {
        world.look_again(resource).await;
        world.ready(resource).await;
    }
    assert_eq!(world.writes(), writes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_says_there_is_more_is_not_taken_for_the_whole() {
    let more = [
        r#"{"next":"/v1/teams?page=2","data":["#,
        r#"{"has_more":true,"data":["#,
        r#"{"total":7,"data":["#,
        r#"{"page":1,"pages":3,"data":["#,
        r#"{"links":{"next":"https://elsewhere.example.com/teams?page=2"},"data":["#,
        r#"{"meta":{"total_pages":2},"data":["#,
    ];
    let settings = Settings { envelope: Envelope::Data, ..Settings::default() };
    let world = Setup { settings, resync: 1, ..Setup::default() }.build().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    for (number, envelope) in more.into_iter().enumerate() {
        let name = format!("pingteam/new-{number}");
        world.emulator.fault(edited("/v1/teams$", r#"{"data":["#, envelope));
        further(&world, &["GET /v1/teams"], 1).await;
        world.apply(&named_team(&format!("new-{number}"), &format!("New {number}"), ""));
        let object = world.says(&name, "ProviderUnavailable").await;
        assert!(message(&object).contains("not complete"), "{envelope}: {object}");
        assert_eq!(world.writes().len(), number + 1, "{envelope}: {:#?}", world.writes());
        world.emulator.clear_faults();
        world.ready(&name).await;
    }
}

/// A world whose provider answers a create without an id: only a list shows what was made.
async fn paged(settings: Settings) -> World {
    let settings = Settings { create_answer: CreateAnswer::Message, ..settings };
    Setup { settings, resync: 1, ..Setup::default() }.build().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_the_third_page_of_a_list_is_found_and_not_made_twice() {
    for paging in [Paging::Next, Paging::Header, Paging::Cursor, Paging::Number] {
        let world = paged(Settings { page_size: 1, paging, ..Settings::default() }).await;
        let mut resources = Vec::new();
        for number in 1..=3 {
            world.apply(&named_team(&format!("t{number}"), &format!("Team-{number}"), ""));
            let account = SUB_ACCOUNT.replace("name: acme", &format!("name: a{number}"));
            world.apply(&account.replace("Acme", &format!("Acme-{number}")));
            let hook = format!("https://example.com/{number}");
            world.apply(&channel(&format!("c{number}"), "{teamRef: {name: t1}}", "webhook", &hook));
            resources.extend(["pingteam/t", "pingsub/a", "pingnc/c"].map(|kind| format!("{kind}{number}")));
        }
        for resource in &resources {
            world.ready(resource).await;
        }
        let lists = ["GET /v1/teams", "GET /accounts", "/notification-channels"];
        for list in lists {
            further(&world, &[list, if paging == Paging::Cursor { "cursor=at-3" } else { "page=3" }], 2).await;
        }
        assert_eq!(world.writes().len(), 9, "{paging:?}: {:#?}", world.writes());
        for resource in &resources {
            world.delete(resource);
        }
        for resource in &resources {
            world.gone(resource).await;
        }
        assert_eq!(world.emulator.state(TOKEN)["teams"], json!({}), "{paging:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_goes_to_no_other_host_for_the_next_page_of_a_list() {
    let elsewhere = Emulator::start(Settings::default()).await.expect("a port");
    let world = paged(Settings { page_size: 1, ..Settings::default() }).await;
    for name in ["Old-1", "Old-2"] {
        world.human("POST", "/customer-cmd/v1/team", json!({"name": name}));
    }
    let mut names = Vec::new();
    for paging in [Paging::Next, Paging::Header] {
        for base in [format!("http://{}", elsewhere.address()), format!("//{}", elsewhere.address())] {
            world.emulator.set(|settings| (settings.paging, settings.next_base) = (paging, base));
            let name = format!("new-{}", names.len());
            further(&world, &["GET /v1/teams"], usize::from(!names.is_empty())).await;
            world.apply(&named_team(&name, &name, ""));
            let team = world.says(&format!("pingteam/{name}"), "ProviderUnavailable").await;
            assert!(message(&team).contains("not complete") && message(&team).contains("another host"), "{team}");
            names.push(name);
        }
    }
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(elsewhere.journal().len(), 0);
    world.emulator.set(|settings| settings.next_base.clear());
    for name in &names {
        world.ready(&format!("pingteam/{name}")).await;
    }
    assert_eq!(world.writes().len(), names.len(), "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_next_page_that_was_read_before_ends_the_list_as_an_error() {
    let world = paged(Settings { page_size: 1, next_repeats: true, ..Settings::default() }).await;
    for name in ["Old-1", "Old-2", "Old-3"] {
        world.human("POST", "/customer-cmd/v1/team", json!({"name": name}));
    }
    world.apply(TEAM);
    let team = world.says("pingteam/platform", "ProviderUnavailable").await;
    assert!(message(&team).contains("not complete") && message(&team).contains("read before"), "{team}");
    assert!(world.count(&["GET /v1/teams?page=2"]) > 0, "{:#?}", world.calls());
    world.emulator.set(|settings| settings.next_repeats = false);
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 1, "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_shift_while_they_are_read_do_not_show_that_something_is_gone() {
    let world = paged(Settings { page_size: 2, ..Settings::default() }).await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    for name in ["Old-1", "Old-2", "Old-3"] {
        world.human("POST", "/customer-cmd/v1/team", json!({"name": name}));
    }
    world.emulator.set(|settings| settings.pages_shift = true);
    further(&world, &["GET /v1/teams?page=2"], 2).await;
    // The list that shifts misses the last of them at most; a name that is not in it may be taken all the same.
    world.apply(&named_team("new", "New", ""));
    let new = world.says("pingteam/new", "ProviderUnavailable").await;
    assert!(message(&new).contains("changed while"), "{new}");
    further(&world, &["GET /v1/teams?page=2"], 5).await;
    assert_eq!(world.writes().len(), 1, "{:#?}", world.writes());
    world.emulator.set(|settings| settings.pages_shift = false);
    world.ready("pingteam/new").await;
    assert_eq!(id_of(&world.ready("pingteam/platform").await), id);
    assert_eq!(world.writes().len(), 2, "{:#?}", world.writes());
}
