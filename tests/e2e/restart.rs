//! The operator is stopped between any two steps: nothing is lost, nothing is done twice.

use ping_emulator::{CreateAnswer, Settings};

use crate::harness::world::{TEAM, TOKEN};
use crate::harness::{Operator, Setup, World, another_cluster};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT, channel};

const ALL: [&str; 4] = ["pingteam/platform", "pingsvc/checkout", "pingnc/hook", "pingsub/acme"];

fn apply_all(world: &World) {
    world.apply(TEAM);
    world.apply(SERVICE);
    world.apply(&channel("hook", "{teamRef: {name: platform}}", "webhook", "https://example.com/a"));
    world.apply(&SUB_ACCOUNT.replace("spec: {", "spec: {deletionPolicy: Delete, "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_any_two_steps_changes_nothing_of_what_is_done() {
    let mut world = World::new().await;
    apply_all(&world);
    for resource in ALL {
        world.ready(resource).await;
    }
    assert_eq!(world.writes().len(), 4, "{:?}", world.writes());
    world.restart().await;
    for resource in ALL {
        world.look_again(resource).await;
    }
    assert_eq!(world.writes().len(), 4, "{:?}", world.writes());

    world.stop().await;
    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
    world.patch("pingsvc/checkout", r#"{"spec": {"name": "checkout 2"}}"#);
    world.patch("pingnc/hook", r#"{"spec": {"value": "https://example.com/b"}}"#);
    world.patch("pingsub/acme", r#"{"spec": {"name": "Acme 2"}}"#);
    world.start().await;
    for resource in ALL {
        world.ready(resource).await;
    }
    assert_eq!(world.writes().len(), 8, "{:?}", world.writes());

    world.stop().await;
    for resource in ALL {
        world.delete(resource);
    }
    world.start().await;
    for resource in ALL {
        world.gone(resource).await;
    }
    let writes = world.writes();
    assert_eq!(writes.len(), 12, "{writes:?}");
    let state = world.emulator.state(TOKEN);
    assert_eq!(state["teams"], serde_json::json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_while_a_create_is_unresolved_makes_no_second_one() {
    let settings = Settings { create_answer: CreateAnswer::Message, ..Settings::default() };
    let mut world = Setup { settings, read_lag: 3, ..Setup::default() }.build().await;
    world.apply(TEAM);
    world.says("pingteam/platform", "ResolvingCreate").await;
    world.restart().await;
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_of_a_create_makes_no_second_one() {
    let mut world = Setup { read_lag: 3, ..Setup::default() }.build().await;
    world.ready("pingpc/default").await;
    world.emulator.set(|settings| settings.latency = 300);
    world.apply(TEAM);
    crate::harness::wait::until("the create record is written", async || {
        let object = world.get("pingteam/platform").await.unwrap_or_default();
        object["metadata"]["annotations"]["ping-operator.dev/create-intent"].is_string()
    })
    .await;
    drop(world.operator.take());
    world.start().await;
    world.ready("pingteam/platform").await;
    let teams = world.emulator.state(TOKEN)["teams"].as_object().map_or(0, serde_json::Map::len);
    assert_eq!(teams, 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_restored_without_status_finds_its_object_again() {
    let mut world = World::new().await;
    world.apply(TEAM);
    let before = world.ready("pingteam/platform").await;
    world.stop().await;
    let patch = r#"{"status": {"externalId": null, "conditions": null}}"#;
    let (patched, text) =
        world.kubectl(&["patch", "pingteam/platform", "--subresource=status", "--type=merge", "-p", patch], "");
    assert!(patched, "{text}");
    world.start().await;
    let after = world.ready("pingteam/platform").await;
    assert_eq!(before["status"]["externalId"], after["status"]["externalId"]);
    assert_eq!(world.writes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graceful_stop_lets_the_call_under_way_finish_and_records_its_result() {
    let mut world = World::new().await;
    world.ready("pingpc/default").await;
    world.emulator.set(|settings| settings.latency = 700);
    world.apply(TEAM);
    crate::harness::wait::until("the create record is written", async || {
        let object = world.get("pingteam/platform").await.unwrap_or_default();
        object["metadata"]["annotations"]["ping-operator.dev/create-intent"].is_string()
    })
    .await;
    world.stop().await;
    let object = world.get("pingteam/platform").await.unwrap_or_default();
    assert!(object["status"]["externalId"].is_string(), "{object}");
    assert_eq!(world.writes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_is_asked_to_end_before_it_has_seen_everything_ends() {
    let world = Setup { cluster: Some(another_cluster()), is_started: false, ..Setup::default() }.build().await;
    world.apply(TEAM);
    // One kind that cannot be listed: the others are there, and wait for it.
    let (deleted, text) = world.kubectl(&["delete", "crd", "clusterproviderconfigs.ping-operator.dev"], "");
    assert!(deleted, "{text}");
    let operator = Operator::spawn(&world.cluster.operator(), &world.namespace, &[], &[]);
    crate::harness::wait::until("a reconcile waits", async || {
        let text = operator.get("/metrics").await.unwrap_or_default().1;
        // That of a config: a resource that may not begin yet is no reconcile.
        text.lines().any(|line| line.starts_with("controller_runtime_active_workers{") && !line.ends_with(" 0"))
    })
    .await;
    assert!(operator.stop().await.success());
}
