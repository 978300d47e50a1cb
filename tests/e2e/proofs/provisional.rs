//! The id in the answer to a create, and the form in which a list shows an address: neither is believed further than reads show it.

use ping_emulator::{Edit, Fault, Reply, ServiceLookup, Settings, Trouble};
use serde_json::json;

use super::message;
use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, reason};
use crate::lifecycle::{SERVICE, channel, values};

/// A world in which the create of the Service `checkout` was answered with the id of a stranger's service of another team; and that id.
async fn answered_with_a_strangers(service_lookup: ServiceLookup) -> (World, String) {
    let settings = Settings { service_lookup, ..Settings::default() };
    let world = Setup { settings, read_lag: 1, ..Setup::default() }.build().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let team = world.human("POST", "/customer-cmd/v1/team", json!({"name": "Theirs"}));
    let theirs = world.human("POST", "/resource-cmd/v1/service", json!({"name": "Theirs", "team_id": team["team_id"]}));
    let id = theirs["service_id"].as_str().unwrap_or_default().to_owned();
    let answer = Reply::new(201, &json!({"service_id": id}).to_string()).with_effect();
    world.emulator.fault(Fault::new("POST", "/v1/service$", 1, answer));
    world.apply(SERVICE);
    (world, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_service_whose_id_answers_a_create_is_neither_changed_nor_deleted() {
    for lookup in [ServiceLookup::Team, ServiceLookup::Service, ServiceLookup::Both] {
        let (mut world, theirs) = answered_with_a_strangers(lookup).await;
        let before = world.emulator.state(TOKEN)["services"][&theirs].clone();
        let stopped = world.says("pingsvc/checkout", "NotConverging").await;
        assert!(message(&stopped).contains(&theirs) && message(&stopped).contains("external-id"), "{stopped}");
        world.restart().await;
        world.patch("pingsvc/checkout", r#"{"spec": {"name": "Checkout 2"}}"#);
        world.look_again("pingsvc/checkout").await;
        world.says("pingsvc/checkout", "NotConverging").await;
        world.delete("pingsvc/checkout");
        let held = world.look_again("pingsvc/checkout").await;
        assert_eq!(reason(&held, "Ready"), "NotConverging", "{held}");
        let let_go = r#"{"metadata": {"annotations": {"ping-operator.dev/allow-deletion": "orphan"}}}"#;
        world.patch("pingsvc/checkout", let_go);
        world.gone("pingsvc/checkout").await;
        assert_eq!(world.emulator.state(TOKEN)["services"][&theirs], before);
        // The Team and the Service, once each.
        assert_eq!(world.writes().len(), 2, "{lookup:?}: {:#?}", world.writes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_goes_on_when_a_person_names_what_its_create_made_in_place_of_a_strangers_id() {
    for lookup in [ServiceLookup::Team, ServiceLookup::Service] {
        let (world, theirs) = answered_with_a_strangers(lookup).await;
        world.says("pingsvc/checkout", "NotConverging").await;
        let all = world.emulator.state(TOKEN)["services"].clone();
        let made = all.as_object().and_then(|all| all.keys().find(|id| **id != theirs)).cloned().unwrap_or_default();
        let named = json!({"metadata": {"annotations": {"ping-operator.dev/external-id": made}}});
        world.patch("pingsvc/checkout", &named.to_string());
        let id = id_of(&world.ready("pingsvc/checkout").await);
        assert_eq!(id, made);
        world.delete("pingsvc/checkout");
        world.gone("pingsvc/checkout").await;
        let left = world.emulator.state(TOKEN)["services"].clone();
        assert_eq!(left, json!({&theirs: all[&theirs]}), "{lookup:?}: {:#?}", world.writes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_the_list_shows_in_another_form_is_made_once_and_deleted_by_what_it_is() {
    // Each with the form in which the list shows it.
    for (type_, sent, shown) in [
        ("webhook", "https://Hooks.Example.com:443/a%2Db", "https://hooks.example.com/a-b"),
        ("email", "Ada@Example.com", "ada@example.com"),
    ] {
        let mut world = Setup { read_lag: 1, ..Setup::default() }.build().await;
        let edits = vec![Edit::new(&json!(sent).to_string(), &json!(shown).to_string())];
        world.emulator.fault(Fault::new("GET", "notification-channels", Fault::FOREVER, Trouble::Edited { edits }));
        world.apply(&channel("hook", "{customer: {}}", type_, sent));
        world.ready("pingnc/hook").await;
        world.restart().await;
        world.look_again("pingnc/hook").await;
        world.ready("pingnc/hook").await;
        assert_eq!(world.count(&["POST"]), 1, "{sent}: {:#?}", world.writes());
        world.delete("pingnc/hook");
        world.gone("pingnc/hook").await;
        let left = values(&world.emulator.state(TOKEN)["customer"]["channels"], "value");
        assert_eq!(left, Vec::<String>::new(), "{sent}: {:#?}", world.writes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_the_list_hides_or_writes_otherwise_is_made_once_and_told_and_never_left_silently() {
    for (type_, sent, shown) in [
        ("webhook", "https://example.com/hooks/s3cret", "https://example.com/hooks/[redacted]"),
        ("webhook", "https://example.com/hooks/s3cret", "https://example.com/hooks/xxxxxx"),
        ("sms", "+491712345678", "+49171...678"),
        ("sms", "+491712345678", "00491712345678"),
    ] {
        let mut world = Setup { read_lag: 1, ..Setup::default() }.build().await;
        let edits = vec![Edit::new(&json!(sent).to_string(), &json!(shown).to_string())];
        world.emulator.fault(Fault::new("GET", "notification-channels", Fault::FOREVER, Trouble::Edited { edits }));
        world.apply(&channel("hook", "{customer: {}}", type_, sent));
        world.says("pingnc/hook", "NotConverging").await;
        world.restart().await;
        world.look_again("pingnc/hook").await;
        let posts = world.count(&["POST"]);
        assert!((1..=2).contains(&posts), "{shown}: {:#?}", world.writes());
        world.delete("pingnc/hook");
        let held = world.says("pingnc/hook", "NotConverging").await;
        assert!(held["metadata"]["deletionTimestamp"].is_string(), "{held}");
        world.patch("pingnc/hook", r#"{"metadata": {"annotations": {"ping-operator.dev/allow-deletion": "orphan"}}}"#);
        world.gone("pingnc/hook").await;
        assert_eq!(world.count(&["DELETE"]), 0, "{shown}: {:#?}", world.writes());
    }
}
