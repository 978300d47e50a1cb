//! A line to the API server that stays open and says nothing.

use std::time::{Duration, Instant};

use ping_emulator::Settings;

use super::fuse::Plan;
use super::gateway::Line;
use super::{Crew, Fuse, Stage};
use crate::harness::wait::{until, within};
use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::members::{named_team, state};

/// How long silence may go unnoticed (docs/reliability.md).
const NOTICED: Duration = Duration::from_mins(3);

/// A Ready Team, whose name is changed while the line is as it is; returns when the provider has heard of it.
async fn renamed_while(line: Line, then: impl AsyncFnOnce(&Stage)) {
    let mut stage = Stage::new(Settings::default(), Fuse::new(Plan::Record), Crew::One).await;
    stage.world.apply(TEAM);
    stage.start();
    stage.world.ready("pingteam/platform").await;
    stage.gateway.lines().set(line.clone());
    stage.world.patch("pingteam/platform", r#"{"spec": {"name": "Renamed"}}"#);
    then(&stage).await;
    let begun = Instant::now();
    within(NOTICED, "the change is seen", async || stage.world.count(&["PUT /v1/team/"]) > 0).await;
    eprintln!("[faults] {line:?}: noticed after {} s", begun.elapsed().as_secs());
    stage.world.ready("pingteam/platform").await;
    assert_eq!(stage.world.writes().len(), 2, "{:?}", stage.world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_falls_silent_is_noticed_and_nothing_is_missed() {
    renamed_while(Line::Silent, async |_| ()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_never_answered_are_given_up_and_made_again() {
    let hangs = async |stage: &Stage| {
        // Every watch has ended, and each new one hangs.
        let before = stage.fuse.trace().len();
        let hanging = || stage.gateway.hanging();
        until("requests hang", async || hanging() >= 8).await;
        assert_eq!(stage.fuse.trace().len(), before, "nothing gets through");
        stage.gateway.lines().set(Line::Open);
    };
    renamed_while(Line::Hanging, hangs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_whom_a_team_lists_that_no_watch_has_told_of_is_moved_and_not_removed() {
    let fuse = Fuse::new(Plan::Record);
    let mut stage = Stage::in_namespaces(1, Settings::default(), fuse, Crew::One).await;
    stage.world.apply(&named_team("from", "From", "{email: p@x.org}"));
    stage.world.go_to(1);
    stage.world.apply(&named_team("to", "To", ""));
    stage.start();
    stage.world.ready("pingteam/to").await;
    // Of what changes in this namespace nothing tells from now on.
    stage.gateway.lines().set(Line::SilentIn(stage.world.namespace.clone()));
    stage.world.patch("pingteam/to", r#"{"spec": {"members": [{"email": "p@x.org"}]}}"#);
    stage.world.go_to(0);
    let world = &stage.world;
    let from = id_of(&world.ready("pingteam/from").await);
    world.emulator.answer(TOKEN, &from, "p@x.org", true);
    world.look_again("pingteam/from").await;
    world.until("pingteam/from", "has the person", |team| state(team, "p@x.org") == "Active").await;
    world.emulator.clear_journal();
    let lists = || stage.fuse.trace().iter().filter(|name| name.starts_with("GET teams #")).count();
    let before = lists();
    world.patch("pingteam/from", r#"{"spec": {"members": []}}"#);
    until("the API server is asked who lists the person", async || lists() > before).await;
    assert_eq!(world.writes(), Vec::<String>::new());
    stage.gateway.lines().set(Line::Open);
    world.until("pingteam/from", "has lost the person", |team| state(team, "p@x.org") != "Active").await;
    world.ready("pingteam/from").await;
    let writes = world.writes();
    assert!(writes.len() == 1 && writes[0].starts_with("PATCH "), "{writes:?}");
}
