//! Calls that the provider refuses for ever, or says to have done: how often they are made, and what is told.

use ping_emulator::{Fault, Reply, Settings};
use serde_json::{Value, json};

use super::{quick, reads, ready_message, refused};
use crate::harness::wait::until;
use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, condition, reason};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT, channel};
use crate::one_account::SAME_ACCOUNT;

/// Whether a deletion was told to be impossible for now.
fn is_told(object: &Value) -> bool {
    object["metadata"]["deletionTimestamp"].is_string() && ready_message(object).contains("409")
}

/// Asks for a reconcile of a resource that is being deleted. The next try may be due just now: then it is gone already.
fn ask_again(world: &World, resource: &str) {
    let (asked, text) = world.kubectl(&["annotate", resource, "ping-operator.dev/reconcile-requested-at=again"], "");
    assert!(asked || text.contains("NotFound"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_is_refused_for_ever_is_told_and_tried_at_most_three_times_at_once() {
    let hook = channel("hook", "{customer: {}}", "webhook", "https://example.com/a");
    for (resource, manifests, call) in [
        ("pingteam/platform", TEAM.to_owned(), "/v1/team/"),
        ("pingsvc/checkout", [TEAM, SERVICE].join("\n---\n"), "/v1/service/"),
        ("pingnc/hook", hook, "/notification-channel"),
    ] {
        let world = quick(Settings::default()).await;
        world.apply(&manifests);
        world.ready(resource).await;
        world.emulator.fault(refused("DELETE", call));
        world.delete(resource);
        let object = world.until(resource, "is refused", is_told).await;
        assert_eq!(condition(&object, "Ready")["status"], "False", "{object}");
        reads(&world, "/v1/", 5).await;
        assert!(world.count(&["DELETE", call]) <= 3, "{resource}: {:#?}", world.writes());
        world.emulator.clear_faults();
        ask_again(&world, resource);
        world.gone(resource).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_account_that_cannot_be_suspended_when_its_resource_goes_is_told_and_kept() {
    let world = quick(Settings::default()).await;
    world.apply(&SUB_ACCOUNT.replace("spec: {", "spec: {deletionPolicy: Suspend, "));
    let id = id_of(&world.ready("pingsub/acme").await);
    world.emulator.fault(refused("PUT", "/accounts"));
    world.delete("pingsub/acme");
    let object = world.until("pingsub/acme", "is refused", is_told).await;
    assert_eq!(condition(&object, "Ready")["status"], "False", "{object}");
    reads(&world, "/accounts", 5).await;
    assert!(world.count(&["PUT /accounts"]) <= 3, "{:#?}", world.writes());
    world.emulator.clear_faults();
    ask_again(&world, "pingsub/acme");
    world.gone("pingsub/acme").await;
    assert_eq!(world.emulator.state(TOKEN)["accounts"][&id]["status"], "Suspend");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_is_refused_for_ever_is_tried_three_times_and_three_more_after_a_restart() {
    let mut world = quick(Settings::default()).await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.emulator.fault(refused("PUT", "/v1/team/"));
    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
    let stopped = |object: &Value| condition(object, "Stalled")["status"] == "True";
    let object = world.until("pingteam/platform", "has stopped", stopped).await;
    assert!(ready_message(&object).contains("409"), "{object}");
    reads(&world, "/v1/teams", 4).await;
    assert!(world.count(&["PUT"]) <= 3, "{:#?}", world.writes());
    world.restart().await;
    reads(&world, "/v1/teams", 4).await;
    assert!(world.count(&["PUT"]) <= 6, "{:#?}", world.writes());
    world.emulator.clear_faults();
    world.look_again("pingteam/platform").await;
    world.ready("pingteam/platform").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_403_on_everything_at_pinghome_is_a_refused_credential_and_heals() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let forbidden = || Reply::new(403, r#"{"message": "forbidden"}"#);
    for method in ["GET", "PUT", "POST"] {
        world.emulator.fault(Fault::new(method, "/v1/", Fault::FOREVER, forbidden()));
    }
    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
    world.says("pingteam/platform", "CredentialsRejected").await;
    world.says("pingpc/default", "CredentialsRejected").await;
    world.emulator.clear_faults();
    world.secret(SAME_ACCOUNT);
    world.ready("pingteam/platform").await;
    assert_eq!(world.count(&["PUT"]), 2, "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_retry_after_of_any_call_ends_the_operator_or_pauses_for_more_than_an_hour_or_outlives_a_restart() {
    let endless = "18446744073709551615";
    for (status, retry_after) in [(429, endless), (503, endless), (429, "Thu, 31 Dec 9998 23:59:59 GMT")] {
        let mut world = Setup { resync: 1, ..Setup::default() }.build().await;
        world.apply(TEAM);
        world.ready("pingteam/platform").await;
        let answer = Reply::new(status, "{}").header("Retry-After", retry_after);
        world.emulator.fault(Fault::new("GET", "/v1/", Fault::FOREVER, answer));
        world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
        world.until("pingteam/platform", "is told", |object| condition(object, "Synced")["status"] == "False").await;
        let config = world.get("pingpc/default").await.unwrap_or_default();
        if let Some(until) = config["status"]["throttledUntil"].as_str() {
            let until: jiff::Timestamp = until.parse().expect("a time");
            let limit = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(61);
            assert!(until <= limit, "{status} {retry_after}: {until}");
        }
        world.restart().await;
        let ended = world.operator.as_mut().and_then(crate::harness::Operator::ended);
        assert!(ended.is_none(), "{status} {retry_after}: {ended:?}");
        world.emulator.clear_faults();
        world.restart().await;
        world.ready("pingteam/platform").await;
        assert_eq!(world.count(&["PUT"]), 1, "{:#?}", world.writes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_was_deleted_outside_is_made_once_when_the_spec_changes_where_drift_is_only_reported() {
    let world = quick(Settings::default()).await;
    world.apply(&TEAM.replace("spec: {", "spec: {driftPolicy: Report, "));
    let team = world.ready("pingteam/platform").await;
    let id = team["status"]["externalId"].as_str().unwrap_or_default();
    world.human("DELETE", &format!("/customer-cmd/v1/team/{id}"), json!({}));
    world.until("pingteam/platform", "is drifted", |object| reason(object, "Drifted") == "Drifted").await;
    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 2, "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_account_whose_deletion_is_refused_is_told_so_and_deleted_later() {
    let world = quick(Settings::default()).await;
    world.apply(&SUB_ACCOUNT.replace("spec: {", "spec: {deletionPolicy: Delete, "));
    world.ready("pingsub/acme").await;
    world.emulator.fault(refused("DELETE", "/accounts"));
    world.delete("pingsub/acme");
    let object = world.until("pingsub/acme", "is refused", |object| reason(object, "Synced") == "RemovalRefused").await;
    assert!(!ready_message(&object).contains("queued"), "{object}");
    until("it is tried again", async || world.count(&["DELETE /accounts"]) >= 2).await;
    world.emulator.clear_faults();
    world.gone("pingsub/acme").await;
}
