//! `kubectl ping` as people call it: each verb against a real API server and the operator.

mod approvals;
mod changes;
mod checks;
mod completed;

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{World, binary};
use crate::lifecycle::{SERVICE, channel};

/// What a call of the plugin printed, and how it ended.
struct Called {
    code: Option<i32>,
    out: String,
    told: String,
}

impl Called {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), told: text(&output.stderr) }
    }
}

/// Calls the plugin by its name, in the world's namespace, with this kubeconfig.
fn ping_through(world: &World, kubeconfig: &Path, args: &[&str]) -> Called {
    let mut command = Command::new(binary());
    command.arg0("kubectl-ping").args(args).args(["-n", &world.namespace]).env("KUBECONFIG", kubeconfig);
    Called::of(&command.stdin(Stdio::null()).output().expect("the binary"))
}

/// The same as somebody who may do everything.
fn ping(world: &World, args: &[&str]) -> Called {
    ping_through(world, &world.cluster.admin(), args)
}

/// The same; it must succeed.
fn ping_well(world: &World, args: &[&str]) -> String {
    let Called { code, out, told } = ping(world, args);
    assert_eq!(code, Some(0), "{args:?}: {out}{told}");
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ready_is_told_with_why_and_what_to_do() {
    let world = World::new().await;
    let hook = "{apiVersion: ping-operator.dev/v1alpha1, kind: NotificationChannel, metadata: {name: hook}, \
                spec: {owner: {customer: {}}, type: webhook, valueFrom: {secretKeyRef: {name: hooks, key: url}}}}";
    world.apply(&[TEAM, hook].join("\n---\n"));
    world.ready("pingteam/platform").await;
    world.says("pingnc/hook", "SecretNotFound").await;
    let Called { code, out, told } = ping(&world, &["status"]);
    assert_eq!(code, Some(1), "{out}{told}");
    assert!(out.starts_with("NAMESPACE") && out.contains("SecretNotFound") && out.contains("by itself"), "{out}");
    assert!(out.contains("what to do: Create the Secret with that key"), "{out}");
    assert!(out.ends_with("4 resources, 1 not Ready\n") && !out.contains("platform"), "{out}");
    let named = ping(&world, &["status", "pingnc", "-o", "name"]);
    assert_eq!(named.out, "notificationchannel.ping-operator.dev/hook\n");
    let json: Value = serde_json::from_str(&ping(&world, &["status", "-o", "json"]).out).expect("JSON");
    assert_eq!(json["totals"], json!({"all": 4, "notReady": 1, "suspended": 0, "deleting": 0}), "{json}");
    world.secret_with("hooks", "url", "https://example.com/hook");
    let watched = ping_well(&world, &["status", "--watch"]);
    assert!(watched.contains("NotificationChannel") && watched.contains(": Available"), "{watched}");
    assert_eq!(ping_well(&world, &["status"]), "4 resources, all Ready\n");
    assert!(ping_well(&world, &["status", "team/platform"]).contains("Available"));
    let unknown = ping(&world, &["status", "tem"]);
    assert_eq!(unknown.code, Some(2), "{}", unknown.out);
    assert!(unknown.told.contains("did you mean 'Team'?"), "{}", unknown.told);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_shows_what_belongs_to_what() {
    let world = World::new().await;
    let team = TEAM.replace("spec: {", "spec: {members: [{email: ada@example.com}], ");
    let hook = channel("hook", "{teamRef: {name: platform}}", "webhook", "https://example.com/a");
    world.apply(&[&team, SERVICE, &hook].join("\n---\n"));
    world.ready("pingsvc/checkout").await;
    world.ready("pingnc/hook").await;
    let namespace = &world.namespace;
    let expected = format!(
        "ProviderConfig {namespace}/default  Ready\n\
         └─ Team {namespace}/platform  Ready\n   \
         ├─ ada@example.com  Invited, user\n   \
         ├─ Service {namespace}/checkout  Ready\n   \
         └─ NotificationChannel {namespace}/hook  Ready\n\
         ProviderConfig {namespace}/nodeping  Ready\n"
    );
    let tree = ping_well(&world, &["tree"]);
    assert_eq!(tree.replace("Invited, user", "Invited").replace("Invited", "Invited, user"), expected);
    assert!(ping_well(&world, &["tree", "platform"]).starts_with("Team "));
}

#[tokio::test(flavor = "multi_thread")]
async fn reconcile_suspend_and_resume_tell_what_came_of_them() {
    let world = World::new().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.human("PUT", &format!("/customer-cmd/v1/team/{id}"), json!({ "name": "By hand" }));
    let out = ping_well(&world, &["reconcile", "team/platform", "--wait"]);
    assert!(out.contains("platform   True    Available"), "{out}");
    assert_eq!(world.emulator.state(TOKEN)["teams"][&id]["name"], "Platform");
    assert!(ping(&world, &["reconcile"]).told.contains("which resources?"));
    let out = ping_well(&world, &["suspend", "--all", "--wait"]);
    assert!(out.contains("1 suspended"), "{out}");
    let left_out = ping(&world, &["reconcile", "--all"]);
    assert!(left_out.told.contains("is suspended"), "{}", left_out.told);
    let left_out = ping(&world, &["reconcile", "--all", "--wait"]);
    assert!(left_out.code == Some(1) && left_out.out.contains("1 suspended"), "{}{}", left_out.out, left_out.told);
    let config = ping(&world, &["suspend", "pingpc/default"]);
    assert!(config.told.contains("`kubectl ping status providerconfig/default`"), "{}", config.told);
    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
    assert_eq!(world.emulator.state(TOKEN)["teams"][&id]["name"], "Platform");
    let out = ping_well(&world, &["resume", "team", "platform", "--wait"]);
    assert!(out.contains("1 resource, all Ready\n"), "{out}");
    assert_eq!(world.emulator.state(TOKEN)["teams"][&id]["name"], "Platform 2");
    let managers = world.kubectl(&["get", "pingteam/platform", "--show-managed-fields", "-o", "json"], "").1;
    assert!(managers.contains("\"ping-operator-cli\""), "Flux takes back what `kubectl…` writes: {managers}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_tell_the_story_and_a_report_has_no_secret() {
    let world = World::new().await;
    world.secret_with("hooks", "url", "https://example.com/SECRET-PATH");
    let address = "https://hooks.example.com/SECRET-VALUE";
    world.apply(&[TEAM, &channel("hook", "{customer: {}}", "webhook", address)].join("\n---\n"));
    world.ready("pingteam/platform").await;
    world.ready("pingnc/hook").await;
    let mut story = String::new();
    crate::harness::wait::until("the event is there", async || {
        story = ping_well(&world, &["events", "team/platform"]);
        story.contains("CreatedExternalResource")
    })
    .await;
    assert!(story.contains("Ready=True Available") && story.contains("it was created"), "{story}");
    let report = ping_well(&world, &["report"]);
    for expected in ["kind: Team", "CreatedExternalResource", "the shipped roles give", "apiServer: "] {
        assert!(report.contains(expected), "{expected}: {report}");
    }
    for secret in [TOKEN, "SECRET-PATH", "SECRET-VALUE"] {
        assert!(!report.contains(secret), "{secret}: {report}");
    }
}
