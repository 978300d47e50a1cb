//! Uninstalling, by each way that installs: it ends, deletes nothing outside, and what is kept is listed in a namespace that stays.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::harness::wait::{NAMESPACE_ENDS, within};
use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Operator, Setup, World, another_cluster};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT, channel};

const READY: [&str; 4] = ["pingteam/platform", "pingsvc/checkout", "pingnc/hook", "pingsub/acme"];

fn file(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name).to_string_lossy().into_owned()
}

/// Runs kubectl, which must succeed.
fn kubectl(world: &World, args: &[&str]) {
    let (done, text) = world.kubectl(args, "");
    assert!(done, "{args:?}: {text}");
}

/// Begins to delete an installation, and tells when everything is gone. Without a namespace: the manifests have their own.
fn deletion(world: &World, way: &str, manifests: &str) -> Child {
    Command::new("kubectl")
        .env("KUBECONFIG", world.cluster.admin())
        .args(["delete", way, &file(manifests), "--timeout=120s"])
        .stdout(Stdio::null())
        .spawn()
        .expect("kubectl")
}

/// Waits until it has ended well.
async fn ended(mut deletion: Child, operator: &Operator) {
    let ended = tokio::task::spawn_blocking(move || deletion.wait()).await.expect("a thread").expect("kubectl");
    assert!(ended.success(), "{}", operator.log());
}

/// One Ready resource of each kind, and twenty Teams beside.
async fn fill(world: &World) {
    let teams: Vec<_> = (0..20)
        .map(|i| TEAM.replace("platform", &format!("t{i}")).replace("Platform", &format!("T{i}")))
        .chain([TEAM, SERVICE, SUB_ACCOUNT].map(str::to_owned))
        .chain([channel("hook", "{teamRef: {name: platform}}", "webhook", "https://example.com/a")])
        .collect();
    world.apply(&teams.join("\n---\n"));
    for resource in READY {
        world.ready(resource).await;
    }
    kubectl(world, &["wait", "--for=condition=Ready", "ping", "--all", "--timeout=60s"]);
    world.emulator.clear_journal();
}

/// Kinds and numbers of what was kept, from the list in the namespace that stays.
fn kept(world: &World) -> BTreeSet<(String, String)> {
    let (_, text) = world.kubectl(&["-n", "default", "get", "configmap", "ping-operator-orphans", "-o", "json"], "");
    let list: Value = serde_json::from_str(&text).unwrap_or_default();
    let lines = list["data"].as_object().into_iter().flatten().filter_map(|(_, line)| line.as_str());
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let of_world = lines.filter(|line| line["namespace"] == world.namespace.as_str());
    let text = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_owned();
    of_world.map(|line| (text(&line, "kind"), text(&line, "externalId"))).collect()
}

/// Everything is gone but what is outside, and that is listed.
async fn assert_ended(world: &World) {
    for gone in ["customresourcedefinition", "clusterrole", "clusterrolebinding", "serviceaccount -n ping-operator"] {
        let args: Vec<_> = ["get", "-o", "name"].into_iter().chain(gone.split(' ')).collect();
        let (_, text) = world.kubectl(&args, "");
        assert!(!text.contains("ping-operator"), "{text}");
    }
    let gone = async || !world.kubectl(&["get", "namespace", "ping-operator"], "").0;
    within(NAMESPACE_ENDS, "the operator's namespace is gone", gone).await;
    assert_eq!(world.writes(), Vec::<String>::new());
    let state = world.emulator.state(TOKEN);
    assert_eq!(state["teams"].as_object().map(serde_json::Map::len), Some(21));
    let kept = kept(world);
    assert_eq!(kept.len(), 24, "{kept:?}");
    for kind in ["Team", "Service", "NotificationChannel", "SubAccount"] {
        assert!(kept.iter().any(|(of, _)| of == kind), "{kind}: {kept:?}");
    }
    assert!(kept.iter().all(|(kind, id)| kind == "NotificationChannel" || !id.is_empty()), "{kept:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_all_that_kustomize_installed_ends_and_deletes_nothing_outside() {
    let world = Setup { cluster: Some(another_cluster()), ..Setup::default() }.build().await;
    fill(&world).await;
    ended(deletion(&world, "-k", "deploy/kustomize/base"), world.operator.as_ref().expect("the operator")).await;
    assert_ended(&world).await;
}

/// In a cluster the pods get their signal with everything else: the namespace is the first thing that is deleted.
#[tokio::test(flavor = "multi_thread")]
async fn deleting_the_one_file_ends_although_the_operator_is_asked_to_end_at_once() {
    let mut world = Setup { cluster: Some(another_cluster()), ..Setup::default() }.build().await;
    fill(&world).await;
    let operator = world.operator.take().expect("the operator");
    let deletion = deletion(&world, "-f", "deploy/install.yaml");
    let is_ending = async || {
        let path = "jsonpath={.metadata.deletionTimestamp}";
        let (_, text) = world.kubectl(&["get", "namespace", "ping-operator", "-o", path], "");
        text.starts_with("20")
    };
    within(Duration::from_secs(30), "the namespace is being deleted", is_ending).await;
    operator.signal("TERM");
    ended(deletion, &operator).await;
    assert_ended(&world).await;
}

/// The chart without the versions of Kubernetes that it takes: the API server of the tests does not tell its own.
fn chart() -> PathBuf {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("chart-{}", std::process::id()));
    let copied = Command::new("cp").args(["-r", &file("deploy/chart")]).arg(&copy).status().expect("cp");
    assert!(copied.success());
    let metadata = copy.join("Chart.yaml");
    let text = std::fs::read_to_string(&metadata).expect("a chart");
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("kubeVersion")).collect();
    std::fs::write(metadata, lines.join("\n")).expect("a chart");
    copy
}

fn helm(world: &World, args: &[&str]) {
    let helm = PathBuf::from(file(".tools/bin/helm"));
    let output = Command::new(helm).env("KUBECONFIG", world.cluster.admin()).args(args).output().expect("helm");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn helm_keeps_definitions_and_resources_and_the_next_release_goes_on_with_them() {
    let world = Setup { cluster: Some(another_cluster()), with_configs: false, ..Setup::default() };
    let mut world = world.build().await;
    // Nothing is there to be released, and it ends all the same.
    ended(deletion(&world, "-k", "deploy/kustomize/base"), world.operator.as_ref().expect("the operator")).await;
    world.stop().await;
    let chart = chart().to_string_lossy().into_owned();
    let install = |world: &World| {
        helm(world, &["install", "ping-operator", &chart, "-n", "ping-operator", "--create-namespace"]);
        kubectl(world, &["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
    };
    install(&world);
    world.secret(TOKEN);
    world.apply(&world.config("default", "Pinghome"));
    world.start().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.emulator.clear_journal();
    helm(&world, &["uninstall", "ping-operator", "-n", "ping-operator", "--wait", "--timeout", "60s"]);
    world.operator = None;
    let team = world.get("pingteam/platform").await.unwrap_or_default();
    assert!(team["metadata"]["deletionTimestamp"].is_null() && id_of(&team) == id, "{team}");
    let (_, roles) = world.kubectl(&["get", "clusterrole,clusterrolebinding", "-o", "name"], "");
    assert!(!roles.contains("ping-operator"), "{roles}");
    install(&world);
    world.start().await;
    world.patch("pingteam/platform", r#"{"spec": {"name": "Two"}}"#);
    assert_eq!(id_of(&world.ready("pingteam/platform").await), id);
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
    std::fs::remove_dir_all(chart).expect("the copy");
}
