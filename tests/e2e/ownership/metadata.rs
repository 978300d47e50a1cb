//! Finalizers and create records that somebody drops or copies.

use std::time::Duration;

use ping_emulator::{Fault, Trouble};
use serde_json::{Value, json};

use super::{annotate, create_record, has_finalizer, kubectl, team};
use crate::ending::orphans;
use crate::harness::wait::{NAMESPACE_ENDS, until, within};
use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, condition, reason};
use crate::lifecycle::SERVICE;

/// How soon the operator puts back what somebody drops.
const PUT_BACK: Duration = Duration::from_secs(5);

/// A Team with this create record binds no object of its name, and its deletion deletes none.
pub(crate) async fn binds_nothing(world: &World, record: &Value) {
    let annotated = format!("metadata: {{annotations: {{ping-operator.dev/create-intent: '{record}'}}, name: ");
    world.apply(&TEAM.replace("metadata: {name: ", &annotated));
    world.says("pingteam/platform", "NameTaken").await;
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finalizer_and_a_create_record_that_a_replace_drops_are_put_back_without_a_call() {
    let world = World::new().await;
    world.apply(TEAM);
    let before = world.ready("pingteam/platform").await;
    world.ready("pingpc/default").await;
    world.emulator.clear_journal();
    let config = world.config("default", "Pinghome");
    for (resource, manifest) in [("pingteam/platform", TEAM), ("pingpc/default", config.as_str())] {
        let object = world.get(resource).await.unwrap_or_default();
        assert!(has_finalizer(&object), "{object}");
        kubectl(&world, &["replace", "-f", "-"], manifest);
        within(PUT_BACK, "what was dropped is put back", async || {
            world
                .get(resource)
                .await
                .is_some_and(|now| has_finalizer(&now) && create_record(&now) == create_record(&object))
        })
        .await;
    }
    assert!(create_record(&before).is_string());
    assert_eq!(world.calls(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_resource_gets_back_the_finalizer_that_a_replace_drops() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let suspended = TEAM.replace("spec: {", "spec: {suspend: true, ");
    world.apply(&suspended);
    world.until("pingteam/platform", "is suspended", |object| condition(object, "Suspended")["status"] == "True").await;
    kubectl(&world, &["replace", "-f", "-"], &suspended);
    world.until("pingteam/platform", "has its finalizer again", has_finalizer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_that_goes_without_its_finalizer_leaves_a_ledger_line_and_an_event() {
    let world = World::new().await;
    world.apply(&[TEAM, SERVICE].join("\n---\n"));
    world.ready("pingsvc/checkout").await;
    let id = id_of(&world.ready("pingteam/platform").await);
    // It is held by the Service that refers to it, until somebody takes its finalizer off.
    world.delete("pingteam/platform");
    world.until("pingteam/platform", "waits", |object| reason(object, "Reconciling") == "HasDependents").await;
    world.patch("pingteam/platform", r#"{"metadata": {"finalizers": []}}"#);
    world.gone("pingteam/platform").await;
    until("the ledger has a line", async || !orphans(&world).is_empty()).await;
    let lines = orphans(&world);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((&lines[0]["externalId"], &lines[0]["name"]), (&json!(id), &json!("platform")));
    let event = async || world.kubectl(&["get", "events"], "").1.contains("OrphanedExternalResource");
    until("there is an event", event).await;
    assert!(world.emulator.state(TOKEN)["teams"].get(&id).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_releases_itself_leaves_no_ledger_line() {
    let world = Setup { read_lag: 0, ..Setup::default() }.build().await;
    for (i, spec) in ["", "managementPolicy: Observe, adoptionPolicy: IfUnique, "].into_iter().enumerate() {
        if i == 1 {
            world.human("POST", "/customer-cmd/v1/team", json!({"name": "Platform"}));
        }
        world.apply(&TEAM.replace("spec: {", &format!("spec: {{{spec}")));
        world.ready("pingteam/platform").await;
        world.delete("pingteam/platform");
        world.gone("pingteam/platform").await;
    }
    // Its line is written after those that the others would have left.
    world.apply(&team("last", "Last"));
    world.ready("pingteam/last").await;
    annotate(&world, "pingteam/last", "ping-operator.dev/allow-deletion=orphan");
    world.delete("pingteam/last");
    world.gone("pingteam/last").await;
    let names: Vec<_> = orphans(&world).iter().map(|line| line["name"].clone()).collect();
    assert_eq!(names, [json!("last")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_that_leaves_the_selection_of_the_operator_is_no_orphan() {
    let flags = vec!["--selector".to_owned(), "shard=a".to_owned()];
    let world = Setup { flags, ..Setup::default() }.build().await;
    world.apply(&world.config("other", "Pinghome"));
    kubectl(&world, &["label", "pingpc/default", "pingpc/other", "shard=a"], "");
    let leaving = team("leaves", "leaves").replace("spec: {", "spec: {providerConfigRef: {name: other}, ");
    world.apply(&[leaving, team("orphaned", "orphaned")].join("\n---\n"));
    world.ready("pingteam/leaves").await;
    world.ready("pingteam/orphaned").await;
    kubectl(&world, &["label", "pingpc/other", "shard-"], "");
    annotate(&world, "pingteam/orphaned", "ping-operator.dev/allow-deletion=orphan");
    world.delete("pingteam/orphaned");
    world.gone("pingteam/orphaned").await;
    let names: Vec<_> = orphans(&world).iter().map(|line| line["name"].clone()).collect();
    assert_eq!(names, [json!("orphaned")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_record_that_was_copied_from_another_cluster_binds_nothing() {
    let world = Setup { read_lag: 0, ..Setup::default() }.build().await;
    world.apply(&team("own", "Own"));
    let own = world.ready("pingteam/own").await;
    let (_, cluster) = world.kubectl(&["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"], "");
    let record: Value = serde_json::from_str(create_record(&own).as_str().unwrap_or_default()).unwrap_or_default();
    assert_eq!(record["cluster"], cluster.as_str());

    world.human("POST", "/customer-cmd/v1/team", json!({"name": "Platform"}));
    world.emulator.clear_journal();
    let record = json!({
        "nonce": "0011223344556677", "time": "2026-01-01T00:00:00Z", "ids": [], "name": "Platform",
        "cluster": "11111111-2222-3333-4444-555555555555",
    });
    binds_nothing(&world, &record).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_create_record_does_not_take_the_object() {
    let world = World::new().await;
    world.apply(TEAM);
    let original = world.ready("pingteam/platform").await;
    let record = create_record(&original).as_str().unwrap_or_default();
    let annotated = format!("metadata: {{annotations: {{ping-operator.dev/create-intent: '{record}'}}, name: ");
    world.apply(&team("copy", "Platform").replace("metadata: {name: ", &annotated));
    let is_decided = |object: &Value| ["Available", "NameTaken"].contains(&reason(object, "Ready"));
    let copy = world.until("pingteam/copy", "is decided", is_decided).await;
    assert_ne!(id_of(&copy), id_of(&original));
    world.delete("pingteam/copy");
    world.gone("pingteam/copy").await;
    world.look_again("pingteam/platform").await;
    assert_eq!(id_of(&world.ready("pingteam/platform").await), id_of(&original));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_ends_although_the_provider_refuses_its_token() {
    let world = World::new().await;
    world.apply(&[TEAM, SERVICE].join("\n---\n"));
    world.ready("pingsvc/checkout").await;
    world.emulator.fault(Fault {
        method: None,
        path: String::new(),
        times: 1_000_000,
        trouble: Trouble::Before { status: 401 },
    });
    kubectl(&world, &["delete", "namespace", &world.namespace, "--wait=false"], "");
    world.namespace_ends(NAMESPACE_ENDS).await;
    let mut kinds: Vec<_> = orphans(&world).iter().map(|line| line["kind"].clone()).collect();
    kinds.sort_by_key(ToString::to_string);
    assert_eq!(kinds, [json!("Service"), json!("Team")]);
}
