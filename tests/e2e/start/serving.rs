//! Which of several operators serves a config.

use std::time::Duration;

use serde_json::Value;

use crate::harness::wait::{until, within};
use crate::harness::world::TEAM;
use crate::harness::{Operator, Setup, World};
use crate::leader::renamed;
use crate::lifecycle::SUB_ACCOUNT;
use crate::rights::Rights;

pub(super) async fn unstarted() -> World {
    Setup { is_started: false, ..Setup::default() }.build().await
}

/// Starts an operator with more flags.
pub(super) async fn operator(world: &World, flags: &[&str]) -> Operator {
    let address = world.emulator.address().to_string();
    let flags: Vec<_> = ["--allow-endpoint", &address].iter().chain(flags).map(ToString::to_string).collect();
    Operator::start(&world.cluster.operator(), &world.namespace, &flags, &[]).await
}

/// Starts an operator in a pod of this name.
async fn operator_in_pod(world: &World, pod: &str) -> Operator {
    let flags = ["--allow-endpoint".to_owned(), world.emulator.address().to_string()];
    Operator::start(&world.cluster.operator(), &world.namespace, &flags, &[("POD_NAME", pod)]).await
}

/// The Lease of the operator that serves a config, as status says.
pub(super) async fn served_by(world: &World, config: &str) -> String {
    let config = world.get(config).await.unwrap_or_default();
    config["status"]["servedBy"].as_str().unwrap_or_default().to_owned()
}

fn kubectl(world: &World, args: &[&str], input: &str) -> String {
    let (done, text) = world.kubectl(args, input);
    assert!(done, "{text}");
    text
}

/// The name of a second Lease. All worlds have their Leases in one namespace.
fn second_lease(world: &World) -> String {
    format!("second-{}", world.namespace)
}

/// Two operators on the configs of one world. The first serves them.
async fn two_installations() -> (World, Operator, Operator) {
    let world = unstarted().await;
    let first = operator(&world, &[]).await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let second = operator(&world, &["--lease-name", &second_lease(&world)]).await;
    until("the second says that another serves the configs", async || second.log().contains("serves this config"))
        .await;
    (world, first, second)
}

