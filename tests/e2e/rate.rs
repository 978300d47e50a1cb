//! The rate of an account is shared: what a user changes goes first, and nothing starves.

use std::collections::BTreeMap;

use futures::future::join_all;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use crate::harness::wait::until;
use crate::harness::world::id_of;
use crate::harness::{Setup, World, condition, reason};
use crate::members::named_team;

/// How many Teams with a person there are before the restart.
const TEAMS: usize = 100;
/// So many calls of others may be sent between an edit and its call: a burst, and those of the seconds in which a slow machine tells the
/// operator of the edit. The reads of all Teams are seven times as many.
const OTHERS: usize = 30;
/// How many Teams are edited at once.
const STORM: usize = 60;

/// Applies these Teams, waits until they are Ready, and returns their ids by name.
async fn ready_teams(world: &World, manifests: &[String]) -> BTreeMap<String, String> {
    world.apply(&manifests.join("\n---\n"));
    let (ready, text) = world.kubectl(&["wait", "pingteam", "--all", "--for=condition=Ready", "--timeout=120s"], "");
    assert!(ready, "{text}");
    let teams = world.api("pingteam").list(&ListParams::default()).await.expect("the Teams");
    let teams = teams.items.into_iter().map(|team| serde_json::to_value(team).expect("an object"));
    teams.map(|team| (team["metadata"]["name"].as_str().unwrap_or_default().to_owned(), id_of(&team))).collect()
}

/// Sets the rate limit of the config, and waits until the operator knows it.
async fn limit(world: &World, per_second: usize, burst: usize) {
    let limit = format!("requestsPerSecond: {per_second}, burst: {burst}");
    world.apply(&world.config("default", "Pinghome").replace("requestsPerSecond: 1000, burst: 1000", &limit));
    world.ready("pingpc/default").await;
}

/// Edits the name of a Team.
async fn rename(world: &World, team: &str, name: &str) {
    let patch = Patch::Merge(json!({ "spec": { "name": name } }));
    world.api("pingteam").patch(team, &PatchParams::default(), &patch).await.expect("it is accepted");
}

/// The place of the first call in the journal whose line holds all of these words.
fn place(world: &World, words: &[&str]) -> Option<usize> {
    world.calls().iter().position(|line| words.iter().all(|word| line.contains(word)))
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_at_the_default_rate_an_edit_stands_behind_no_resync() {
    let mut world = Setup { resync: 600, ..Setup::default() }.build().await;
    let person = |number| format!("{{email: person-{number}@example.com, role: user}}");
    let team = |number| named_team(&format!("team-{number}"), &format!("old-{number}"), &person(number));
    let ids = ready_teams(&world, &(0..TEAMS).map(team).collect::<Vec<_>>()).await;
    limit(&world, 5, 10).await;
    world.stop().await;
    world.emulator.clear_journal();
    world.start().await;
    until("the first look at all Teams is under way", async || world.calls().len() >= 15).await;
    for edit in 0..3 {
        let calls = world.calls();
        let unread = |id: &&String| !calls.iter().any(|line| line.contains(id.as_str()));
        let (team, id) = ids.iter().find(|(_, id)| unread(id)).expect("the first look takes longer than the edits");
        let before = world.calls().len();
        rename(&world, team, &format!("new-{edit}")).await;
        let put = ["PUT", id.as_str()];
        until("the edit is sent", async || place(&world, &put).is_some()).await;
        let sent = place(&world, &put).expect("it was sent");
        let others: Vec<_> = world.calls().drain(before..sent).filter(|line| !line.contains(id.as_str())).collect();
        assert!(others.len() <= OTHERS, "edit {edit}: {} calls of others go first: {others:#?}", others.len());
    }
    assert!(world.calls().len() < 2 * TEAMS, "the first look at all Teams was over before the edits");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resync_that_would_take_more_than_half_of_the_rate_is_stretched_and_the_config_says_so() {
    let world = Setup { resync: 1, ..Setup::default() }.build().await;
    let person = |number| format!("{{email: person-{number}@example.com, role: user}}");
    let team = |number| named_team(&format!("team-{number}"), &format!("old-{number}"), &person(number));
    ready_teams(&world, &(0..5).map(team).collect::<Vec<_>>()).await;
    limit(&world, 1, 1).await;
    let stretched = |config: &Value| reason(config, "Synced") == "ResyncStretched";
    let config = world.until("pingpc/default", "says that it is stretched", stretched).await;
    let message = &condition(&config, "Synced")["message"];
    assert!(message.as_str().is_some_and(|message| message.contains("s instead of every 1 s")), "{message}");
    assert_eq!(condition(&config, "Ready")["status"], "True");
    limit(&world, 1000, 1000).await;
    world.until("pingpc/default", "is not stretched any more", |config| reason(config, "Synced") == "Available").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_a_storm_of_edits_collections_are_read_again_and_a_deletion_goes_on() {
    let world = Setup { resync: 1, ..Setup::default() }.build().await;
    let storm = (0..STORM).map(|number| named_team(&format!("team-{number}"), &format!("old-{number}"), ""));
    let watched = named_team("watched", "watched", "{email: ada@example.com, role: user}");
    let manifests: Vec<_> = storm.chain([watched, named_team("deleted", "deleted", "")]).collect();
    let ids = ready_teams(&world, &manifests).await;
    limit(&world, 10, 1).await;
    world.emulator.clear_journal();
    let edits: Vec<_> = (0..STORM).map(|number| (format!("team-{number}"), format!("new-{number}"))).collect();
    join_all(edits.iter().map(|(team, name)| rename(&world, team, name))).await;
    until("the storm has begun", async || place(&world, &["PUT", "new-"]).is_some()).await;
    world.api("pingteam").delete("deleted", &DeleteParams::default()).await.expect("it is accepted");
    until("all edits are sent", async || world.count(&["PUT", "new-"]) >= STORM).await;
    let calls = world.calls();
    let is_edit = |line: &String| line.contains("PUT") && line.contains("new-");
    let (first, last) = (calls.iter().position(is_edit), calls.iter().rposition(is_edit));
    let storm = &calls[first.expect("it began")..last.expect("it ended")];
    for words in [["DELETE", ids["deleted"].as_str()], ["GET", ids["watched"].as_str()]] {
        let goes_on = storm.iter().any(|line| words.iter().all(|word| line.contains(word)));
        assert!(goes_on, "{words:?} waits for the end of the storm: {calls:#?}");
    }
}
