//! Conditions say what is so, once, and of which generation; a refusal is told with the provider's words, and without secrets.

mod configs;
mod events;

use ping_emulator::{Fault, Reply};
use serde_json::{Value, json};

use crate::harness::world::{TEAM, id_of};
use crate::harness::{Setup, World, condition, reason, wait};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT, channel};

/// What `Ready` says.
fn message(object: &Value) -> &str {
    condition(object, "Ready")["message"].as_str().unwrap_or_default()
}

fn is_suspended(object: &Value) -> bool {
    condition(object, "Suspended")["status"] == "True"
}

/// `kubectl get` of a kind, with these flags: the words of its first line.
fn columns(world: &World, kind: &str, flags: &[&str]) -> Vec<String> {
    let (listed, text) = world.kubectl(&[&["get", kind], flags].concat(), "");
    assert!(listed, "{text}");
    text.lines().next().unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// How many conditions have a message that contains this.
fn saying(object: &Value, text: &str) -> usize {
    let conditions = object["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    conditions.iter().filter(|condition| condition["message"].as_str().unwrap_or_default().contains(text)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_team_is_ready_for_the_generation_that_was_looked_at_and_wait_does_not_return() {
    let world = World::new().await;
    world.apply(TEAM);
    let before = world.ready("pingteam/platform").await;
    world.patch("pingteam/platform", r#"{"spec": {"suspend": true, "name": "Another"}}"#);
    let object = world.until("pingteam/platform", "is suspended", is_suspended).await;
    for type_ in ["Ready", "Synced"] {
        assert_eq!(condition(&object, type_), condition(&before, type_), "{object}");
    }
    assert_eq!(object["status"]["observedGeneration"], before["status"]["observedGeneration"], "{object}");
    let (returns, text) = world.kubectl(&["wait", "--for=condition=Ready", "pingteam/platform", "--timeout=1s"], "");
    assert!(!returns, "{text}");
    world.patch("pingteam/platform", r#"{"spec": {"suspend": false}}"#);
    let object = world.ready("pingteam/platform").await;
    assert_eq!(condition(&object, "Suspended"), &Value::Null);
    assert_eq!(world.count(&["PUT", "Another"]), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_made_while_a_team_that_only_reports_is_suspended_is_written_afterwards() {
    let world = World::new().await;
    world.apply(&TEAM.replace("spec: {", "spec: {driftPolicy: Report, "));
    world.ready("pingteam/platform").await;
    world.patch("pingteam/platform", r#"{"spec": {"suspend": true, "name": "Another"}}"#);
    world.until("pingteam/platform", "is suspended", is_suspended).await;
    world.patch("pingteam/platform", r#"{"spec": {"suspend": false}}"#);
    let object = world.ready("pingteam/platform").await;
    assert_eq!(world.count(&["PUT", "Another"]), 1, "{object}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentence_stands_once_in_the_conditions() {
    let world = World::new().await;
    world.apply(SERVICE);
    let waiting = world.says("pingsvc/checkout", "ReferenceNotFound").await;
    assert_eq!(saying(&waiting, message(&waiting)), 1, "{waiting}");
    world.apply(TEAM);
    for resource in ["pingsvc/checkout", "pingteam/platform", "pingpc/default"] {
        let ready = world.ready(resource).await;
        assert_eq!(saying(&ready, message(&ready)), 1, "{ready}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_quoted_without_what_is_secret() {
    let world = World::new().await;
    let refusal = r#"{"message": "cannot \u0007reach https://hooks.example.com/a7f for Bearer token-a\nnow"}"#;
    world.emulator.fault(Fault::new("POST", "/notification-channel$", Fault::FOREVER, Reply::new(422, refusal)));
    world.apply(&channel("hook", "{customer: {}}", "webhook", "https://hooks.example.com/a7f"));
    let object = world.says("pingnc/hook", "Invalid").await;
    assert!(message(&object).contains(r#"the provider says: "cannot reach […] for Bearer […] now""#), "{object}");
    let (_, events) = world.kubectl(&["get", "events", "-o", "json"], "");
    let log = world.operator.as_ref().map(crate::harness::Operator::log).unwrap_or_default();
    for (what, text) in [("status", object["status"].to_string()), ("events", events), ("log", log)] {
        assert!(!text.contains("hooks.example.com") && !text.contains("token-a"), "{what}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_page_nor_a_failing_provider_is_quoted() {
    let world = World::new().await;
    for status in [422, 500] {
        let answer = if status == 500 { Reply::new(500, r#"{"message": "canary"}"#) } else { Reply::page(status) };
        world.apply(TEAM);
        world.ready("pingteam/platform").await;
        world.emulator.fault(Fault::new("PUT", "/team/", Fault::FOREVER, answer));
        world.patch("pingteam/platform", &json!({"spec": {"name": format!("Team {status}")}}).to_string());
        let object = world.until("pingteam/platform", "failed", |team| reason(team, "Ready") != "Available").await;
        assert_eq!(saying(&object, "provider says"), 0, "{object}");
        assert_eq!(saying(&object, "canary"), 0, "{object}");
        world.emulator.clear_faults();
        world.ready("pingteam/platform").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_observes_and_an_annotation_that_stays_on_are_told() {
    let world = World::new().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    let observing = format!(
        "{{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {{name: platform, annotations: {{ping-operator.dev/external-id: {id}}}}}, \
         spec: {{name: Platform, managementPolicy: Observe}}}}"
    );
    world.apply(&observing);
    world.until("pingteam/platform", "says that it only observes", |o| message(o).contains("'Observe'")).await;
    world.apply(&TEAM.replace("spec: {", "spec: {managementPolicy: Manage, "));
    world.until("pingteam/platform", "writes again", |o| !message(o).contains("'Observe'")).await;
    world.kubectl(&["annotate", "pingteam/platform", "ping-operator.dev/allow-deletion=true"], "");
    let told = |object: &Value| message(object).contains("allow-deletion is still 'true'");
    world.until("pingteam/platform", "tells of the annotation", told).await;
    world.kubectl(&["annotate", "pingteam/platform", "ping-operator.dev/allow-deletion-"], "");
    world.until("pingteam/platform", "tells nothing more", |object| !told(object)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_that_it_is_one() {
    let world = Setup { flags: vec!["--dry-run".to_owned()], ..Setup::default() }.build().await;
    let made = world.human("POST", "/customer-cmd/v1/team", json!({"name": "Platform"}));
    let id = made["team_id"].as_str().unwrap_or_default();
    let claim = format!("metadata: {{annotations: {{ping-operator.dev/external-id: {id}}}, ");
    world.apply(&TEAM.replace("metadata: {", &claim));
    let object = world.ready("pingteam/platform").await;
    assert!(message(&object).contains("(--dry-run)"), "{object}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_shows_the_same_columns_and_those_that_say_most_by_default() {
    let world = World::new().await;
    world.apply(TEAM);
    world.apply(SERVICE);
    world.apply(SUB_ACCOUNT);
    world.apply(&channel("hook", "{customer: {}}", "webhook", "https://example.com/a"));
    world.apply(&crate::customer::customer("username: ada@example.com"));
    world.apply(&crate::account::account("managementPolicy: Observe"));
    for kind in ["pingteam", "pingsvc", "pingnc", "pingsub", "pingcust", "pingacct", "pingpc"] {
        let shown = columns(&world, kind, &[]);
        assert!(
            shown.len() <= 7 && shown.ends_with(&["READY", "REASON", "AGE"].map(str::to_owned)),
            "{kind}: {shown:?}"
        );
        let wide = columns(&world, kind, &["-o", "wide"]);
        let has = |name: &&str| wide.iter().any(|column| column == name);
        assert!(has(&"STATUS"), "{kind}: {wide:?}");
        assert!(kind == "pingpc" || ["PROVIDER-CONFIG", "ACCOUNT", "EXTERNAL-ID"].iter().all(has), "{kind}: {wide:?}");
    }
    world.ready("pingteam/platform").await;
    let told = async || {
        let (_, text) = world.kubectl(&["get", "pingteam", "-o", "wide"], "");
        text.contains("the provider equals the spec") && text.contains("Available")
    };
    wait::until("the sentence is in the wide view", told).await;
}