async fn leads(operator: &Operator) -> bool {
    let text = operator.get("/metrics").await.unwrap_or_default().1;
    text.lines().any(|line| line.starts_with("leader_election_master_status{") && line.ends_with(" 1"))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_shards_in_one_namespace_both_lead() {
    let world = unstarted().await;
    kubectl(&world, &["label", "pingpc/default", "shard=a"], "");
    kubectl(&world, &["label", "pingpc/nodeping", "shard=b"], "");
    let a = operator(&world, &["--leader-elect", "--selector", "shard=a"]).await;
    let b = operator(&world, &["--leader-elect", "--selector", "shard=b"]).await;
    world.apply(TEAM);
    world.apply(SUB_ACCOUNT);
    world.ready("pingteam/platform").await;
    world.ready("pingsub/acme").await;
    assert!(leads(&a).await && leads(&b).await);
    let (first, second) = (served_by(&world, "pingpc/default").await, served_by(&world, "pingpc/nodeping").await);
    assert!(!first.is_empty() && !second.is_empty() && first != second, "{first} {second}");
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
    // What one shard deletes is no orphan of the other.
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    for operator in [a, b] {
        assert!(!operator.log().contains("orphan"), "{}", operator.log());
        assert!(operator.stop().await.success());
    }
    let (_, orphans) = world.kubectl(&["-n", "ping-operator", "get", "cm", "ping-operator-orphans", "-o", "yaml"], "");
    assert!(!orphans.contains(&world.namespace), "{orphans}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_that_moves_to_another_shard_changes_hands() {
    let world = unstarted().await;
    kubectl(&world, &["label", "pingpc/default", "shard=a"], "");
    let _a = operator(&world, &["--selector", "shard=a"]).await;
    let _b = operator(&world, &["--selector", "shard=b"]).await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let before = served_by(&world, "pingpc/default").await;
    kubectl(&world, &["label", "--overwrite", "pingpc/default", "shard=b"], "");
    within(Duration::from_mins(2), "the config changes hands", async || {
        let now = served_by(&world, "pingpc/default").await;
        !now.is_empty() && now != before
    })
    .await;
    renamed(&world, "Two").await;
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_that_no_shard_chooses_any_more_is_still_said_to_be_used() {
    let world = unstarted().await;
    kubectl(&world, &["label", "pingpc/default", "shard=a"], "");
    let _a = operator(&world, &["--selector", "shard=a"]).await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.until("pingpc/default", "is in use", |object| object["status"]["inUse"] == true).await;
    kubectl(&world, &["label", "--overwrite", "pingpc/default", "shard=b"], "");
    within(Duration::from_mins(2), "the shard gives the config up", async || {
        served_by(&world, "pingpc/default").await.is_empty()
    })
    .await;
    let config = world.get("pingpc/default").await.unwrap_or_default();
    assert_eq!(config["status"]["inUse"], true, "{config}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_finds_another_on_a_config_calls_nothing_until_the_lease_is_gone() {
    let world = unstarted().await;
    let lease = "{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: theirs}, spec: {\
                 holderIdentity: somebody, leaseDurationSeconds: 3600}}";
    world.apply(lease);
    let theirs = format!("{}/theirs", world.namespace);
    let patch = format!(r#"{{"status": {{"servedBy": "{theirs}"}}}}"#);
    for config in ["pingpc/default", "pingpc/nodeping"] {
        kubectl(&world, &["patch", config, "--subresource=status", "--type=merge", "-p", &patch], "");
    }
    world.apply(TEAM);
    let _operator = operator(&world, &[]).await;
    let config = world.says("pingpc/default", "ServedElsewhere").await;
    assert!(config.to_string().contains(&theirs), "{config}");
    world.says("pingteam/platform", "ServedElsewhere").await;
    until("an event tells it", async || {
        kubectl(&world, &["get", "events.events.k8s.io", "-o", "yaml"], "").contains("reason: ServedElsewhere")
    })
    .await;
    assert_eq!(world.calls(), Vec::<String>::new());
    assert_eq!(served_by(&world, "pingpc/default").await, theirs);
    let team = world.get("pingteam/platform").await.unwrap_or_default();
    assert_eq!(team["metadata"].get("finalizers"), None, "{team}");
    kubectl(&world, &["delete", "lease", "theirs"], "");
    world.ready("pingteam/platform").await;
    world.ready("pingpc/default").await;
    assert!(served_by(&world, "pingpc/default").await.starts_with("ping-operator/ping-operator-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_installations_on_the_same_configs_one_serves_and_the_other_follows_when_it_ends() {
    let (world, first, _second) = two_installations().await;
    let before = served_by(&world, "pingpc/default").await;
    let config = world.get("pingpc/default").await.unwrap_or_default();
    renamed(&world, "Two").await;
    world.look_again("pingteam/platform").await;
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
    let later = world.get("pingpc/default").await.unwrap_or_default();
    assert_eq!(later["metadata"]["resourceVersion"], config["metadata"]["resourceVersion"], "no heartbeat in status");
    assert_eq!(served_by(&world, "pingpc/default").await, before);
    assert!(first.stop().await.success());
    renamed(&world, "Three").await;
    assert_eq!(served_by(&world, "pingpc/default").await, format!("ping-operator/{}", second_lease(&world)));
    assert_eq!(world.writes().len(), 3, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_that_was_killed_is_followed_by_the_other_when_its_lease_is_over() {
    let (world, first, _second) = two_installations().await;
    drop(first);
    renamed(&world, "Two").await;
    assert_eq!(served_by(&world, "pingpc/default").await, format!("ping-operator/{}", second_lease(&world)));
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_that_was_frozen_writes_nothing_when_it_wakes() {
    let (world, first, _second) = two_installations().await;
    first.signal("STOP");
    renamed(&world, "Two").await;
    world.patch("pingteam/platform", r#"{"spec": {"name": "Three"}}"#);
    first.signal("CONT");
    until("the first says that another serves the configs", async || first.log().contains("serves this config")).await;
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 3, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_with_the_same_lease_ends_the_first_and_says_why() {
    let world = unstarted().await;
    let mut first = operator(&world, &[]).await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let _second = operator(&world, &[]).await;
    until("the first has ended", async || first.ended().is_some()).await;
    assert!(first.log().contains("another process took the Lease"), "{}", first.log());
    renamed(&world, "Two").await;
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_takes_the_lease_of_another_pod_writes_when_the_writes_of_that_one_have_ended() {
    let world = unstarted().await;
    let mut first = operator_in_pod(&world, "first").await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let second = operator_in_pod(&world, "second").await;
    until("the first has ended", async || first.ended().is_some()).await;
    let before = world.writes().len();
    let metadata = world.get("pingteam/platform").await.unwrap_or_default()["metadata"].clone();
    world.patch("pingteam/platform", r#"{"spec": {"name": "Two"}}"#);
    until("the writes of the first have ended", async || {
        let writes = world.writes().len();
        let team = world.get("pingteam/platform").await.unwrap_or_default();
        let is_over = second.log().contains("this one writes now");
        assert!(is_over || writes == before, "{:?}", world.writes());
        assert!(is_over || team["metadata"]["annotations"] == metadata["annotations"], "{team}");
        is_over
    })
    .await;
    world.ready("pingteam/platform").await;
    renamed(&world, "Three").await;
    assert_eq!(world.writes().len(), before + 2, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_is_granted_the_right_to_write_leases_is_seen_by_others_without_a_restart() {
    let mut world = Setup { is_started: false, is_home: true, ..Setup::default() }.build().await;
    let kubeconfig = Rights::shipped(&world).without("leases").give(&world);
    world.operator = Some(world.operator_through(&kubeconfig).await);
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    assert_eq!(served_by(&world, "pingpc/default").await, "");
    Rights::shipped(&world).give(&world);
    within(Duration::from_mins(2), "the config names the Lease", async || {
        !served_by(&world, "pingpc/default").await.is_empty()
    })
    .await;
    renamed(&world, "Two").await;
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_that_an_older_version_served_is_taken_on() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let lease = served_by(&world, "pingpc/default").await;
    let patch = r#"{"status": {"servedBy": null}}"#;
    kubectl(&world, &["patch", "pingpc/default", "--subresource=status", "--type=merge", "-p", patch], "");
    assert_eq!(served_by(&world, "pingpc/default").await, "");
    let mut world = world;
    world.restart().await;
    renamed(&world, "Two").await;
    assert_eq!(served_by(&world, "pingpc/default").await, lease);
    let config: Value = world.get("pingpc/default").await.unwrap_or_default();
    assert_eq!(config["status"]["inUse"], true, "{config}");
}
