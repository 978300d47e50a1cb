//! What is accepted and never takes effect, services that change their team, and other things that would go round in circles.

use ping_emulator::{Fault, Trouble};
use serde_json::json;

use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, condition};
use crate::lifecycle::SERVICE;

#[tokio::test(flavor = "multi_thread")]
async fn the_same_difference_after_three_writes_stops_until_the_spec_changes() {
    let mut world = Setup { resync: 1, ..Setup::default() }.build().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.emulator.clear_journal();
    world.emulator.fault(Fault::new("PUT", "/v1/team/", 1000, Trouble::Pretend));
    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
    let object = world.says("pingteam/platform", "NotConverging").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    let message = condition(&object, "Ready")["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("`name`") && message.contains("'Platform'") && message.contains("'Platform 2'"),
        "{message}"
    );
    assert_eq!(world.writes().len(), 3, "{:?}", world.writes());
    world.restart().await;
    world.look_again("pingteam/platform").await;
    world.says("pingteam/platform", "NotConverging").await;
    assert_eq!(world.writes().len(), 3, "{:?}", world.writes());
    world.emulator.clear_faults();
    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 3"}}"#);
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 4, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_that_people_make_again_and_again_is_put_back_each_time() {
    let world = Setup { resync: 1, ..Setup::default() }.build().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    for _ in 0..5 {
        world.human("PUT", &format!("/customer-cmd/v1/team/{id}"), json!({"name": "Theirs"}));
        crate::harness::wait::until("it is put back, and seen to be", async || {
            world.emulator.state(TOKEN)["teams"][&id]["name"] == "Platform"
        })
        .await;
        world.look_again("pingteam/platform").await;
    }
    world.ready("pingteam/platform").await;
    assert_eq!(world.count(&["PUT", "/v1/team/"]), 5, "{:?}", world.writes());
}

const OTHER: &str =
    "{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {name: other}, spec: {name: Other}}";

async fn service_of_two_teams(policy: &str) -> (World, String) {
    let world = World::new().await;
    world.apply(TEAM);
    world.apply(OTHER);
    world.ready("pingteam/platform").await;
    let other = id_of(&world.ready("pingteam/other").await);
    world.apply(&SERVICE.replace("spec: {", &format!("spec: {{onTeamChange: {policy}, ")));
    world.ready("pingsvc/checkout").await;
    world.emulator.clear_journal();
    (world, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_of_another_team_is_held_by_default() {
    let (world, _) = service_of_two_teams("Hold").await;
    world.patch("pingsvc/checkout", r#"{"spec": {"teamRef": {"name": "other"}}}"#);
    let object = world.says("pingsvc/checkout", "Invalid").await;
    assert!(condition(&object, "Ready")["message"].as_str().unwrap_or_default().contains("onTeamChange"), "{object}");
    assert_eq!(world.writes(), Vec::<String>::new());
    world.patch("pingsvc/checkout", r#"{"spec": {"teamRef": {"name": "platform"}}}"#);
    world.ready("pingsvc/checkout").await;
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_recreated_in_another_team_where_the_policy_says_so_and_not_while_monitors_hang_on_it() {
    let (world, other) = service_of_two_teams("Recreate").await;
    let before = id_of(&world.ready("pingsvc/checkout").await);
    world.emulator.set_counts(TOKEN, &before, &json!({"heartbeat_count": 2}));
    world.look_again("pingsvc/checkout").await;
    world.patch("pingsvc/checkout", r#"{"spec": {"teamRef": {"name": "other"}}}"#);
    world.says("pingsvc/checkout", "NotEmpty").await;
    assert_eq!(world.writes(), Vec::<String>::new());
    world.kubectl(&["annotate", "pingsvc/checkout", "ping-operator.dev/allow-deletion=true"], "");
    let object = world.ready("pingsvc/checkout").await;
    assert_ne!(id_of(&object), before);
    assert_eq!(object["status"]["teamExternalId"], other.as_str());
    let expected = [
        format!("DELETE /v1/service/{before}"),
        format!(r#"POST /v1/service {{"name":"checkout","team_id":"{other}"}}"#),
    ];
    assert_eq!(world.writes(), expected);
    world.look_again("pingsvc/checkout").await;
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
}
