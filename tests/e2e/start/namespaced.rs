//! An operator with the rights of `deploy/kustomize/namespaced`: a Role in one namespace, and nothing outside.

use std::path::PathBuf;
use std::process::Command;

use crate::harness::world::TEAM;
use crate::harness::{Operator, Setup, World, another_cluster, condition, wait::until};
use crate::lifecycle::SUB_ACCOUNT;

/// Applies the shipped manifests in the world's namespace, as their namespace.
fn install(world: &World) -> String {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy/kustomize/namespaced");
    let output = Command::new("kubectl").arg("kustomize").arg(dir).output().expect("kubectl");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("manifests");
    assert!(!text.contains("kind: Cluster") && !text.contains("kind: CustomResourceDefinition"), "{text}");
    let text = text.replace("namespace: monitoring", &format!("namespace: {}", world.namespace));
    world.apply(&text);
    text
}

/// A kubeconfig of the `ServiceAccount` in the world's namespace.
fn kubeconfig(world: &World) -> PathBuf {
    let (made, token) = world.kubectl(&["create", "token", "ping-operator", "--duration=1h"], "");
    assert!(made, "{token}");
    let text = std::fs::read_to_string(world.cluster.operator()).expect("a kubeconfig");
    let before = text.split_once("user: {token: ").and_then(|(_, rest)| rest.split('}').next()).expect("a token");
    let text = text.replace(before, token.trim());
    let text = text.replace("namespace: ping-operator", &format!("namespace: {}", world.namespace));
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("namespaced-{}.kubeconfig", world.namespace));
    std::fs::write(&file, text).expect("a kubeconfig");
    file
}

/// A world whose operator has rights in the world's namespace only.
async fn namespaced() -> (World, Operator) {
    let world = Setup { is_started: false, ..Setup::default() }.build().await;
    install(&world);
    let operator = started(&world).await;
    (world, operator)
}

async fn started(world: &World) -> Operator {
    let flags = ["--leader-elect", "--allow-endpoint", &world.emulator.address().to_string()].map(str::to_owned);
    Operator::start(&kubeconfig(world), &world.namespace, &flags, &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_to_read_definitions_deleting_one_keeps_what_is_outside_and_deleting_the_operator_ends() {
    let cluster = Some(another_cluster());
    let world = Setup { is_started: false, cluster, ..Setup::default() }.build().await;
    let manifests = install(&world);
    let operator = started(&world).await;
    let teams: Vec<_> =
        (0..20).map(|i| TEAM.replace("platform", &format!("t{i}")).replace("Platform", &format!("T{i}"))).collect();
    world.apply(&teams.join("\n---\n"));
    world.apply(SUB_ACCOUNT);
    world.ready("pingsub/acme").await;
    let (ready, text) = world.kubectl(&["wait", "--for=condition=Ready", "pingteam", "--all", "--timeout=60s"], "");
    assert!(ready, "{text}");
    world.emulator.clear_journal();
    let (deleted, text) = world.kubectl(&["delete", "crd", "teams.ping-operator.dev", "--timeout=60s"], "");
    assert!(deleted, "{text}");
    let (_, list) = world.kubectl(&["get", "configmap", "ping-operator-orphans", "-o", "json"], "");
    assert_eq!(list.matches("being uninstalled").count(), 20, "{list}");
    let (deleted, text) = world.kubectl(&["delete", "--timeout=60s", "-f", "-"], &manifests);
    assert!(deleted, "{text}");
    drop(operator);
    let account = world.get("pingsub/acme").await.unwrap_or_default();
    assert!(account["status"]["externalId"].is_string() && account["metadata"]["deletionTimestamp"].is_null());
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_with_a_role_in_one_namespace_works_there_and_says_what_it_does_without() {
    let (world, operator) = namespaced().await;
    world.apply(TEAM);
    world.apply(
        &TEAM
            .replace("name: platform", "name: shared")
            .replace("spec: {", "spec: {providerConfigRef: {kind: ClusterProviderConfig, name: default}, "),
    );
    let team = world.ready("pingteam/platform").await;
    let config = world.get("pingpc/default").await.unwrap_or_default();
    assert!(config["status"]["servedBy"].as_str().is_some_and(|lease| lease.starts_with(&world.namespace)), "{config}");
    let shared = world.says("pingteam/shared", "ReferenceNotFound").await;
    let message = condition(&shared, "Ready")["message"].as_str().unwrap_or_default();
    assert!(message.contains("rights in namespaces only"), "{message}");
    let (_, events) = world.kubectl(&["get", "events.events.k8s.io", "-o", "name"], "");
    assert!(!events.trim().is_empty());
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    assert!(world.writes().iter().any(|line| line.starts_with("DELETE")), "{team}");
    let log = operator.log();
    let told = log.lines().filter(|line| line.contains("rights in namespaces only: it reads no")).count();
    assert_eq!(told, 1, "{log}");
    assert!(!log.contains("forbidden"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_may_not_be_read_counts_as_alive_until_a_person_removes_its_name() {
    let (world, _operator) = namespaced().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let served_by = |lease: &str| {
        let patch = format!(r#"{{"status": {{"servedBy": {lease}}}}}"#);
        let args = ["patch", "pingpc/default", "--subresource=status", "--type=merge", "-p", &patch];
        let (patched, text) = world.kubectl(&args, "");
        assert!(patched, "{text}");
    };
    served_by(r#""kube-system/ping-operator""#);
    world.emulator.clear_journal();
    world.patch("pingteam/platform", r#"{"spec": {"name": "Two"}}"#);
    until("an event says that another operator serves the config, and why that is believed", async || {
        let (_, events) = world.kubectl(&["get", "events.events.k8s.io", "-o", "yaml"], "");
        events.contains("ServedElsewhere") && events.contains("forbidden")
    })
    .await;
    assert_eq!(world.writes(), Vec::<String>::new());
    served_by("null");
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}
