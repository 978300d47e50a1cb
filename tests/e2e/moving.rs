//! A person whom one Team gives up and another lists is moved by one call, however the two changes come.

use ping_emulator::{Fault, Trouble};
use serde_json::Value;

use crate::harness::world::{TOKEN, id_of};
use crate::harness::{Setup, World, condition, reason, wait::until};
use crate::members::{named_team, state};

/// Two Teams; `p@x.org` is in the first.
async fn two_teams() -> (World, String, String) {
    two_teams_in(World::new().await).await
}

async fn two_teams_in(world: World) -> (World, String, String) {
    world.apply(&named_team("from", "From", "{email: p@x.org}"));
    world.apply(&named_team("to", "To", ""));
    let from = id_of(&world.ready("pingteam/from").await);
    let to = id_of(&world.ready("pingteam/to").await);
    world.emulator.answer(TOKEN, &from, "p@x.org", true);
    world.look_again("pingteam/from").await;
    world.emulator.clear_journal();
    (world, from, to)
}

fn people(world: &World, team: &str) -> Vec<String> {
    let members = world.emulator.state(TOKEN)["teams"][team]["members"].clone();
    let emails = members.as_array().into_iter().flatten().filter_map(|member| member["email"].as_str());
    emails.map(str::to_owned).collect()
}

async fn is_moved(world: &World, from: &str, to: &str) {
    world.until("pingteam/to", "has the person", |team| state(team, "p@x.org") == "Active").await;
    world.until("pingteam/from", "has nobody", |team| state(team, "p@x.org") == "-").await;
    let writes = world.writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert!(writes[0].starts_with(&format!("PATCH /v1/team/{from}/member/")), "{writes:?}");
    assert!(writes[0].contains(&format!(r#""new_team_id":"{to}""#)), "{writes:?}");
    assert!(people(world, to).contains(&"p@x.org".to_owned()) && !people(world, from).contains(&"p@x.org".to_owned()));
    for team in ["pingteam/from", "pingteam/to"] {
        world.ready(team).await;
        world.look_again(team).await;
    }
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn given_up_first_and_listed_a_moment_later() {
    let (world, from, to) = two_teams().await;
    world.apply(&named_team("from", "From", ""));
    world.apply(&named_team("to", "To", "{email: p@x.org}"));
    is_moved(&world, &from, &to).await;
}

/// A visit that fails between the two changes does not cut the pause short.
#[tokio::test(flavor = "multi_thread")]
async fn given_up_first_and_listed_after_a_visit_that_failed() {
    // Without a lag no list is young enough to be believed: the next visit reads, and fails.
    let (world, from, to) = two_teams_in(Setup { read_lag: 0, ..Setup::default() }.build().await).await;
    world.emulator.fault(Fault::new("GET", "/members", 1, Trouble::Before { status: 500 }));
    world.apply(&named_team("from", "From", ""));
    world.says("pingteam/from", "ProviderUnavailable").await;
    until("the next visit looks", async || world.count(&["GET", "/members"]) > 1).await;
    world.apply(&named_team("to", "To", "{email: p@x.org}"));
    is_moved(&world, &from, &to).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listed_first_and_given_up_a_moment_later() {
    let (world, from, to) = two_teams().await;
    world.apply(&named_team("to", "To", "{email: p@x.org}"));
    world.apply(&named_team("from", "From", ""));
    is_moved(&world, &from, &to).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_both_while_the_operator_was_away() {
    let (mut world, from, to) = two_teams().await;
    world.stop().await;
    world.apply(&named_team("to", "To", "{email: p@x.org, role: manager}"));
    world.apply(&named_team("from", "From", ""));
    world.start().await;
    is_moved(&world, &from, &to).await;
    let members = world.emulator.state(TOKEN)["teams"][&to]["members"].clone();
    let person = members.as_array().into_iter().flatten().find(|member| member["email"] == "p@x.org").cloned();
    assert_eq!(person.unwrap_or(Value::Null)["role"], "manager");
}

#[tokio::test(flavor = "multi_thread")]
async fn listed_by_a_team_that_is_not_made_yet() {
    let (world, from, _) = two_teams().await;
    world.apply(&named_team("from", "From", ""));
    world.apply(&named_team("new", "New", "{email: p@x.org}"));
    world.until("pingteam/new", "has the person", |team| state(team, "p@x.org") == "Active").await;
    assert_eq!(world.count(&["PATCH", &from, "/member/"]), 1, "{:?}", world.writes());
    assert_eq!(world.count(&["/invitation"]), world.count(&["GET", "/invitations"]), "{:?}", world.writes());
}

/// `p@x.org` stays in the first team while its Team, with this field, does not write. Later the person is moved by one call.
async fn stays_until_it_writes(field: &str, says: &str) {
    let (world, from, to) = two_teams().await;
    world.apply(&named_team("from", "From", "").replace("spec: {", &format!("spec: {{{field}, ")));
    world.until("pingteam/from", says, |team| condition(team, says)["status"] == "True").await;
    world.apply(&named_team("to", "To", "{email: p@x.org}"));
    let waits = |team: &Value| {
        let message = condition(team, "Ready")["message"].as_str().unwrap_or_default();
        reason(team, "Ready") == "Progressing" && message.contains("/from' writes again")
    };
    world.until("pingteam/to", "waits for the other Team", waits).await;
    assert!(waits(&world.look_again("pingteam/to").await));
    assert_eq!(world.writes(), Vec::<String>::new());
    world
        .apply(&named_team("from", "From", "").replace("spec: {", "spec: {suspend: false, managementPolicy: Manage, "));
    is_moved(&world, &from, &to).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_team_keeps_a_person_whom_another_team_lists() {
    stays_until_it_writes("suspend: true", "Suspended").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observed_team_keeps_a_person_whom_another_team_lists_and_nobody_is_invited() {
    stays_until_it_writes("managementPolicy: Observe", "Drifted").await;
}
