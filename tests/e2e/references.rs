//! Applying in any order: what waits says for what, wakes by itself, and never asks the provider meanwhile.

use crate::harness::world::{TEAM, TOKEN};
use crate::harness::{Setup, World, condition, reason};
use crate::lifecycle::{SERVICE, channel};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_waits_for_its_team_and_wakes_when_it_is_made() {
    let world = World::new().await;
    world.apply(SERVICE);
    let waiting = world.says("pingsvc/checkout", "ReferenceNotFound").await;
    assert_eq!(condition(&waiting, "Reconciling")["status"], "True");
    assert_eq!(condition(&waiting, "Stalled")["status"], "False");
    assert!(condition(&waiting, "Ready")["message"].as_str().unwrap_or_default().contains("'platform'"));
    assert!(!world.calls().iter().any(|call| call.contains("service")), "{:?}", world.calls());
    world.apply(TEAM);
    world.ready("pingsvc/checkout").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn resources_wait_for_their_config_and_its_secret_and_wake_by_themselves() {
    let world = Setup { with_configs: false, ..Setup::default() }.build().await;
    world.apply(TEAM);
    world.apply(&channel("hook", "{teamRef: {name: platform}}", "webhook", "https://example.com/a"));
    world.says("pingteam/platform", "ReferenceNotFound").await;
    world.apply(&world.config("default", "Pinghome"));
    let waiting = world.says("pingteam/platform", "SecretNotFound").await;
    assert!(condition(&waiting, "Ready")["message"].as_str().unwrap_or_default().contains("'tokens'"));
    assert_eq!(world.calls(), Vec::<String>::new());
    world.secret(TOKEN);
    world.ready("pingteam/platform").await;
    world.ready("pingnc/hook").await;
    world.ready("pingpc/default").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_waits_for_the_secret_with_its_address() {
    let world = World::new().await;
    world.apply(
        "{apiVersion: ping-operator.dev/v1alpha1, kind: NotificationChannel, metadata: {name: hook}, spec: {\
         owner: {customer: {}}, type: webhook, valueFrom: {secretKeyRef: {name: hooks, key: url}}}}",
    );
    world.says("pingnc/hook", "SecretNotFound").await;
    world.apply("{apiVersion: v1, kind: Secret, metadata: {name: hooks}, stringData: {other: x}}");
    world.apply("{apiVersion: v1, kind: Secret, metadata: {name: hooks}, stringData: {url: 'https://example.com/x'}}");
    world.ready("pingnc/hook").await;
    assert_eq!(world.writes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_waits_while_its_team_is_not_ready() {
    let world = World::new().await;
    world.human("POST", "/customer-cmd/v1/team", serde_json::json!({"name": "Platform"}));
    world.apply(TEAM);
    world.apply(SERVICE);
    world.says("pingteam/platform", "NameTaken").await;
    world.says("pingsvc/checkout", "ReferenceNotReady").await;
    world.patch("pingteam/platform", r#"{"spec": {"adoptionPolicy": "IfUnique"}}"#);
    world.ready("pingsvc/checkout").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_config_serves_the_namespaces_that_it_allows_and_no_others() {
    let world = Setup { with_configs: false, ..Setup::default() }.build().await;
    world.secret(TOKEN);
    let (name, config) = world.cluster_config("monitored: 'yes'");
    world.apply(&config);
    world.apply(
        &TEAM
            .replace("spec: {", &format!("spec: {{providerConfigRef: {{name: {name}, kind: ClusterProviderConfig}}, ")),
    );
    let stalled = world.says("pingteam/platform", "NamespaceNotAllowed").await;
    assert_eq!(condition(&stalled, "Stalled")["status"], "True");
    assert_eq!(world.writes(), Vec::<String>::new());
    let (labelled, text) = world.kubectl(&["label", "namespace", &world.namespace, "monitored=yes"], "");
    assert!(labelled, "{text}");
    world.until("pingteam/platform", "is Ready after the label", |object| reason(object, "Ready") == "Available").await;
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    world.delete(&format!("pingcpc/{name}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_stays_until_nothing_uses_it() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.until("pingpc/default", "is in use", |object| object["status"]["inUse"] == true).await;
    world.delete("pingpc/default");
    world.until("pingpc/default", "is held", |object| object["metadata"]["deletionTimestamp"].is_string()).await;
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    world.gone("pingpc/default").await;
    assert_eq!(world.emulator.state(TOKEN)["teams"], serde_json::json!({}));
}
