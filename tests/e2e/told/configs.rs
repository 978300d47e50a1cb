//! What a config tells: who still uses it, a pause, a token that is remembered; and what failures say of it.

use std::sync::atomic::{AtomicU32, Ordering};

use ping_emulator::{Fault, Reply};
use serde_json::Value;

use super::events::until_event;
use super::message;
use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, condition, reason, wait};

#[tokio::test(flavor = "multi_thread")]
async fn a_config_that_is_deleted_while_it_is_used_names_some_that_use_it() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.delete("pingpc/default");
    let object = world.says("pingpc/default", "HasDependents").await;
    assert!(message(&object).contains(&format!("Team {}/platform", world.namespace)), "{object}");
    assert_eq!(condition(&object, "Reconciling")["status"], "True", "{object}");
    assert_eq!(condition(&object, "Ready")["status"], "True", "its credential is accepted: {object}");
    until_event(&world, "HasDependents", &["platform"]).await;
    world.patch("pingteam/platform", r#"{"spec": {"name": "Another"}}"#);
    world.ready("pingteam/platform").await;
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    world.gone("pingpc/default").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_tells_until_when_the_provider_asked_for_fewer_calls_and_stops_telling() {
    let world = World::new().await;
    world.ready("pingpc/default").await;
    let too_many = Reply::new(429, "{}").header("Retry-After", "5");
    world.emulator.fault(Fault::new("POST", "/v1/team", 1, too_many));
    world.apply(TEAM);
    let object = world.until("pingpc/default", "is throttled", |object| reason(object, "Synced") == "Throttled").await;
    let until = object["status"]["throttledUntil"].as_str().unwrap_or_default().to_owned();
    assert!(until.parse::<jiff::Timestamp>().is_ok(), "{object}");
    assert!(condition(&object, "Synced")["message"].as_str().unwrap_or_default().contains(&until), "{object}");
    assert_eq!(condition(&object, "Ready")["status"], "True", "{object}");
    until_event(&world, "Throttled", &[&until]).await;
    let writes = world.kubernetes_writes("providerconfigs");
    let told = |write: &&String| write.contains("status");
    world.ready("pingteam/platform").await;
    let object =
        world.until("pingpc/default", "is over", |object| object["status"].get("throttledUntil").is_none()).await;
    assert_eq!(reason(&object, "Synced"), "Available", "{object}");
    let after = world.kubernetes_writes("providerconfigs");
    assert!(after.iter().filter(told).count() <= writes.iter().filter(told).count() + 2, "{after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_names_config_secret_host_and_cause() {
    let flags = ["--allow-endpoint", "127.0.0.1:1", "--allow-endpoint", "nowhere.invalid"].map(str::to_owned).to_vec();
    let world = Setup { flags, ..Setup::default() }.build().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    for (endpoint, words) in
        [("http://127.0.0.1:1", ["127.0.0.1:1", "refused"]), ("http://nowhere.invalid", ["nowhere.invalid", "DNS"])]
    {
        let patch = serde_json::json!({"spec": {"endpoints": {"customerQuery": endpoint}}});
        world.patch("pingpc/default", &patch.to_string());
        for resource in ["pingpc/default", "pingteam/platform"] {
            let told = |object: &Value| {
                let message = message(object);
                words.iter().all(|word| message.contains(word)) && message.contains("ProviderConfig 'default'")
            };
            world.until(resource, "tells host and cause", told).await;
        }
    }
    world.apply(&world.config("default", "Pinghome"));
    world.ready("pingteam/platform").await;
    world.secret("refused");
    let source = format!("key 'token' of Secret '{}/tokens'", world.namespace);
    let told = |object: &Value| message(object).contains(&source) && message(object).contains("'default'");
    wait::until("the Team names the Secret", async || {
        ask(&world);
        told(&world.get("pingteam/platform").await.unwrap_or_default())
    })
    .await;
    world.until("pingpc/default", "names the Secret", told).await;
}

/// Asks for another reconcile of the Team.
fn ask(world: &World) {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let request = format!("ping-operator.dev/reconcile-requested-at=ask-{}", ASKED.fetch_add(1, Ordering::Relaxed));
    world.kubectl(&["annotate", "--overwrite", "pingteam/platform", &request], "");
}

/// Asks for reconciles of the Team until the config tells that the Secret is gone.
async fn until_missed(world: &World) -> Value {
    wait::until("the Secret is missed", async || {
        ask(world);
        reason(&world.get("pingpc/default").await.unwrap_or_default(), "Ready") == "SecretNotFound"
    })
    .await;
    world.get("pingpc/default").await.unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remembered_token_is_told() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.delete("secret/tokens");
    let object = until_missed(&world).await;
    assert_eq!(reason(&object, "Synced"), "CredentialsMissing", "{object}");
    let told = condition(&object, "Synced")["message"].as_str().unwrap_or_default();
    assert!(told.contains("last token") && told.contains("--forget-removed-tokens"), "{told}");
    until_event(&world, "CredentialsMissing", &["last token"]).await;
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    assert_eq!(world.count(&["DELETE", "/v1/team/"]), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_token_is_not_used_any_more_with_the_flag() {
    let world = Setup { flags: vec!["--forget-removed-tokens".to_owned()], ..Setup::default() }.build().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.delete("secret/tokens");
    let object = until_missed(&world).await;
    assert_eq!(reason(&object, "Synced"), "SecretNotFound", "{object}");
    world.delete("pingteam/platform");
    world.says("pingteam/platform", "CredentialsMissing").await;
    assert!(world.emulator.state(TOKEN)["teams"].get(&id).is_some(), "{:?}", world.writes());
    world.secret(TOKEN);
    world.gone("pingteam/platform").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_over_the_guard_says_until_when() {
    let world = World::new().await;
    world.patch("pingpc/default", r#"{"spec": {"deletionGuard": {"maxDeletions": 1}}}"#);
    for name in ["a", "b"] {
        let team = TEAM.replace("name: platform", &format!("name: {name}")).replace("Platform", name);
        world.apply(&team);
        world.ready(&format!("pingteam/{name}")).await;
    }
    world.delete("pingteam/a");
    world.gone("pingteam/a").await;
    world.delete("pingteam/b");
    let object = world.says("pingteam/b", "GuardExceeded").await;
    let (_, after) = message(&object).split_once("used up until ").unwrap_or_default();
    let until = after.split_once(": ").map(|(until, _)| until.to_owned()).unwrap_or_default();
    let until: jiff::Timestamp = until.parse().expect("a time");
    let rest = until.duration_since(jiff::Timestamp::now()).as_secs();
    assert!((3000..=3700).contains(&rest), "{rest}: {object}");
    assert_eq!(condition(&object, "DeletionHeld")["status"], "True", "{object}");
}
