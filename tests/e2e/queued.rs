//! What waits for a permit of the rate limiter follows what a user says meanwhile.

use ping_emulator::{Fault, Reply};
use serde_json::Value;

use crate::harness::wait::until;
use crate::harness::world::TOKEN;
use crate::harness::{World, condition};

/// How many Teams wait.
const TEAMS: usize = 15;

/// A Team by its number, with more fields of its spec.
fn team(number: usize, name: &str, more: &str) -> String {
    format!(
        "{{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {{name: team-{number}}}, spec: {{name: {name}-{number}{more}}}}}"
    )
}

/// Of a suspended Team only `Suspended` is of the newest spec.
fn is_observed(object: &Value) -> bool {
    let generation = &object["metadata"]["generation"];
    [&object["status"], condition(object, "Suspended")].iter().any(|seen| seen["observedGeneration"] == *generation)
}

/// Teams that are Ready, on an account whose next write is answered by "too many requests, come back in half a minute".
///
/// All writes wait that long, which leaves time to change what they were planned from.
async fn world_with_a_pause() -> World {
    let world = World::new().await;
    world.apply(&(0..TEAMS).map(|number| team(number, "old", "")).collect::<Vec<_>>().join("\n---\n"));
    for number in 0..TEAMS {
        world.ready(&format!("pingteam/team-{number}")).await;
    }
    let too_many = || Reply::new(429, "{}").header("Retry-After", "30");
    world.emulator.fault(Fault::new("PUT", "/team/", 1, too_many()));
    world.emulator.fault(Fault::new("DELETE", "/team/", 1, too_many()));
    world.emulator.clear_journal();
    world
}

/// How many writes were sent before the account was seen to be paused: calls that were under way at once.
const BEFORE_THE_PAUSE: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_waits_for_the_rate_limiter_follows_a_spec_that_changes_meanwhile() {
    let world = world_with_a_pause().await;
    world.apply(&(0..TEAMS).map(|number| team(number, "new", "")).collect::<Vec<_>>().join("\n---\n"));
    until("one is refused", async || world.count(&["PUT", "/team/"]) >= 1).await;
    let stopped = |number: usize| match number % 3 {
        0 => team(number, "new", ", suspend: true"),
        1 => team(number, "new", ", managementPolicy: Observe"),
        _ => team(number, "old", ""),
    };
    world.apply(&(0..TEAMS).map(stopped).collect::<Vec<_>>().join("\n---\n"));
    for number in 0..TEAMS {
        world.until(&format!("pingteam/team-{number}"), "follows the newest spec", is_observed).await;
    }
    let renamed = world.count(&["PUT", "/team/", "new-"]);
    assert!(renamed <= BEFORE_THE_PAUSE, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_waits_for_the_rate_limiter_ends_when_its_object_is_to_be_kept() {
    let world = world_with_a_pause().await;
    let (done, text) = world.kubectl(&["delete", "pingteam", "--all", "--wait=false"], "");
    assert!(done, "{text}");
    until("one is refused", async || world.count(&["DELETE", "/team/"]) >= 1).await;
    let (_, text) = world.kubectl(&["annotate", "pingteam", "--all", "ping-operator.dev/allow-deletion=orphan"], "");
    for number in 0..TEAMS {
        world.gone(&format!("pingteam/team-{number}")).await;
    }
    let left = world.emulator.state(TOKEN)["teams"].as_object().map_or(0, serde_json::Map::len);
    assert!(left >= TEAMS - BEFORE_THE_PAUSE, "{left} are left; {text}: {:?}", world.writes());
}
