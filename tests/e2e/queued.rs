//! What waits for a permit of the rate limiter follows what a user says meanwhile.

use serde_json::Value;

use crate::harness::World;
use crate::harness::wait::until;
use crate::harness::world::TOKEN;

/// How many Teams wait.
const TEAMS: usize = 15;

/// A Team by its number, with more fields of its spec.
fn team(number: usize, name: &str, more: &str) -> String {
    format!(
        "{{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {{name: team-{number}}}, spec: {{name: {name}-{number}{more}}}}}"
    )
}

fn is_observed(object: &Value) -> bool {
    object["status"]["observedGeneration"] == object["metadata"]["generation"]
}

/// Teams that are Ready, and from then on one call each second.
async fn slow_world() -> World {
    let world = World::new().await;
    world.apply(&(0..TEAMS).map(|number| team(number, "old", "")).collect::<Vec<_>>().join("\n---\n"));
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
    world.apply(&(0..TEAMS).map(|number| team(number, "new", "")).collect::<Vec<_>>().join("\n---\n"));
    until("two are renamed", async || world.count(&["PUT", "/team/"]) >= 2).await;
    let stopped = |number: usize| match number % 3 {
        0 => team(number, "new", ", suspend: true"),
        1 => team(number, "new", ", managementPolicy: Observe"),
        _ => team(number, "old", ""),
    };
    world.apply(&(0..TEAMS).map(stopped).collect::<Vec<_>>().join("\n---\n"));
    for number in 0..TEAMS {
        world.until(&format!("pingteam/team-{number}"), "follows the newest spec", is_observed).await;
    }
    // What was sent before the change, and what takes that back.
    assert!(world.count(&["PUT", "/team/"]) < TEAMS - 5, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_waits_for_the_rate_limiter_ends_when_its_object_is_to_be_kept() {
    let world = slow_world().await;
    let (done, text) = world.kubectl(&["delete", "pingteam", "--all", "--wait=false"], "");
    assert!(done, "{text}");
    until("two are deleted", async || world.count(&["DELETE", "/team/"]) >= 2).await;
    let (_, text) = world.kubectl(&["annotate", "pingteam", "--all", "ping-operator.dev/allow-deletion=orphan"], "");
    for number in 0..TEAMS {
        world.gone(&format!("pingteam/team-{number}")).await;
    }
    let left = world.emulator.state(TOKEN)["teams"].as_object().map_or(0, serde_json::Map::len);
    assert!(left > 7, "{left} are left; {text}: {:?}", world.writes());
}
