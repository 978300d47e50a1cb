//! Every deletion ends, and uninstalling deletes nothing outside.

use serde_json::{Value, json};

use crate::harness::wait::NAMESPACE_ENDS;
use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, another_cluster, reason};
use crate::lifecycle::SERVICE;
use crate::one_account::other_account_is_noticed;

/// The lines of the orphan ledger about resources of this world.
pub(crate) fn orphans(world: &World) -> Vec<Value> {
    let args = ["get", "configmap", "ping-operator-orphans", "--namespace", "ping-operator", "-o", "json"];
    let (_, text) = world.kubectl(&args, "");
    let ledger: Value = serde_json::from_str(&text).unwrap_or_default();
    let lines = ledger["data"].as_object().into_iter().flatten().filter_map(|(_, line)| line.as_str());
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["namespace"] == world.namespace.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_definition_releases_its_resources_and_deletes_nothing_outside() {
    let world = Setup { cluster: Some(another_cluster()), ..Setup::default() }.build().await;
    let teams: Vec<_> =
        (0..50).map(|i| TEAM.replace("platform", &format!("t{i}")).replace("Platform", &format!("T{i}"))).collect();
    world.apply(&teams.join("\n---\n"));
    let (ready, text) = world.kubectl(&["wait", "--for=condition=Ready", "pingteam", "--all", "--timeout=60s"], "");
    assert!(ready, "{text}");
    world.emulator.clear_journal();
    let (deleted, text) = world.kubectl(&["delete", "crd", "teams.ping-operator.dev", "--timeout=60s"], "");
    assert!(deleted, "{text}");
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(world.emulator.state(TOKEN)["teams"].as_object().map(serde_json::Map::len), Some(50));
    let orphans = orphans(&world);
    assert_eq!(orphans.len(), 50);
    assert!(orphans.iter().all(|line| line["externalId"].is_string() && line["kind"] == "Team"), "{orphans:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_let_go_by_a_persons_word_is_in_the_ledger() {
    let world = World::new().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.kubectl(&["annotate", "pingteam/platform", "ping-operator.dev/allow-deletion=orphan"], "");
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    let lines = orphans(&world);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["externalId"], id.as_str());
    assert!(lines[0]["why"].as_str().is_some_and(|why| why.contains("allow-deletion")), "{lines:?}");
    assert!(world.emulator.state(TOKEN)["teams"].get(&id).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_ends_although_its_credential_went_first() {
    let mut world = World::new().await;
    world.apply(TEAM);
    world.apply(SERVICE);
    world.ready("pingsvc/checkout").await;
    world.stop().await;
    world.emulator.clear_journal();
    world.delete("secret/tokens");
    let (asked, text) = world.kubectl(&["delete", "namespace", &world.namespace, "--wait=false"], "");
    assert!(asked, "{text}");
    world.start().await;
    let waiting = |object: &Value| reason(object, "Reconciling") == "CredentialsMissing";
    world.until("pingsvc/checkout", "waits a minute for a credential", waiting).await;
    world.namespace_ends(NAMESPACE_ENDS).await;
    assert_eq!(world.writes(), Vec::<String>::new());
    let mut kinds: Vec<_> = orphans(&world).iter().map(|line| line["kind"].clone()).collect();
    kinds.sort_by_key(ToString::to_string);
    assert_eq!(kinds, [json!("Service"), json!("Team")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_ends_although_its_token_opens_another_account_by_now() {
    let mut world = World::new().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.stop().await;
    world.emulator.clear_journal();
    world.secret("token-b");
    // The Secret goes last.
    world.patch("secret/tokens", r#"{"metadata": {"finalizers": ["example.com/keep"]}}"#);
    let (asked, text) = world.kubectl(&["delete", "namespace", &world.namespace, "--wait=false"], "");
    assert!(asked, "{text}");
    world.start().await;
    world.gone("pingteam/platform").await;
    world.patch("secret/tokens", r#"{"metadata": {"finalizers": null}}"#);
    world.namespace_ends(NAMESPACE_ENDS).await;
    assert_eq!(world.writes(), Vec::<String>::new());
    let lines = orphans(&world);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["externalId"], id.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_without_a_secret_uses_the_last_token_of_the_right_account() {
    let world = World::new().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.secret("token-b");
    other_account_is_noticed(&world).await;
    world.delete("secret/tokens");
    world.says("pingpc/default", "SecretNotFound").await;
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    assert!(world.emulator.state(TOKEN)["teams"].get(&id).is_none(), "{:?}", world.writes());
    assert_eq!(orphans(&world), Vec::<Value>::new());
}
