//! What a create record proves: in which account, for which resource, and what a refusal means.

use ping_emulator::{Fault, Reply, Trouble};
use serde_json::{Value, json};

use super::create_record;
use super::metadata::binds_nothing;
use crate::ending::orphans;
use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, condition, reason};

/// The token of another account.
const OTHER: &str = "token-b";

/// Where a team is created.
const CREATE: &str = "/v1/team";

/// A world with a config of another account, in which somebody has a team of the same name.
async fn two_accounts() -> World {
    let world = Setup { read_lag: 4, ..Setup::default() }.build().await;
    world.secret_with("others", "token", OTHER);
    world.apply(&world.config("other", "Pinghome").replace("name: tokens", "name: others"));
    world.ready("pingpc/other").await;
    let (status, answer) = world.emulator.human(OTHER, "POST", "/customer-cmd/v1/team", json!({"name": "Platform"}));
    assert!((200..300).contains(&status), "{answer}");
    world
}

/// Loses the answer to the create in the first account, and lets the resource use the other one meanwhile.
async fn moved_while_unresolved(world: &World) -> Value {
    world.emulator.fault(Fault::new("POST", CREATE, 1, Trouble::DropAfter));
    world.apply(TEAM);
    world.until("pingteam/platform", "is unresolved", |object| reason(object, "Synced") == "ResolvingCreate").await;
    world.patch("pingteam/platform", r#"{"spec": {"providerConfigRef": {"name": "other"}}}"#);
    let is_decided =
        |object: &Value| object["status"]["externalId"].is_string() || reason(object, "Ready") == "AccountChanged";
    world.until("pingteam/platform", "is decided", is_decided).await
}

fn account_of(world: &World, token: &str) -> String {
    world.emulator.state(token)["customer"]["id"].as_str().unwrap_or_default().to_owned()
}

fn teams(world: &World, token: &str) -> Vec<String> {
    world.emulator.state(token)["teams"].as_object().into_iter().flatten().map(|(id, _)| id.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_was_sent_to_one_account_is_not_resolved_in_another() {
    let world = two_accounts().await;
    let object = moved_while_unresolved(&world).await;
    assert_eq!(reason(&object, "Ready"), "AccountChanged", "{object}");
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    let message = condition(&object, "Ready")["message"].as_str().unwrap_or_default();
    assert!(message.contains(&account_of(&world, TOKEN)), "{message}");
    let record: Value = serde_json::from_str(create_record(&object).as_str().unwrap_or_default()).unwrap_or_default();
    assert_eq!(record["account"], account_of(&world, TOKEN));
    assert_eq!(record["resource"], format!("{}/platform", world.namespace));
    world.patch("pingteam/platform", r#"{"spec": {"providerConfigRef": {"name": "default"}}}"#);
    let object = world.ready("pingteam/platform").await;
    assert_eq!(teams(&world, TOKEN), [id_of(&object)]);
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_was_sent_to_another_account_may_be_given_up_by_its_nonce() {
    let world = two_accounts().await;
    let object = moved_while_unresolved(&world).await;
    let record: Value = serde_json::from_str(create_record(&object).as_str().unwrap_or_default()).unwrap_or_default();
    let retry = format!("ping-operator.dev/retry-create={}", record["nonce"].as_str().unwrap_or_default());
    super::annotate(&world, "pingteam/platform", &retry);
    // The team of that name in this account is somebody else's.
    world.says("pingteam/platform", "NameTaken").await;
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
    world.patch("pingteam/platform", r#"{"spec": {"name": "Another"}}"#);
    world.ready("pingteam/platform").await;
    let lines = orphans(&world);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((&lines[0]["account"], &lines[0]["name"]), (&json!(account_of(&world, TOKEN)), &json!("platform")));
    assert_eq!(teams(&world, OTHER).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_after_a_create_in_another_account_deletes_nothing_and_leaves_a_ledger_line() {
    let world = two_accounts().await;
    moved_while_unresolved(&world).await;
    let before = [teams(&world, TOKEN), teams(&world, OTHER)];
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    assert_eq!([teams(&world, TOKEN), teams(&world, OTHER)], before);
    let lines = orphans(&world);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((&lines[0]["account"], &lines[0]["name"]), (&json!(account_of(&world, TOKEN)), &json!("platform")));
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_record_that_was_copied_to_another_name_binds_nothing() {
    let world = Setup { read_lag: 0, ..Setup::default() }.build().await;
    world.human("POST", "/customer-cmd/v1/team", json!({"name": "Platform"}));
    let record = json!({
        "nonce": "0011223344556677", "time": "2026-01-01T00:00:00Z", "ids": [], "name": "Platform",
        "account": account_of(&world, TOKEN), "resource": format!("{}/original", world.namespace),
    });
    binds_nothing(&world, &record).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_was_refused_binds_nothing_after_a_restart() {
    let mut world = Setup { read_lag: 1, ..Setup::default() }.build().await;
    let refusal = Reply::new(422, r#"{"message":"no"}"#);
    world.emulator.fault(Fault::new("POST", CREATE, Fault::FOREVER, refusal));
    world.apply(TEAM);
    let refused =
        |object: &Value| condition(object, "Synced")["status"] == "False" && create_record(object).as_str().is_some();
    let before = world.until("pingteam/platform", "is refused", refused).await;
    world.kill();
    world.human("POST", "/customer-cmd/v1/team", json!({"name": "Platform"}));
    world.start().await;
    let is_decided =
        |object: &Value| object["status"]["externalId"].is_string() || reason(object, "Ready") == "NameTaken";
    let object = world.until("pingteam/platform", "is decided", is_decided).await;
    assert_eq!(reason(&object, "Ready"), "NameTaken", "{object}");
    let tries = |object: &Value| {
        let record: Value =
            serde_json::from_str(create_record(object).as_str().unwrap_or_default()).unwrap_or_default();
        record["tries"].clone()
    };
    assert_eq!((tries(&object), &tries(&object)["count"]), (tries(&before), &json!(1)));
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    assert_eq!(teams(&world, TOKEN).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lost_create_made_is_told_before_another_team_is_adopted_and_is_deleted_alone() {
    let world = Setup { read_lag: 2, ..Setup::default() }.build().await;
    let theirs = world.human("POST", "/customer-cmd/v1/team", json!({"name": "Theirs"}));
    let theirs = theirs["team_id"].as_str().unwrap_or_default().to_owned();
    world.emulator.fault(Fault::new("POST", CREATE, 1, Trouble::DropAfter));
    world.apply(TEAM);
    world.until("pingteam/platform", "is unresolved", |object| reason(object, "Synced") == "ResolvingCreate").await;
    super::annotate(&world, "pingteam/platform", &format!("ping-operator.dev/external-id={theirs}"));
    let object = world.says("pingteam/platform", "InvalidPolicy").await;
    let message = condition(&object, "Ready")["message"].as_str().unwrap_or_default();
    let both = teams(&world, TOKEN);
    assert!(both.len() == 2 && both.iter().all(|id| message.contains(id.as_str())), "{message}");
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    assert_eq!(teams(&world, TOKEN), [theirs]);
}
