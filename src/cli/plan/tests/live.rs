//! `--live`: what is applied is read from a cluster.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use clap::Parser as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::cli::plan::report::PlannedAction;
use crate::cli::plan::tests::bench::CommandLine;
use crate::cli::plan::tests::trial::{Trial, actions, blocked, resource, shown, team, text};

/// A cluster that shows these lists and Secrets by their paths, and keeps what it was asked.
#[derive(Clone)]
struct Cluster {
    objects: Arc<BTreeMap<String, Value>>,
    asked: Arc<Mutex<Vec<String>>>,
}

async fn answer(State(cluster): State<Cluster>, method: Method, uri: Uri) -> Response {
    cluster.asked.lock().unwrap().push(format!("{method} {}", uri.path()));
    let kinds = "/apis/ping-operator.dev/v1alpha1/";
    let empty = json!({ "kind": "List", "apiVersion": "v1", "metadata": {}, "items": [] });
    let found = cluster.objects.get(uri.path()).cloned();
    if let Some(found) = found.or_else(|| uri.path().starts_with(kinds).then_some(empty)) {
        return ([("content-type", "application/json")], found.to_string()).into_response();
    }
    let status =
        json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404 });
    (StatusCode::NOT_FOUND, status.to_string()).into_response()
}

impl Cluster {
    /// Starts it; returns a kubeconfig, too.
    async fn start(trial: &Trial, objects: Vec<(&str, Value)>) -> (Self, PathBuf) {
        let objects = objects.into_iter().map(|(path, object)| (path.to_owned(), object)).collect();
        let cluster = Self { objects: Arc::new(objects), asked: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(cluster.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let config = format!(
            "{{apiVersion: v1, kind: Config, current-context: other, clusters: [{{name: c, cluster: {{server: 'http://{address}'}}}}], users: \
             [{{name: u, user: {{}}}}], contexts: [{{name: here, context: {{cluster: c, user: u}}}}]}}"
        );
        (cluster, trial.file("kubeconfig", &[config]))
    }
}

fn list(items: &[String]) -> Value {
    let items: Vec<Value> = items.iter().map(|item| serde_saphyr::from_str(item).unwrap()).collect();
    json!({ "kind": "List", "apiVersion": "v1", "metadata": {}, "items": items })
}

fn with_status(manifest: &str, id: &str) -> String {
    let ready = "{type: Ready, status: 'True', reason: Available, message: '', observedGeneration: 1, lastTransitionTime: '2026-01-01T00:00:00Z'}";
    let status = format!("status: {{externalId: {id}, observedGeneration: 1, conditions: [{ready}]}}, spec:");
    manifest.replace("metadata: {", "metadata: {namespace: default, generation: 1, ").replace("spec:", &status)
}

const TEAMS: &str = "/apis/ping-operator.dev/v1alpha1/namespaces/default/teams";

#[tokio::test]
async fn what_the_cluster_has_says_whose_the_objects_are_and_what_only_it_has_stays() {
    let trial = Trial::start().await;
    let (id, other) = (trial.make_team("Renamed by hand"), trial.make_team("Only there"));
    let there = [
        with_status(&team("platform", "Platform", ""), &id),
        with_status(&team("only-there", "Only there", ""), &other),
    ];
    let (cluster, kubeconfig) = Cluster::start(&trial, vec![(TEAMS, list(&there))]).await;
    let flags = ["--live", "--context", "here", "--kubeconfig", text(&kubeconfig)];
    let service = resource("Service", "checkout", "", "teamRef: {name: only-there}, name: checkout");
    let twin = team("twin", "Only there", ", adoptionPolicy: IfUnique");
    let manifests = [team("platform", "Platform", ""), service, twin];
    let report = trial.plan(&manifests, &flags).await;
    let planned = [PlannedAction::Change, PlannedAction::Unchanged, PlannedAction::Create];
    assert_eq!(actions(&report), [("platform", planned[0]), ("twin", planned[1]), ("checkout", planned[2])]);
    assert!(blocked(&report)[0].contains("which the resource 'default/only-there' claims"), "{:?}", blocked(&report));
    assert!(shown(&report).contains(&format!("/v1/team/{id} ")), "{}", shown(&report));
    let pruned = trial.plan(&manifests[..1], &[&flags[..], &["--prune"]].concat()).await;
    assert_eq!(actions(&pruned), [("platform", planned[0]), ("only-there", PlannedAction::Delete)]);
    let changed = trial.plan(&manifests[..1], &[&flags[..], &["--changed-only"]].concat()).await;
    assert_eq!((changed.totals.not_looked_at, changed.totals.calls), (1, 0));
    let asked = cluster.asked.lock().unwrap().clone();
    let is_list = |asked: &String| asked.starts_with("GET /apis/ping-operator.dev/v1alpha1/");
    assert!(asked.iter().all(is_list), "only the kinds are read: {asked:?}");
}

#[tokio::test]
async fn secrets_of_the_cluster_are_read_only_if_a_flag_asks_for_them() {
    let trial = Trial::start().await;
    let config = trial.config("default", "token-a", "");
    let config = config.split("\n---\n").next().unwrap_or_default().to_owned();
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "default", "namespace": "default" }, "data": { "token": "dG9rZW4tYQ==" },
    });
    let path = "/api/v1/namespaces/default/secrets/default";
    let (cluster, kubeconfig) = Cluster::start(&trial, vec![(path, secret)]).await;
    let flags = ["--live", "--context", "here", "--kubeconfig", text(&kubeconfig)];
    let manifests = [config, team("platform", "Platform", "")];
    let report = trial.try_plan(&manifests, &flags).await.unwrap();
    assert!(blocked(&report)[0].contains("SecretNotFound"), "{:?}", blocked(&report));
    assert!(!cluster.asked.lock().unwrap().iter().any(|asked| asked.contains("secrets")));
    let report = trial.try_plan(&manifests, &[&flags[..], &["--live-secrets"]].concat()).await.unwrap();
    assert_eq!((report.totals.create, blocked(&report)), (1, Vec::new()));
}

#[tokio::test]
async fn a_cluster_without_the_kinds_and_a_context_that_there_is_not_are_told() {
    let trial = Trial::start().await;
    let config = "{apiVersion: v1, kind: Config, clusters: [], users: [], contexts: []}".to_owned();
    let kubeconfig = trial.file("kubeconfig", &[config]);
    let flags = ["--live", "--context", "nowhere", "--kubeconfig", text(&kubeconfig)];
    let Err(errors) = trial.try_plan(&[team("platform", "Platform", "")], &flags).await else { panic!("planned") };
    assert!(errors[0].starts_with("the API server cannot be found") && errors[0].contains("nowhere"), "{errors:?}");
}

#[test]
fn the_flags_of_a_cluster_need_live_and_exclude_what_says_the_same() {
    let refused = |flags: &[&str]| CommandLine::try_parse_from([&["plan", "-f", "x"], flags].concat()).is_err();
    for flags in [&["--context", "a"][..], &["--live-secrets"], &["--prune"], &["-A"], &["--live", "--prune-from", "y"]]
    {
        assert!(refused(flags), "{flags:?}");
    }
    assert!(!refused(&["--live", "-A", "--prune"]));
}
