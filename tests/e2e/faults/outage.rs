//! The API server itself is killed or frozen, not only the line to it.

use std::time::Duration;

use ping_emulator::Settings;

use crate::harness::wait::until;
use crate::harness::world::{TEAM, id_of};
use crate::harness::{Setup, World, another_cluster};

/// A world in an API server of its own, whose provider takes long enough for something to happen meanwhile.
async fn world() -> World {
    let settings = Settings { answer_latency: 1000, ..Settings::default() };
    Setup { settings, cluster: Some(another_cluster()), patience: 90, ..Setup::default() }.build().await
}

/// Waits until the provider has received the create of a team.
async fn create_is_under_way(world: &World) {
    until("the create is under way", async || world.count(&["POST /v1/team"]) == 1).await;
}

/// The Team becomes Ready, and is the one that was made: a change reaches it by its id, and no second one was made.
async fn was_made_once(world: &World) {
    let id = id_of(&world.ready("pingteam/platform").await);
    world.patch("pingteam/platform", r#"{"spec": {"name": "Renamed"}}"#);
    let renamed = world.ready("pingteam/platform").await;
    assert_eq!(id_of(&renamed), id);
    let writes = world.writes();
    assert_eq!(writes.len(), 2, "{writes:?}");
    assert!(writes[1].contains(&id), "{writes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_the_killed_api_server_could_not_store_is_found_when_it_is_back() {
    let world = world().await;
    world.apply(TEAM);
    create_is_under_way(&world).await;
    world.cluster.signal_server("KILL");
    let operator = world.operator.as_ref().expect("an operator");
    until("the id could not be stored", async || operator.log().contains("the API server did not answer")).await;
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
    world.cluster.start_server();
    until("the API server is back", async || world.kubectl(&["get", "--raw", "/readyz"], "").0).await;
    was_made_once(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_that_freezes_for_a_while_costs_no_second_create() {
    let world = world().await;
    world.apply(TEAM);
    create_is_under_way(&world).await;
    world.cluster.signal_server("STOP");
    // This long and not until a condition: a frozen server is silence, and nothing tells that it lasts.
    tokio::time::sleep(Duration::from_secs(8)).await;
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
    world.cluster.signal_server("CONT");
    was_made_once(&world).await;
}
