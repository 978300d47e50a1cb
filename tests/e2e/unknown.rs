//! What is not known is not taken for no: fields that the provider does not show, words that nobody knows, and answers that say nothing.

use ping_emulator::{Edit, Fault, Reply, Trouble};
use serde_json::{Value, json};

use crate::harness::wait::until;
use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, condition};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT, channel};
use crate::members::{named_team, state};
use crate::proofs::{further, message};

/// Replaces a text in the answers to a read for ever.
fn edited(world: &World, path: &str, find: &str, put: &str) {
    let trouble = Trouble::Edited { edits: vec![Edit::new(find, put)] };
    world.emulator.fault(Fault::new("GET", path, Fault::FOREVER, trouble));
}

async fn quick() -> World {
    Setup { resync: 1, ..Setup::default() }.build().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adopted_team_that_may_be_the_tokens_own_is_held_until_a_person_has_checked() {
    for shown in [r#""plan":null"#, r#""team":"Platform""#, r#""teams":[{"id":"x"}]"#, r#""current_team_id":"x""#] {
        let world = World::new().await;
        edited(&world, "/v1/customer$", r#""team":null"#, shown);
        let made = world.human("POST", "/customer-cmd/v1/team", json!({"name": "Platform"}));
        let id = made["team_id"].as_str().unwrap_or_default();
        let adopting = format!("metadata: {{annotations: {{ping-operator.dev/external-id: {id}}}, name: ");
        world.apply(&TEAM.replace("metadata: {name: ", &adopting));
        world.ready("pingteam/platform").await;
        world.delete("pingteam/platform");
        let object = world.says("pingteam/platform", "OwnTeam").await;
        assert_eq!(condition(&object, "DeletionHeld")["status"], "True");
        assert!(message(&object).contains("allow-deletion"), "{object}");
        assert_eq!(world.writes(), Vec::<String>::new(), "{shown}");
        world.kubectl(&["annotate", "pingteam/platform", "ping-operator.dev/allow-deletion=true"], "");
        world.gone("pingteam/platform").await;
        assert_eq!(world.count(&["DELETE"]), 1, "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_with_an_unknown_role_is_neither_changed_nor_removed_and_told() {
    let world = quick().await;
    world.apply(&named_team("platform", "Platform", "{email: boss@example.com}"));
    let id = id_of(&world.ready("pingteam/platform").await);
    world.emulator.answer(TOKEN, &id, "boss@example.com", true);
    edited(&world, "/members$", r#""role":"user""#, r#""role":"owner""#);
    world.until("pingteam/platform", "is active", |team| state(team, "boss@example.com") == "Active").await;
    let before = world.writes().len();
    // Another role, then nobody, then nobody but those whom it lists.
    let policy = r#"{"spec": {"membershipPolicy": "Authoritative", "members": []}}"#;
    for patch in [
        r#"{"spec": {"members": [{"email": "boss@example.com", "role": "manager"}]}}"#,
        r#"{"spec": {"members": []}}"#,
        policy,
    ] {
        world.patch("pingteam/platform", patch);
        let object = world
            .until("pingteam/platform", "tells the role", |team| {
                message(team).contains("'owner'")
                    && condition(team, "Ready")["observedGeneration"] == team["metadata"]["generation"]
            })
            .await;
        assert!(message(&object).contains("boss@example.com"), "{object}");
        further(&world, &["GET", "/members"], 3).await;
        assert_eq!(world.writes().len(), before, "{patch}: {:#?}", world.writes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_is_held_while_the_provider_does_not_show_what_it_would_lose() {
    for unknown in ["null", "true", "[]", r#""many""#] {
        let world = World::new().await;
        world.apply(TEAM);
        world.apply(SERVICE);
        world.apply(&SUB_ACCOUNT.replace("spec: {", "spec: {deletionPolicy: Delete, "));
        world.ready("pingsvc/checkout").await;
        world.ready("pingsub/acme").await;
        edited(&world, "/v1/team-service/", r#""heartbeat_count":0"#, &format!(r#""heartbeat_count":{unknown}"#));
        edited(&world, "/accounts$", r#""count":0"#, &format!(r#""count":{unknown}"#));
        world.emulator.clear_journal();
        for resource in ["pingsvc/checkout", "pingsub/acme"] {
            world.delete(resource);
            let object = world.says(resource, "NotEmpty").await;
            assert_eq!(condition(&object, "DeletionHeld")["status"], "True");
            assert!(message(&object).contains("does not show how many"), "{object}");
            assert_eq!(world.writes(), Vec::<String>::new(), "{unknown}");
            world.kubectl(&["annotate", resource, "ping-operator.dev/allow-deletion=true"], "");
            world.gone(resource).await;
            world.emulator.clear_journal();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_channel_is_named_by_a_position_that_two_channels_have() {
    let world = quick().await;
    let path = format!("/customer-cmd/v1/customer/{}/notification-channel", owner(&world));
    world.human("POST", &path, json!({"type": "webhook", "value": "https://example.com/theirs"}));
    world.apply(&channel("hook", "{customer: {}}", "webhook", "https://example.com/ours"));
    world.ready("pingnc/hook").await;
    let before = world.writes().len();
    edited(&world, "/notification-channels$", r#""priority":2"#, r#""priority":1"#);
    world.patch("pingnc/hook", r#"{"spec": {"enabled": false}}"#);
    let object = world
        .until("pingnc/hook", "tells the position", |object| {
            message(object).contains("more than one channel at position 1")
        })
        .await;
    assert_eq!(condition(&object, "Ready")["status"], "False");
    world.delete("pingnc/hook");
    further(&world, &["GET", "/notification-channels"], 3).await;
    assert_eq!(world.writes().len(), before, "{:#?}", world.writes());
    world.emulator.clear_faults();
    world.gone("pingnc/hook").await;
    assert_eq!(world.emulator.state(TOKEN)["customer"]["channels"].as_array().map(Vec::len), Some(1));
}

fn owner(world: &World) -> String {
    world.emulator.state(TOKEN)["customer"]["id"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_account_whose_create_met_an_unknown_error_is_looked_for_and_not_made_twice() {
    let world = quick().await;
    let trouble = Reply::new(200, r#"{"error":"internal"}"#).with_effect();
    world.emulator.fault(Fault::new("POST", "/accounts$", 1, trouble));
    world.apply(SUB_ACCOUNT);
    until("it was sent", async || world.count(&["POST /accounts"]) == 1).await;
    world.patch("pingsub/acme", r#"{"spec": {"name": "Acme 2"}}"#);
    let object = world.ready("pingsub/acme").await;
    assert_eq!(world.count(&["POST /accounts"]), 1, "{:#?}", world.calls());
    assert_eq!(world.emulator.state(TOKEN)["accounts"][id_of(&object)]["name"], "Acme 2");
    assert_eq!(world.emulator.state(TOKEN)["accounts"].as_object().map(serde_json::Map::len), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_or_a_withdrawal_that_was_only_said_to_be_done_is_made_again_and_then_told() {
    let world = quick().await;
    world.apply(&named_team("platform", "Platform", "{email: in@example.com}, {email: asked@example.com}"));
    let id = id_of(&world.ready("pingteam/platform").await);
    world.emulator.answer(TOKEN, &id, "in@example.com", true);
    world.until("pingteam/platform", "is active", |team| state(team, "in@example.com") == "Active").await;
    for path in ["/member/", "/invitation$"] {
        world.emulator.fault(Fault::new("DELETE", path, Fault::FOREVER, Reply::new(200, r#"{"message":"done"}"#)));
    }
    world.patch("pingteam/platform", r#"{"spec": {"members": []}}"#);
    for calls in ["/member/", "/invitation"] {
        until("it was tried three times", async || world.count(&["DELETE", calls]) >= 3).await;
    }
    world.says("pingteam/platform", "NotConverging").await;
    further(&world, &["GET", "/members"], 3).await;
    for calls in ["/member/", "/invitation"] {
        assert_eq!(world.count(&["DELETE", calls]), 3, "{:#?}", world.writes());
    }
    world.emulator.clear_faults();
    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
    let object = world.ready("pingteam/platform").await;
    world
        .until("pingteam/platform", "lists nobody", |team| {
            team["status"]["members"].as_array().is_none_or(Vec::is_empty)
        })
        .await;
    let team: &Value = &world.emulator.state(TOKEN)["teams"][id_of(&object)];
    // The answered invitation stays in its list.
    let pending = team["invitations"].as_array().map(|all| all.iter().filter(|one| one["status"] == "Pending").count());
    assert_eq!((team["members"].as_array().map(Vec::len), pending), (Some(1), Some(0)), "{team}");
}
