//! What waits for a permit of the rate limiter follows what a user says meanwhile.

use futures::future::join_all;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::harness::wait::until;
use crate::harness::{World, condition};

/// How many Teams wait.
const TEAMS: usize = 30;

/// How many calls may be sent, one each second, until the operator has heard of a change.
const UNTIL_HEARD: usize = 5;

/// Teams by their numbers, with this name.
fn teams(name: &str) -> String {
    let team = |number| {
        format!(
            "{{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {{name: team-{number}}}, spec: {{name: {name}-{number}}}}}"
        )
    };
    (0..TEAMS).map(team).collect::<Vec<_>>().join("\n---\n")
}

/// Changes all Teams at once: that takes far less time than their calls, however slow kubectl is.
async fn change(world: &World, patch: impl Fn(usize) -> Value) {
    let api = world.api("pingteam");
    let changes = (0..TEAMS).map(async |number| {
        let patch = Patch::Merge(patch(number));
        api.patch(&format!("team-{number}"), &PatchParams::default(), &patch).await
    });
    for result in join_all(changes).await {
        // One that is deleted may be gone by now.
        let is_gone = matches!(&result, Err(kube::Error::Api(status)) if status.code == 404);
        assert!(result.is_ok() || is_gone, "{result:?}");
    }
}

/// Of a suspended Team only `Suspended` is of the newest spec.
fn is_observed(object: &Value) -> bool {
    let generation = &object["metadata"]["generation"];
    [&object["status"], condition(object, "Suspended")].iter().any(|seen| seen["observedGeneration"] == *generation)
}

/// Teams that are Ready, and from then on one call each second.
async fn slow_world() -> World {
    let world = World::new().await;
    world.apply(&teams("old"));
    for number in 0..TEAMS {
        world.ready(&format!("pingteam/team-{number}")).await;
    }
    let limit = "requestsPerSecond: 1, burst: 1";
    world.apply(&world.config("default", "Pinghome").replace("requestsPerSecond: 1000, burst: 1000", limit));
    world.until("pingpc/default", "has the new rate", is_observed).await;
    world.emulator.clear_journal();
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_waits_for_the_rate_limiter_follows_a_spec_that_changes_meanwhile() {
    let world = slow_world().await;
    change(&world, |number| json!({"spec": {"name": format!("new-{number}")}})).await;
    until("two are renamed", async || world.count(&["PUT", "/team/"]) >= 2).await;
    change(&world, |number| match number % 3 {
        0 => json!({"spec": {"suspend": true}}),
        1 => json!({"spec": {"managementPolicy": "Observe"}}),
        _ => json!({"spec": {"name": format!("old-{number}")}}),
    })
    .await;
    let before = world.count(&["PUT", "/team/", "new-"]);
    for number in 0..TEAMS {
        world.until(&format!("pingteam/team-{number}"), "follows the newest spec", is_observed).await;
    }
    let renamed = world.count(&["PUT", "/team/", "new-"]);
    assert!(renamed <= before + UNTIL_HEARD && renamed < TEAMS, "{before}: {:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_waits_for_the_rate_limiter_ends_when_its_object_is_to_be_kept() {
    let world = slow_world().await;
    let (done, text) = world.kubectl(&["delete", "pingteam", "--all", "--wait=false"], "");
    assert!(done, "{text}");
    until("two are deleted", async || world.count(&["DELETE", "/team/"]) >= 2).await;
    let keep = json!({"metadata": {"annotations": {"ping-operator.dev/allow-deletion": "orphan"}}});
    change(&world, |_| keep.clone()).await;
    let before = world.count(&["DELETE", "/team/"]);
    for number in 0..TEAMS {
        world.gone(&format!("pingteam/team-{number}")).await;
    }
    let deleted = world.count(&["DELETE", "/team/"]);
    assert!(deleted <= before + UNTIL_HEARD && deleted < TEAMS, "{before}: {:?}", world.writes());
}
