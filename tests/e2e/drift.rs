//! Changes that people make in the provider's web interface: corrected, reported, or left alone.

use serde_json::json;

use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, condition, wait};
use crate::lifecycle::{SUB_ACCOUNT, channel, values};

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_team_is_put_back_at_the_next_resync() {
    let world = Setup { resync: 1, ..Setup::default() }.build().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.human("PUT", &format!("/customer-cmd/v1/team/{id}"), json!({"name": "Somebody's"}));
    wait::until("the name is put back", async || world.emulator.state(TOKEN)["teams"][&id]["name"] == "Platform").await;
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_only_reported_where_the_policy_says_so() {
    let world = World::new().await;
    world.apply(&TEAM.replace("spec: {", "spec: {driftPolicy: Report, "));
    let id = id_of(&world.ready("pingteam/platform").await);
    world.human("PUT", &format!("/customer-cmd/v1/team/{id}"), json!({"name": "Somebody's"}));
    let object = world.look_again("pingteam/platform").await;
    assert_eq!(condition(&object, "Drifted")["status"], "True");
    assert_eq!(condition(&object, "Ready")["status"], "True");
    assert_eq!(condition(&object, "Synced")["status"], "False");
    let message = condition(&object, "Ready")["message"].as_str().unwrap_or_default();
    assert!(message.contains("name: Somebody's → Platform"), "{message}");
    assert_eq!(world.writes().len(), 1);
    world.patch("pingteam/platform", r#"{"spec": {"driftPolicy": "Correct"}}"#);
    let object =
        world.until("pingteam/platform", "is put back", |object| condition(object, "Synced")["status"] == "True").await;
    assert!(condition(&object, "Drifted").is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observed_team_is_never_written_to() {
    let world = World::new().await;
    let made = world.human("POST", "/customer-cmd/v1/team", json!({"name": "Theirs"}));
    let id = made["team_id"].as_str().unwrap_or_default();
    let observed = "spec: {managementPolicy: Observe, ";
    world.apply(&TEAM.replace("spec: {", observed));
    world.says("pingteam/platform", "ExternalNotFound").await;
    let (annotated, text) =
        world.kubectl(&["annotate", "pingteam/platform", &format!("ping-operator.dev/external-id={id}")], "");
    assert!(annotated, "{text}");
    let object = world.ready("pingteam/platform").await;
    assert_eq!(condition(&object, "Drifted")["status"], "True");
    assert_eq!(object["status"]["externalId"], id);
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_team_is_neither_read_nor_written_and_can_be_deleted() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.emulator.clear_journal();
    world.patch("pingteam/platform", r#"{"spec": {"suspend": true, "name": "Another"}}"#);
    let object = world
        .until("pingteam/platform", "is suspended", |object| condition(object, "Suspended")["status"] == "True")
        .await;
    assert_eq!(condition(&object, "Ready")["status"], "True");
    assert_eq!(world.calls(), Vec::<String>::new());
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    assert_eq!(world.emulator.state(TOKEN)["teams"], json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_that_was_deleted_outside_is_made_again_once() {
    let world = Setup { resync: 1, ..Setup::default() }.build().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.human("DELETE", &format!("/customer-cmd/v1/team/{id}"), json!(null));
    let object = world
        .until("pingteam/platform", "has another id", |object| {
            object["status"]["externalId"].as_str().is_some_and(|new| new != id)
                && condition(object, "Ready")["status"] == "True"
        })
        .await;
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
    assert!(world.emulator.state(TOKEN)["teams"].get(id_of(&object)).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_account_that_is_made_again_is_sent_again_what_nodeping_never_shows() {
    let world = Setup { resync: 1, ..Setup::default() }.build().await;
    world.apply(&SUB_ACCOUNT.replace("location: eur", "location: eur, autoDiagNotifications: true"));
    let id = id_of(&world.ready("pingsub/acme").await);
    world.human("DELETE", &format!("/nodeping/accounts?customerid={id}"), json!(null));
    world
        .until("pingsub/acme", "has another id", |object| {
            let is_another = object["status"]["externalId"].as_str().is_some_and(|new| new != id);
            is_another && condition(object, "Ready")["status"] == "True"
        })
        .await;
    let sent = world.count(&["PUT /accounts", "autodiagnotifications=true"]);
    assert_eq!((world.writes().len(), sent), (4, 2), "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_are_found_again_after_a_person_moved_them() {
    let world = Setup { resync: 1, ..Setup::default() }.build().await;
    world.apply(TEAM);
    let team = id_of(&world.ready("pingteam/platform").await);
    let path = format!("/customer-cmd/v1/team/{team}/notification-channel");
    world.human("POST", &path, json!({"type": "webhook", "value": "https://example.com/theirs"}));
    world.apply(&channel("hook", "{teamRef: {name: platform}}", "webhook", "https://example.com/ours"));
    world.ready("pingnc/hook").await;
    world.human("DELETE", &format!("{path}?priority=1"), json!(null));
    world.until("pingnc/hook", "has moved up", |object| object["status"]["priority"] == 1).await;
    world.human("PUT", &format!("{path}/enabled"), json!({"enabled": false, "priority": 1}));
    wait::until("it is enabled again", async || {
        world.emulator.state(TOKEN)["teams"][&team]["channels"][0]["enabled"] == true
    })
    .await;
    assert_eq!(values(&world.emulator.state(TOKEN)["teams"][&team]["channels"], "value"), ["https://example.com/ours"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_of_a_sub_account_is_one_put() {
    let world = World::new().await;
    world.apply(SUB_ACCOUNT);
    let id = id_of(&world.ready("pingsub/acme").await);
    let path = format!("/nodeping/accounts?customerid={id}&timezone=3&location=nam&status=Suspend");
    world.human("PUT", &path, json!(null));
    world.emulator.clear_journal();
    world.look_again("pingsub/acme").await;
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
    assert_eq!(world.emulator.state(TOKEN)["accounts"][&id]["status"], "Active");
}
