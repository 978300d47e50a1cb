//! Each real change has an event of its own, and so has each new wait, hold, difference and decline.

use serde_json::{Value, json};

use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{World, condition, reason, wait};
use crate::lifecycle::SERVICE;
use crate::members::team;

/// The events with this reason whose text has all of these words.
fn events(world: &World, reason: &str, words: &[&str]) -> Vec<Value> {
    let (_, text) = world.kubectl(&["get", "events.events.k8s.io", "-o", "json"], "");
    let all: Value = serde_json::from_str(&text).unwrap_or_default();
    let fits = |event: &&Value| {
        let note = event["note"].as_str().unwrap_or_default();
        event["reason"] == reason && words.iter().all(|word| note.contains(word))
    };
    all["items"].as_array().map(Vec::as_slice).unwrap_or_default().iter().filter(fits).cloned().collect()
}

/// Waits until there is such an event.
pub(super) async fn until_event(world: &World, reason: &str, words: &[&str]) -> Value {
    let what = format!("an event {reason} with {words:?}");
    wait::until(&what, async || !events(world, reason, words).is_empty()).await;
    events(world, reason, words).pop().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_invitations_are_two_events_with_the_id_of_the_team() {
    let world = World::new().await;
    world.apply(&team("{email: a@x.org}, {email: b@x.org}"));
    let id = id_of(&world.ready("pingteam/platform").await);
    for email in ["a@x.org", "b@x.org"] {
        let event = until_event(&world, "ReachedPerson", &[email, &id]).await;
        assert_eq!(event.get("series"), None, "{event}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adoption_names_the_object_once_whether_or_not_it_changes_the_object() {
    for name in ["Platform", "Former"] {
        let world = World::new().await;
        let made = world.human("POST", "/customer-cmd/v1/team", json!({"name": name}));
        let id = made["team_id"].as_str().unwrap_or_default();
        let claim = format!("metadata: {{annotations: {{ping-operator.dev/external-id: {id}}}, ");
        world.apply(&TEAM.replace("metadata: {", &claim));
        until_event(&world, "AdoptedExternalResource", &[id]).await;
        world.ready("pingteam/platform").await;
        world.look_again("pingteam/platform").await;
        assert_eq!(events(&world, "AdoptedExternalResource", &[id]).len(), 1, "{name}");
        assert_eq!(world.writes().len(), usize::from(name == "Former"), "{:?}", world.writes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_made_again_is_another_event() {
    let world = World::new().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    for name in ["Another", "Platform", "Another"] {
        world.patch("pingteam/platform", &json!({"spec": {"name": name}}).to_string());
        world.ready("pingteam/platform").await;
    }
    let words = ["name: Platform → Another", &id];
    wait::until("two events", async || events(&world, "UpdatedExternalResource", &words).len() == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_and_a_difference_are_told_once() {
    let world = World::new().await;
    world.apply(SERVICE);
    let event = until_event(&world, "ReferenceNotFound", &["'platform'"]).await;
    assert_eq!(event["type"], "Normal", "{event}");
    world.apply(&TEAM.replace("spec: {", "spec: {driftPolicy: Report, "));
    let id = id_of(&world.ready("pingteam/platform").await);
    world.ready("pingsvc/checkout").await;
    world.human("PUT", &format!("/customer-cmd/v1/team/{id}"), json!({"name": "Somebody's"}));
    for _ in 0..3 {
        world.look_again("pingteam/platform").await;
    }
    let event = until_event(&world, "Drifted", &["Somebody's → Platform", &id]).await;
    assert_eq!((&event["type"], event.get("series")), (&json!("Warning"), None), "{event}");
    assert_eq!(events(&world, "Drifted", &[]).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_declines_or_leaves_is_told_by_condition_event_and_column() {
    let world = World::new().await;
    world.apply(&team("{email: a@x.org}, {email: b@x.org}"));
    let id = id_of(&world.ready("pingteam/platform").await);
    world.emulator.answer(TOKEN, &id, "a@x.org", false);
    world.emulator.answer(TOKEN, &id, "b@x.org", true);
    let told = async |expected: &str| {
        let object = world.look_again("pingteam/platform").await;
        reason(&object, "InvitationsPending") == expected
    };
    wait::until("the decline is told", async || told("Declined").await).await;
    until_event(&world, "Declined", &["a@x.org", "edited"]).await;
    let shows = async || world.kubectl(&["get", "pingteam"], "").1.contains("2/1");
    wait::until("one of two is in the team", async || told("Declined").await && shows().await).await;
    let members = world.emulator.state(TOKEN)["teams"][&id]["members"].clone();
    let person = members.as_array().into_iter().flatten().find(|member| member["email"] == "b@x.org").cloned();
    let customer = person.unwrap_or_default()["customer_id"].as_str().unwrap_or_default().to_owned();
    world.human("DELETE", &format!("/customer-cmd/v1/team/{id}/member/{customer}"), json!(null));
    let left = async || {
        let object = world.look_again("pingteam/platform").await;
        let message = condition(&object, "InvitationsPending")["message"].as_str().unwrap_or_default().to_owned();
        message.contains("'a@x.org' declined") && message.contains("'b@x.org' left")
    };
    wait::until("who left is told", left).await;
    until_event(&world, "Left", &["b@x.org"]).await;
    let (_, text) = world.kubectl(&["get", "pingteam"], "");
    assert!(text.contains("2/0") && text.contains("Declined"), "{text}");
    assert_eq!(world.count(&["POST", "/invitation"]), 2, "{:?}", world.writes());
}
