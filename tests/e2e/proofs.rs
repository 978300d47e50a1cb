//! An answer proves only what it can: gateways' pages, refusals, answers about other objects. `lists` has half lists, and numbers and
//! texts without measure.

mod lists;
mod provisional;

use ping_emulator::{Edit, Fault, Reply, Trouble};
use serde_json::{Value, json};

use crate::customer::customer;
use crate::harness::wait::until;
use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, condition, reason};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT, channel};
use crate::members::named_team;

const NOT_FOUND: &str = r#"{"message":"not found"}"#;

pub(crate) fn message(object: &Value) -> &str {
    condition(object, "Ready")["message"].as_str().unwrap_or_default()
}

/// Waits for so many further requests whose lines hold these words.
pub(crate) async fn further(world: &World, words: &[&str], more: usize) {
    let start = world.count(words);
    until(&format!("{more} more of {words:?}"), async || world.count(words) >= start + more).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_is_answered_not_found_is_made_again_until_the_list_agrees() {
    for reply in [Reply::page(404), Reply::new(404, NOT_FOUND), Reply::new(410, "")] {
        let world = World::new().await;
        world.apply(TEAM);
        world.apply(SERVICE);
        world.ready("pingsvc/checkout").await;
        world.emulator.fault(Fault::new("DELETE", "/v1/team/", 1, reply.clone()));
        world.emulator.fault(Fault::new("DELETE", "/v1/service/", 1, reply));
        for (resource, calls, kind) in [
            ("pingsvc/checkout", "DELETE /v1/service/", "services"),
            ("pingteam/platform", "DELETE /v1/team/", "teams"),
        ] {
            world.delete(resource);
            world.gone(resource).await;
            assert_eq!(world.count(&[calls]), 2, "{:#?}", world.calls());
            assert_eq!(world.emulator.state(TOKEN)[kind], json!({}));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_whose_deletion_in_the_previous_team_meets_a_page_is_not_made_twice() {
    let world = World::new().await;
    world.apply(TEAM);
    world.apply(&named_team("other", "Other", ""));
    world.apply(&SERVICE.replace("teamRef:", "onTeamChange: Recreate, teamRef:"));
    let before = id_of(&world.ready("pingsvc/checkout").await);
    world.ready("pingteam/other").await;
    world.emulator.fault(Fault::new("DELETE", "/v1/service/", 2, Reply::page(404)));
    world.patch("pingsvc/checkout", r#"{"spec": {"teamRef": {"name": "other"}}}"#);
    world
        .until("pingsvc/checkout", "is another one", |object| {
            condition(object, "Ready")["status"] == "True" && id_of(object) != before
        })
        .await;
    let services = world.emulator.state(TOKEN)["services"].as_object().map_or(0, serde_json::Map::len);
    assert_eq!((services, world.count(&["DELETE /v1/service/"])), (1, 3), "{:#?}", world.calls());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateways_page_in_the_place_of_an_answer_proves_nothing() {
    for status in [200, 404, 502] {
        let world = Setup { resync: 1, ..Setup::default() }.build().await;
        world.apply(TEAM);
        world.apply(SERVICE);
        world.ready("pingsvc/checkout").await;
        world.emulator.fault(Fault::new("GET", "/v1/team", Fault::FOREVER, Reply::page(status)));
        further(&world, &["GET /v1/team-service/"], 2).await;
        world.delete("pingsvc/checkout");
        further(&world, &["GET /v1/team-service/"], 2).await;
        assert_eq!(world.writes().len(), 2, "{status}: {:#?}", world.writes());
        world.emulator.clear_faults();
        world.gone("pingsvc/checkout").await;
        assert_eq!(world.writes().len(), 3, "{status}: {:#?}", world.writes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_not_taken_for_closed_on_the_word_of_a_gateway() {
    let world = World::new().await;
    let closure = "closure: {reason: poor-features, confirmUsername: owner-0@example.com}";
    world.apply(&customer(&format!("deletionPolicy: CloseAccount, {closure}")));
    world.ready("pingcust/me").await;
    world.emulator.fault(Fault::new("DELETE", "/v1/customer$", 2, Reply::page(404)));
    world.delete("pingcust/me");
    world.gone("pingcust/me").await;
    assert_eq!(world.count(&["DELETE /v1/customer"]), 3, "{:#?}", world.calls());
    assert_eq!(world.emulator.state(TOKEN)["customer"]["closed"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_not_taken_for_gone_because_its_list_is_not_found_once() {
    let world = World::new().await;
    world.apply(&channel("hook", "{customer: {}}", "webhook", "https://example.com/a"));
    world.ready("pingnc/hook").await;
    world.emulator.fault(Fault::new("GET", "/notification-channels$", 2, Reply::page(404)));
    world.emulator.fault(Fault::new("GET", "/notification-channels$", 1, Reply::new(404, NOT_FOUND)));
    world.delete("pingnc/hook");
    world.gone("pingnc/hook").await;
    assert_eq!(world.emulator.state(TOKEN)["customer"]["channels"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_deletion_of_a_sub_account_is_told_and_made_again() {
    let world = World::new().await;
    world.apply(&SUB_ACCOUNT.replace("spec: {", "spec: {deletionPolicy: Delete, "));
    world.ready("pingsub/acme").await;
    let busy = Reply::new(409, r#"{"error":"the account is busy"}"#);
    world.emulator.fault(Fault::new("DELETE", "/accounts$", 2, busy));
    world.delete("pingsub/acme");
    let object = world.says("pingsub/acme", "RemovalRefused").await;
    assert!(!message(&object).contains("queued"), "{object}");
    world.gone("pingsub/acme").await;
    assert_eq!(world.count(&["DELETE /accounts"]), 3, "{:#?}", world.calls());
    assert_eq!(world.emulator.state(TOKEN)["accounts"].as_object().map(serde_json::Map::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_concluded_from_a_host_that_never_answered_as_the_api_does() {
    let world = Setup { with_configs: false, resync: 1, ..Setup::default() }.build().await;
    world.secret(TOKEN);
    world.apply(&world.config("default", "Pinghome").replace("/resource-query'", "/resource-qurey'"));
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.apply(SERVICE);
    world.apply(&SERVICE.replace("name: checkout", "name: second"));
    for service in ["pingsvc/checkout", "pingsvc/second"] {
        let object = world.says(service, "ProviderUnavailable").await;
        assert!(message(&object).contains("`endpoints.resourceQuery`"), "{object}");
    }
    further(&world, &["GET /v1/team-service/"], 10).await;
    // One is made, since a provider that shows services by their ids only cannot answer before there is one.
    assert!(world.count(&["POST /v1/service"]) <= 1, "{:#?}", world.writes());
    world.apply(&world.config("default", "Pinghome"));
    for service in ["pingsvc/checkout", "pingsvc/second"] {
        world.ready(service).await;
    }
    assert_eq!(world.count(&["POST /v1/service"]), 2, "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_is_not_made_again_and_not_given_up_when_its_endpoint_is_mistyped() {
    let world = Setup { resync: 1, ..Setup::default() }.build().await;
    world.apply(TEAM);
    world.apply(SERVICE);
    world.ready("pingsvc/checkout").await;
    world.apply(&world.config("default", "Pinghome").replace("/resource-query'", "/resource-qurey'"));
    world.until("pingsvc/checkout", "is not synced", |object| reason(object, "Synced") == "ProviderUnavailable").await;
    further(&world, &["GET /v1/team-service/"], 6).await;
    assert_eq!(world.writes().len(), 2, "{:#?}", world.writes());
    world.apply(&world.config("default", "Pinghome"));
    world.until("pingsvc/checkout", "is synced", |object| condition(object, "Synced")["status"] == "True").await;
    assert_eq!(world.writes().len(), 2, "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_an_account_that_was_there_before_is_not_taken_for_a_new_one() {
    let world = World::new().await;
    let theirs = world.human(
        "POST",
        "/nodeping/accounts",
        json!({"name": "Theirs", "contactname": "T", "email": "t@example.com", "timezone": "1", "location": "nam"}),
    );
    let before = world.emulator.state(TOKEN)["accounts"].clone();
    world.emulator.fault(Fault::new("POST", "/accounts$", 1, Reply::new(200, &theirs.to_string()).with_effect()));
    world.apply(SUB_ACCOUNT);
    let id = id_of(&world.ready("pingsub/acme").await);
    let theirs = theirs["_id"].as_str().unwrap_or_default();
    assert_ne!(id, theirs);
    assert_eq!(world.emulator.state(TOKEN)["accounts"][theirs], before[theirs]);
    assert_eq!(world.count(&["POST /accounts"]), 1, "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_a_team_or_service_that_was_there_before_is_not_taken_for_a_new_one() {
    let world = World::new().await;
    let theirs = world.human("POST", "/customer-cmd/v1/team", json!({"name": "Theirs"}));
    world.emulator.fault(Fault::new("POST", "/v1/team$", 1, Reply::new(201, &theirs.to_string()).with_effect()));
    world.apply(TEAM);
    let team = id_of(&world.ready("pingteam/platform").await);
    assert_ne!(team, theirs["team_id"].as_str().unwrap_or_default());
    let theirs = world.human("POST", "/resource-cmd/v1/service", json!({"name": "Theirs", "team_id": team}));
    let id_alone = json!({"service_id": theirs["service_id"]}).to_string();
    world.emulator.fault(Fault::new("POST", "/v1/service$", 1, Reply::new(201, &id_alone).with_effect()));
    world.apply(SERVICE);
    let service = id_of(&world.ready("pingsvc/checkout").await);
    assert_ne!(service, theirs["service_id"].as_str().unwrap_or_default());
    assert_eq!(world.writes().len(), 2, "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_shows_under_another_name_is_made_once_and_named_and_never_left_silently() {
    let mut world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let edits = || vec![Edit::new("R&D", "R&amp;D")];
    let shown = |method| Fault::new(method, "/", Fault::FOREVER, Trouble::Edited { edits: edits() });
    for method in ["GET", "POST"] {
        world.emulator.fault(shown(method));
    }
    world.apply(&named_team("research", "R&D", ""));
    world.apply(&SERVICE.replace("spec: {name: checkout", "spec: {name: R&D"));
    world.apply(&SUB_ACCOUNT.replace("Acme", "R&D").replace("spec: {", "spec: {deletionPolicy: Delete, "));
    let all = ["pingteam/research", "pingsvc/checkout", "pingsub/acme"];
    for resource in all {
        let stopped = world.says(resource, "NotConverging").await;
        assert!(message(&stopped).contains("R&amp;D"), "{}", message(&stopped));
    }
    world.restart().await;
    for resource in all {
        world.look_again(resource).await;
        world.says(resource, "NotConverging").await;
    }
    assert_eq!(world.count(&["POST"]), 4, "{:#?}", world.writes());
    for resource in all {
        world.delete(resource);
        let held = world.look_again(resource).await;
        assert_eq!(reason(&held, "Ready"), "NotConverging", "{held}");
        world.patch(resource, r#"{"metadata": {"annotations": {"ping-operator.dev/allow-deletion": "orphan"}}}"#);
        world.gone(resource).await;
    }
    assert_eq!(world.count(&["DELETE"]), 0, "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_deleted_right_after_it_was_made_is_missed_when_the_read_lag_is_over() {
    let world = Setup { read_lag: 4, ..Setup::default() }.build().await;
    world.apply(TEAM);
    world.apply(&SUB_ACCOUNT.replace("spec: {", "spec: {deletionPolicy: Delete, "));
    let team = id_of(&world.ready("pingteam/platform").await);
    let account = id_of(&world.ready("pingsub/acme").await);
    world.human("DELETE", &format!("/customer-cmd/v1/team/{team}"), json!(null));
    world.human("DELETE", &format!("/nodeping/accounts?customerid={account}"), json!(null));
    for (resource, id) in [("pingteam/platform", team), ("pingsub/acme", account)] {
        world.look_again(resource).await;
        world
            .until(resource, "is another one", |object| {
                condition(object, "Ready")["status"] == "True" && id_of(object) != id
            })
            .await;
    }
}
