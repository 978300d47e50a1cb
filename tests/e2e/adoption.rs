//! Objects that exist already: never taken silently, never doubled.

use serde_json::json;

use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, condition};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT, channel};

/// A world in which no list is young enough: what a person made a moment ago is seen.
async fn fresh() -> World {
    Setup { read_lag: 0, ..Setup::default() }.build().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_name_stops_with_the_id_and_how_to_adopt_it() {
    let world = fresh().await;
    let made = world.human("POST", "/customer-cmd/v1/team", json!({"name": "Platform"}));
    let id = made["team_id"].as_str().unwrap_or_default();
    world.apply(TEAM);
    let object = world.says("pingteam/platform", "NameTaken").await;
    let message = condition(&object, "Ready")["message"].as_str().unwrap_or_default();
    assert!(message.contains(id) && message.contains("ping-operator.dev/external-id"), "{message}");
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    assert_eq!(world.writes(), Vec::<String>::new());

    let (annotated, text) =
        world.kubectl(&["annotate", "pingteam/platform", &format!("ping-operator.dev/external-id={id}")], "");
    assert!(annotated, "{text}");
    let object = world.ready("pingteam/platform").await;
    assert_eq!(id_of(&object), id);
    assert_eq!(world.writes(), Vec::<String>::new(), "adopting an equal object writes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unique_name_is_adopted_where_the_policy_says_so_and_two_are_not() {
    let world = fresh().await;
    let adopting = TEAM.replace("spec: {", "spec: {adoptionPolicy: IfUnique, ");
    world.human("POST", "/customer-cmd/v1/team", json!({"name": "Platform"}));
    world.human("POST", "/customer-cmd/v1/team", json!({"name": "Platform"}));
    world.apply(&adopting);
    world.says("pingteam/platform", "NameTaken").await;
    world.patch("pingteam/platform", r#"{"spec": {"adoptionPolicy": "CreateAnyway"}}"#);
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 1);

    let single = world.human("POST", "/customer-cmd/v1/team", json!({"name": "Single"}));
    world.apply(&adopting.replace("name: platform", "name: single").replace("name: Platform", "name: Single"));
    let object = world.ready("pingteam/single").await;
    assert_eq!(id_of(&object), single["team_id"].as_str().unwrap_or_default());
    assert_eq!(world.writes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_external_id_that_does_not_exist_never_leads_to_a_create() {
    let world = World::new().await;
    let wrong = "metadata: {annotations: {ping-operator.dev/external-id: 11111111-2222-3333-4444-555555555555}, name: ";
    world.apply(&TEAM.replace("metadata: {name: ", wrong));
    let object = world.says("pingteam/platform", "ExternalNotFound").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    assert!(!world.writes().iter().any(|call| call.starts_with("POST")), "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_of_two_resources_wins_and_deleting_the_younger_deletes_nothing() {
    let world = World::new().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.second_after("pingteam/platform").await;
    let claim = format!("metadata: {{annotations: {{ping-operator.dev/external-id: {id}}}, name: second");
    world.apply(&TEAM.replace("metadata: {name: platform", &claim));
    let object = world.says("pingteam/second", "Conflict").await;
    let message = condition(&object, "Ready")["message"].as_str().unwrap_or_default();
    assert!(message.contains(&format!("{}/platform", world.namespace)), "{message}");
    world.delete("pingteam/second");
    world.gone("pingteam/second").await;
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_equal_channel_is_bound_and_not_made_again() {
    let world = fresh().await;
    world.apply(TEAM);
    let team = id_of(&world.ready("pingteam/platform").await);
    let path = format!("/customer-cmd/v1/team/{team}/notification-channel");
    world.human("POST", &path, json!({"type": "email", "value": "Ops@Example.com"}));
    world.emulator.clear_journal();
    world.apply(&channel("mail", "{teamRef: {name: platform}}", "email", "ops@example.com"));
    world.ready("pingnc/mail").await;
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn services_and_sub_accounts_are_adopted_too_and_never_the_primary_account() {
    let world = fresh().await;
    world.apply(TEAM);
    let team = id_of(&world.ready("pingteam/platform").await);
    let service = world.human("POST", "/resource-cmd/v1/service", json!({"name": "checkout", "team_id": team}));
    let path = "/nodeping/accounts?name=Acme&contactname=x&email=x@example.com&timezone=-7&location=eur";
    let account = world.human("POST", path, json!(null));
    world.emulator.clear_journal();
    world.apply(&SERVICE.replace("spec: {", "spec: {adoptionPolicy: IfUnique, "));
    world.apply(&SUB_ACCOUNT.replace("spec: {", "spec: {adoptionPolicy: IfUnique, "));
    assert_eq!(id_of(&world.ready("pingsvc/checkout").await), service["service_id"].as_str().unwrap_or_default());
    assert_eq!(id_of(&world.ready("pingsub/acme").await), account["_id"].as_str().unwrap_or_default());
    let primary = world.emulator.state(TOKEN)["primary"].as_str().unwrap_or_default().to_owned();
    let claim = format!("metadata: {{annotations: {{ping-operator.dev/external-id: '{primary}'}}, name: primary");
    world.apply(&SUB_ACCOUNT.replace("metadata: {name: acme", &claim));
    world.says("pingsub/primary", "Invalid").await;
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_resource_of_one_name_stops_although_a_resource_claims_the_object() {
    let world = World::new().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.apply(&TEAM.replace("name: platform", "name: twin"));
    let object = world.says("pingteam/twin", "NameTaken").await;
    let message = condition(&object, "Ready")["message"].as_str().unwrap_or_default();
    assert!(message.contains(&id) && message.contains("platform"), "{message}");
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
    // Nothing is wrong with the first, and the second can be told to make another.
    world.look_again("pingteam/platform").await;
    world.ready("pingteam/platform").await;
    world.patch("pingteam/twin", r#"{"spec": {"adoptionPolicy": "CreateAnyway"}}"#);
    assert_ne!(id_of(&world.ready("pingteam/twin").await), id);
}
