//! Every write has a bound: what three calls do not change is told, and not written for ever. What is deleted is ours.

mod refusals;

use ping_emulator::{Edit, Fault, Reply, ServiceLookup, Settings, Trouble};
use serde_json::{Value, json};

use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, condition, reason, wait};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT, channel};

const NOBODYS: &str = "11111111-2222-3333-4444-555555555555";

async fn quick(settings: Settings) -> World {
    Setup { settings, resync: 1, ..Setup::default() }.build().await
}

/// Waits until the provider was read so many more times.
async fn reads(world: &World, path: &str, more: usize) {
    let before = world.count(&["GET", path]);
    wait::until("more reads", async || world.count(&["GET", path]) >= before + more).await;
}

fn annotated(manifest: &str, key: &str, value: &str) -> String {
    manifest.replace("metadata: {", &format!("metadata: {{annotations: {{ping-operator.dev/{key}: '{value}'}}, "))
}

fn ready_message(object: &Value) -> String {
    crate::proofs::message(object).to_owned()
}

fn refused(method: &str, path: &str) -> Fault {
    Fault::new(method, path, Fault::FOREVER, Reply::new(409, r#"{"message": "in use"}"#))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_external_id_that_no_service_has_leads_to_no_create_where_services_are_read_by_their_ids() {
    let world = quick(Settings { service_lookup: ServiceLookup::Service, ..Settings::default() }).await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.apply(&annotated(SERVICE, "external-id", NOBODYS));
    let object = world.says("pingsvc/checkout", "ExternalNotFound").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    reads(&world, NOBODYS, 3).await;
    assert_eq!(world.count(&["POST /v1/service"]), 0, "{:?}", world.writes());
}

/// A channel that its owner's list shows in another form than the one in which it was sent.
async fn is_made_once(type_: &str, value: &str, edit: Edit) {
    let world = quick(Settings::default()).await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let list = "/notification-channels";
    world.emulator.fault(Fault::new("GET", list, Fault::FOREVER, Trouble::Edited { edits: vec![edit.clone()] }));
    world.apply(&channel("hook", "{teamRef: {name: platform}}", type_, value));
    let object = world.says("pingnc/hook", "NotConverging").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    assert!(ready_message(&object).contains("shows"), "{object}");
    reads(&world, list, 4).await;
    world.says("pingnc/hook", "NotConverging").await;
    assert_eq!(world.count(&["POST", "/notification-channel "]), 1, "{:?}", world.writes());
    // Deleting it deletes nothing that may be somebody else's, and says so.
    world.delete("pingnc/hook");
    world.until("pingnc/hook", "is held", |object| condition(object, "DeletionHeld")["status"] == "True").await;
    world.kubectl(&["annotate", "pingnc/hook", "ping-operator.dev/allow-deletion=orphan"], "");
    world.gone("pingnc/hook").await;
    assert_eq!(world.writes().iter().filter(|call| call.starts_with("DELETE")).count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_the_list_shows_with_stars_is_made_once() {
    is_made_once("sms", "+994551234567", Edit::new("+994551234567", "+99455123****")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_the_list_shows_with_a_slash_is_made_once() {
    is_made_once("webhook", "https://example.com/a", Edit::new("example.com/a", "example.com/a/")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_the_list_shows_with_an_upper_case_host_is_the_one_that_was_made() {
    let world = quick(Settings::default()).await;
    let list = "/notification-channels";
    let edits = vec![Edit::new("example.com/a", "EXAMPLE.com/a")];
    world.emulator.fault(Fault::new("GET", list, Fault::FOREVER, Trouble::Edited { edits }));
    world.apply(&channel("hook", "{customer: {}}", "webhook", "https://example.com/a"));
    world.until("pingnc/hook", "is shown", |object| object["status"]["priority"] == 1).await;
    world.ready("pingnc/hook").await;
    reads(&world, list, 4).await;
    world.ready("pingnc/hook").await;
    world.delete("pingnc/hook");
    world.gone("pingnc/hook").await;
    let calls = (world.count(&["POST", "/notification-channel "]), world.count(&["DELETE", "priority=1"]));
    assert_eq!((calls, world.writes().len()), ((1, 1), 2), "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_whose_name_the_list_shows_in_another_form_is_made_once() {
    let world = quick(Settings::default()).await;
    let made = Reply::new(201, "{}").with_effect();
    world.emulator.fault(Fault::new("POST", "/v1/team", Fault::FOREVER, made));
    let edits = vec![Edit::new(r#""Platform""#, r#""platform""#)];
    world.emulator.fault(Fault::new("GET", "/v1/teams", Fault::FOREVER, Trouble::Edited { edits }));
    world.apply(TEAM);
    let object = world.says("pingteam/platform", "NotConverging").await;
    assert!(ready_message(&object).contains("'platform'"), "{object}");
    reads(&world, "/v1/teams", 3).await;
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_cannot_be_deleted_in_its_previous_team_is_told_and_tried_three_times() {
    let world = quick(Settings::default()).await;
    world.apply(TEAM);
    world.apply(&TEAM.replace("name: platform", "name: other").replace("Platform", "Other"));
    world.ready("pingteam/platform").await;
    world.ready("pingteam/other").await;
    world.apply(&SERVICE.replace("spec: {", "spec: {onTeamChange: Recreate, "));
    world.ready("pingsvc/checkout").await;
    world.emulator.fault(refused("DELETE", "/v1/service/"));
    world.patch("pingsvc/checkout", r#"{"spec": {"teamRef": {"name": "other"}}}"#);
    let object = world.says("pingsvc/checkout", "Invalid").await;
    assert!(ready_message(&object).contains("HTTP 409"), "{object}");
    let stopped = |object: &Value| ready_message(object).contains("3 times");
    let object = world.until("pingsvc/checkout", "has stopped", stopped).await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    reads(&world, "/v1/team-service/", 3).await;
    assert_eq!(world.count(&["DELETE /v1/service/"]), 3, "{:?}", world.writes());
    world.emulator.clear_faults();
    world.look_again("pingsvc/checkout").await;
    world.ready("pingsvc/checkout").await;
    assert_eq!(world.count(&["DELETE /v1/service/"]), 4, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_is_refused_is_tried_three_times_until_a_person_asks_again() {
    let world = quick(Settings::default()).await;
    world.emulator.fault(refused("POST", "/v1/team"));
    world.apply(TEAM);
    let stopped = |object: &Value| ready_message(object).contains("3 times");
    let object = world.until("pingteam/platform", "has stopped", stopped).await;
    assert_eq!((reason(&object, "Ready"), &condition(&object, "Stalled")["status"]), ("Invalid", &json!("True")));
    reads(&world, "/v1/teams", 3).await;
    assert_eq!(world.writes().len(), 3, "{:?}", world.writes());
    world.emulator.clear_faults();
    world.look_again("pingteam/platform").await;
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 4, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_no_list_ever_shows_stops_after_three_calls_across_restarts_until_the_spec_changes() {
    let mut world = quick(Settings::default()).await;
    world.emulator.fault(Fault::new("POST", "/v1/team", Fault::FOREVER, Trouble::Pretend));
    world.apply(TEAM);
    wait::until("two calls", async || world.writes().len() == 2).await;
    world.restart().await;
    let object = world.says("pingteam/platform", "NotConverging").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    world.restart().await;
    reads(&world, "/v1/teams", 3).await;
    world.says("pingteam/platform", "NotConverging").await;
    assert_eq!(world.writes().len(), 3, "{:?}", world.writes());
    world.emulator.clear_faults();
    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 4, "{:?}", world.writes());
}

/// A create whose POST never happened; then another name, which an object of a person has; then the resource is deleted.
async fn keeps_what_a_person_made(resource: &str, manifest: &str, create: &str, policy: &str) {
    let world = Setup { read_lag: 3, ..Setup::default() }.build().await;
    let team = world.human("POST", "/customer-cmd/v1/team", json!({"name": "theirs"}));
    world.human("POST", "/resource-cmd/v1/service", json!({"name": "theirs", "team_id": team["team_id"]}));
    world.human(
        "POST",
        "/nodeping/accounts?name=theirs&contactname=X&email=x@example.com&timezone=0&location=eur",
        json!({}),
    );
    let (team, before) = (team["team_id"].as_str().unwrap_or_default(), world.emulator.state(TOKEN));
    let manifest = manifest.replace("TEAM", team).replace("spec: {", &format!("spec: {{adoptionPolicy: {policy}, "));
    world.emulator.fault(Fault::new("POST", create, 1, Trouble::Before { status: 500 }));
    world.apply(&manifest);
    world.says(resource, "ResolvingCreate").await;
    world.patch(resource, r#"{"spec": {"name": "theirs"}}"#);
    world.delete(resource);
    world.gone(resource).await;
    let writes: Vec<_> = world.writes().into_iter().filter(|call| !call.starts_with("POST")).collect();
    assert_eq!(writes, Vec::<String>::new(), "{resource} {policy}");
    assert_eq!(world.emulator.state(TOKEN), before, "{resource} {policy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_takes_what_the_create_may_have_made_and_never_an_object_that_only_bears_the_name_of_the_spec() {
    let service = "{apiVersion: ping-operator.dev/v1alpha1, kind: Service, metadata: {name: checkout}, \
                   spec: {deletionPolicy: Delete, name: checkout, team: {externalId: TEAM}}}";
    let account = SUB_ACCOUNT.replace("spec: {", "spec: {deletionPolicy: Delete, ");
    for policy in ["IfUnique", "Never"] {
        keeps_what_a_person_made("pingteam/platform", TEAM, "/v1/team", policy).await;
        keeps_what_a_person_made("pingsvc/checkout", service, "/v1/service", policy).await;
        keeps_what_a_person_made("pingsub/acme", &account, "/accounts", policy).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_channel_whose_secret_became_invalid_is_deleted_by_what_is_recorded() {
    let world = quick(Settings::default()).await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.secret_with("address", "url", "https://example.com/a");
    let from = "valueFrom: {secretKeyRef: {name: address, key: url}}";
    let manifest = channel("hook", "{teamRef: {name: platform}}", "webhook", "x").replace("value: 'x'", from);
    world.apply(&manifest);
    world.ready("pingnc/hook").await;
    world.secret_with("address", "url", "no address");
    world.says("pingnc/hook", "Invalid").await;
    world.delete("pingnc/hook");
    world.gone("pingnc/hook").await;
    let state = world.emulator.state(TOKEN);
    let teams = state["teams"].as_object().expect("teams");
    assert!(teams.values().all(|team| team["channels"] == json!([])), "{state}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_external_id_than_the_recorded_one_is_told_and_leaks_neither_object() {
    let world = quick(Settings::default()).await;
    world.apply(TEAM);
    let ours = id_of(&world.ready("pingteam/platform").await);
    let made = world.human("POST", "/customer-cmd/v1/team", json!({"name": "Theirs"}));
    let theirs = made["team_id"].as_str().unwrap_or_default();
    world.kubectl(&["annotate", "pingteam/platform", &format!("ping-operator.dev/external-id={theirs}")], "");
    let object = world.says("pingteam/platform", "InvalidPolicy").await;
    assert!(ready_message(&object).contains(&ours) && ready_message(&object).contains(theirs), "{object}");
    assert_eq!((id_of(&object), &condition(&object, "Stalled")["status"]), (ours.clone(), &json!("True")));
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    assert_eq!(world.writes().last(), Some(&format!("DELETE /v1/team/{ours}")));
    let teams = world.emulator.state(TOKEN)["teams"].clone();
    assert_eq!(teams.as_object().map(|teams| teams.keys().cloned().collect::<Vec<_>>()), Some(vec![theirs.to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_vanished_is_not_made_again_beside_one_that_a_person_gave_its_name() {
    let world = quick(Settings::default()).await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.human("POST", "/customer-cmd/v1/team", json!({"name": "Platform"}));
    world.human("DELETE", &format!("/customer-cmd/v1/team/{id}"), json!({}));
    let object = world.says("pingteam/platform", "NameTaken").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    reads(&world, "/v1/teams", 3).await;
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
    world.patch("pingteam/platform", r#"{"spec": {"adoptionPolicy": "IfUnique"}}"#);
    assert_ne!(id_of(&world.ready("pingteam/platform").await), id);
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_was_deleted_outside_is_told_and_not_made_where_drift_is_only_reported() {
    let world = quick(Settings::default()).await;
    world.apply(&TEAM.replace("spec: {", "spec: {driftPolicy: Report, "));
    let id = id_of(&world.ready("pingteam/platform").await);
    world.human("DELETE", &format!("/customer-cmd/v1/team/{id}"), json!({}));
    let object = world.until("pingteam/platform", "is drifted", |object| reason(object, "Drifted") == "Drifted").await;
    assert_eq!(condition(&object, "Ready")["status"], "False");
    reads(&world, "/v1/teams", 4).await;
    let object = world.look_again("pingteam/platform").await;
    assert_eq!(condition(&object, "Drifted")["status"], "True");
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
    world.patch("pingteam/platform", r#"{"spec": {"driftPolicy": "Correct"}}"#);
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_only_reported_also_after_the_resource_was_not_ready_for_another_reason() {
    let mut world = quick(Settings::default()).await;
    world.apply(&TEAM.replace("spec: {", "spec: {driftPolicy: Report, "));
    let id = id_of(&world.ready("pingteam/platform").await);
    world.secret("another-token");
    world.until("pingteam/platform", "is not Ready", |object| condition(object, "Ready")["status"] == "False").await;
    world.human("PUT", &format!("/customer-cmd/v1/team/{id}"), json!({"name": "Somebody's"}));
    world.secret(TOKEN);
    world.restart().await;
    let object = world.until("pingteam/platform", "is drifted", |object| reason(object, "Drifted") == "Drifted").await;
    assert_eq!(condition(&object, "Ready")["status"], "True");
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}
