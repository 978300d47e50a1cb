//! Annotations that the operator does not know.

use serde_json::Value;

use super::{annotate, kubectl, team};
use crate::harness::world::TEAM;
use crate::harness::{World, condition};
use crate::validate::validate;

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_annotation_key_stops_writes_and_holds_a_deletion() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.emulator.clear_journal();
    annotate(&world, "pingteam/platform", "ping-operator.dev/allow-deletions=orphan");
    let object = world.says("pingteam/platform", "InvalidPolicy").await;
    let message = condition(&object, "Ready")["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("allow-deletions") && message.contains("'ping-operator.dev/allow-deletion'"), "{message}");
    world.patch("pingteam/platform", r#"{"spec": {"name": "Other"}}"#);
    world.delete("pingteam/platform");
    let is_held = |object: &Value| {
        let stalled = condition(object, "Stalled");
        stalled["reason"] == "InvalidPolicy" && stalled["observedGeneration"] == object["metadata"]["generation"]
    };
    world.until("pingteam/platform", "is held", is_held).await;
    assert_eq!(world.writes(), Vec::<String>::new());
    let corrected = ["ping-operator.dev/allow-deletions-", "ping-operator.dev/allow-deletion=orphan"];
    kubectl(&world, &["annotate", "pingteam/platform", corrected[0], corrected[1]], "");
    world.gone("pingteam/platform").await;
    assert_eq!(world.writes(), Vec::<String>::new());

    let manifest =
        team("t", "T").replace("metadata: {", "metadata: {annotations: {ping-operator.dev/externalid: x1}, ");
    let output = validate(&manifest, &["--partial"]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains(":1:") && told.contains("'ping-operator.dev/external-id'"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_annotation_key_on_a_config_stops_what_uses_it() {
    let world = World::new().await;
    world.ready("pingpc/default").await;
    annotate(&world, "pingpc/default", "ping-operator.dev/external_id=c1");
    world.says("pingpc/default", "InvalidPolicy").await;
    world.apply(TEAM);
    world.says("pingteam/platform", "InvalidPolicy").await;
    assert_eq!(world.writes(), Vec::<String>::new());
    annotate(&world, "pingpc/default", "ping-operator.dev/external_id-");
    world.ready("pingteam/platform").await;
    annotate(&world, "pingpc/default", "ping-operator.dev/allow-deletion=ture");
    world.says("pingpc/default", "InvalidPolicy").await;
    annotate(&world, "pingpc/default", "ping-operator.dev/allow-deletion-");
    world.ready("pingpc/default").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_very_long_request_for_a_reconcile_is_cut_to_what_status_can_hold() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let long = "ä".repeat(300);
    annotate(&world, "pingteam/platform", &format!("ping-operator.dev/reconcile-requested-at={long}"));
    let handled = |object: &Value| object["status"]["lastHandledReconcileAt"].as_str() == Some(&"ä".repeat(256));
    world.until("pingteam/platform", "has looked again", handled).await;
    world.patch("pingteam/platform", r#"{"spec": {"name": "Other"}}"#);
    world.ready("pingteam/platform").await;
}
