//! A kind that is registered by its one line is reconciled: the whole operator, against an API server that only stores.

pub(crate) mod api_server;
mod handover;
mod heirs;
mod references;

use std::time::Duration;

use kube::core::Selector;
use ping_emulator::{Emulator, Settings};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::connection::endpoints::AllowedEndpoints;
use crate::connection::network::Network;
use crate::operator::options::{LeaseOptions, Options, Reach, RemovedTokens, UsableSecrets};
use crate::operator::run::run;
use crate::operator::tests::api_server::ApiServer;
use crate::plan::sharding::Shards;

const PROBE: &str = "probes/monitoring/p";

pub(crate) fn options() -> Options {
    Options {
        namespaces: Vec::new(),
        reach: Reach::Cluster,
        concurrency: 4,
        allowed: AllowedEndpoints::new(["127.0.0.1".to_owned()]),
        network: Network::default(),
        admin_address: Some(([127, 0, 0, 1], 0).into()),
        leader_elect: false,
        shards: Shards::ONE,
        lease: LeaseOptions { name: "ping-operator".to_owned(), namespace: None },
        selector: Selector::default(),
        own_namespace: None,
        dry_run: false,
        removed_tokens: RemovedTokens::Kept,
        usable_secrets: UsableSecrets::All,
        resource_metrics: Some(false),
    }
}

/// A resource as the API server stores it.
fn stored(kind: &str, name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": kind, "spec": spec,
        "metadata": {
            "name": name, "namespace": "monitoring", "uid": format!("uid-{name}"), "generation": 1, "resourceVersion": "1",
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
    })
}

/// An emulator, and the spec of a config that leads to its NodePing account.
async fn emulated() -> (Emulator, Value) {
    let emulator = Emulator::start(Settings::default()).await.unwrap();
    let api = format!("http://{}/nodeping", emulator.address());
    let config = json!({
        "provider": "NodePing", "endpoints": { "api": api }, "credentials": { "secretRef": { "name": "token", "key": "token" } },
    });
    (emulator, config)
}

fn is_ready(resource: &Value) -> bool {
    let conditions = resource["status"]["conditions"].as_array().cloned().unwrap_or_default();
    conditions.iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

#[tokio::test]
async fn a_kind_that_is_registered_by_one_line_is_reconciled() {
    let (emulator, config) = emulated().await;
    let server = ApiServer::start([
        ("providerconfigs/monitoring/default", stored("ProviderConfig", "default", &config)),
        (PROBE, stored("Probe", "p", &json!({ "name": "Acme" }))),
    ]);
    let (close, closing) = watch::channel(false);
    let operator = tokio::spawn(run(server.config(), options(), closing));
    let ready = tokio::time::timeout(Duration::from_mins(1), server.until(PROBE, is_ready)).await;
    let probe = ready.unwrap_or_else(|_| panic!("not Ready: {}", server.get(PROBE)));
    assert!(probe["status"]["externalId"].is_string(), "{probe}");
    assert_eq!(probe["metadata"]["finalizers"], json!(["ping-operator.dev/finalizer"]));
    let creates = emulator.journal().iter().filter(|entry| entry.method == "POST").count();
    assert_eq!(creates, 1);
    close.send_replace(true);
    operator.await.unwrap().unwrap();
}
