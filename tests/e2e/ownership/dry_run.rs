//! An operator with `--dry-run` beside the real one changes nothing that is the real one's.

use serde_json::{Value, json};

use super::{annotate, has_finalizer, operator, team};
use crate::ending::orphans;
use crate::harness::wait::until;
use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, condition, reason};

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_releases_no_finalizer_and_says_what_a_deletion_would_do() {
    let mut world = World::new().await;
    let orphaned = team("kept", "Kept").replace("spec: {", "spec: {deletionPolicy: Orphan, ");
    world.apply(&[TEAM, &orphaned].join("\n---\n"));
    let id = id_of(&world.ready("pingteam/platform").await);
    world.ready("pingteam/kept").await;
    world.stop().await;
    world.emulator.clear_journal();
    let dry = operator(&world, &world.namespace, &["--dry-run"]).await;
    for (resource, word) in [("pingteam/platform", "delete"), ("pingteam/kept", "keep")] {
        world.delete(resource);
        let told = |object: &Value| {
            let message = condition(object, "Ready")["message"].as_str().unwrap_or_default();
            message.contains("dry run") && message.contains(word)
        };
        let object = world.until(resource, "says what it would do", told).await;
        assert!(has_finalizer(&object), "{object}");
    }
    world.delete("pingpc/default");
    world.until("pingpc/default", "is deleted", |object| object["metadata"]["deletionTimestamp"].is_string()).await;
    assert_eq!((world.writes(), orphans(&world)), (Vec::<String>::new(), Vec::new()));
    let config = world.get("pingpc/default").await.unwrap_or_default();
    assert_eq!(config["status"]["recentDeletions"], Value::Null);
    assert!(dry.stop().await.success());
    world.start().await;
    world.gone("pingteam/platform").await;
    world.gone("pingteam/kept").await;
    world.gone("pingpc/default").await;
    assert_eq!(world.writes(), [format!("DELETE /v1/team/{id}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_beside_the_real_operator_takes_no_deletion_and_no_reservation_of_the_guard_from_it() {
    let world = Setup { with_configs: false, ..Setup::default() }.build().await;
    world.secret(TOKEN);
    let guarded = "deletionGuard: {maxDeletions: 1, windowSeconds: 3600}, readLagSeconds";
    world.apply(&world.config("default", "Pinghome").replace("readLagSeconds", guarded));
    let names = ["first", "second", "third"];
    world.apply(&names.map(|name| team(name, name)).join("\n---\n"));
    for name in names {
        world.ready(&format!("pingteam/{name}")).await;
    }
    let _dry = operator(&world, &world.namespace, &["--dry-run"]).await;
    for name in names {
        world.delete(&format!("pingteam/{name}"));
    }
    until("one is deleted, and two are held", async || {
        let mut held = 0;
        for name in names {
            let object = world.get(&format!("pingteam/{name}")).await.unwrap_or_default();
            held += usize::from(reason(&object, "DeletionHeld") == "GuardExceeded" && has_finalizer(&object));
        }
        held == 2 && world.count(&["DELETE"]) == 1
    })
    .await;
    let config = world.get("pingpc/default").await.unwrap_or_default();
    assert_eq!(config["status"]["recentDeletions"].as_array().map(Vec::len), Some(1), "{config}");
    assert_eq!(orphans(&world), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_puts_no_finalizer_on_a_config_or_a_resource() {
    let world = Setup { is_started: false, ..Setup::default() }.build().await;
    world.human("POST", "/customer-cmd/v1/team", json!({"name": "Platform"}));
    let _dry = operator(&world, &world.namespace, &["--dry-run"]).await;
    world.apply(&TEAM.replace("spec: {", "spec: {adoptionPolicy: IfUnique, "));
    world.ready("pingpc/default").await;
    world.ready("pingteam/platform").await;
    for resource in ["pingteam/platform", "pingpc/default"] {
        let object = world.get(resource).await.unwrap_or_default();
        assert!(!has_finalizer(&object), "{object}");
        world.delete(resource);
        world.gone(resource).await;
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_takes_no_request_and_no_change_of_a_spec_from_the_real_operator() {
    let mut world = World::new().await;
    world.apply(&TEAM.replace("spec: {", "spec: {driftPolicy: Report, "));
    let id = id_of(&world.ready("pingteam/platform").await);
    world.stop().await;
    world.emulator.clear_journal();
    let dry = operator(&world, &world.namespace, &["--dry-run"]).await;
    annotate(&world, "pingteam/platform", "ping-operator.dev/reconcile-requested-at=now");
    world.patch("pingteam/platform", r#"{"spec": {"name": "Other"}}"#);
    let told = |object: &Value| {
        let synced = condition(object, "Synced");
        synced["reason"] == "Drifted" && synced["observedGeneration"] == object["metadata"]["generation"]
    };
    let object = world.until("pingteam/platform", "says what it would change", told).await;
    assert_eq!(condition(&object, "Ready")["status"], "False", "{object}");
    assert_eq!(object["status"]["lastHandledReconcileAt"], Value::Null);
    assert!(dry.stop().await.success());
    assert_eq!(world.writes(), Vec::<String>::new());
    world.start().await;
    world.until("pingteam/platform", "is done", |object| object["status"]["lastHandledReconcileAt"] == "now").await;
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes(), [format!(r#"PUT /v1/team/{id} {{"name":"Other"}}"#)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_puts_no_older_status_in_place_of_a_newer_one() {
    let world = World::new().await;
    world.ready("pingpc/default").await;
    let dry = operator(&world, &world.namespace, &["--dry-run"]).await;
    // Both read the list before there is a team; the answer reaches the dry run late.
    world.emulator.set(|settings| settings.answer_latency = 3000);
    world.emulator.clear_journal();
    world.apply(TEAM);
    until("both look", async || world.count(&["GET", "/v1/teams"]) >= 2).await;
    dry.signal("STOP");
    world.emulator.set(|settings| settings.answer_latency = 0);
    let id = id_of(&world.ready("pingteam/platform").await);
    dry.signal("CONT");
    let reconciled = r#"controller_runtime_reconcile_total{controller="Team""#;
    until("the dry run is done", async || {
        let told = dry.get("/metrics").await.map(|(_, text)| text).unwrap_or_default();
        told.lines().any(|line| line.starts_with(reconciled) && !line.ends_with(" 0"))
    })
    .await;
    let object = world.get("pingteam/platform").await.unwrap_or_default();
    assert_eq!(object["status"]["externalId"], id.as_str(), "{object}");
    assert_eq!(id_of(&world.ready("pingteam/platform").await), id);
}
