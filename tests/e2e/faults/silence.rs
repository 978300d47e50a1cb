//! A line to the API server that stays open and says nothing.

use std::time::{Duration, Instant};

use ping_emulator::Settings;

use super::fuse::Plan;
use super::gateway::Line;
use super::{Crew, Fuse, Stage};
use crate::harness::wait::{until, within};
use crate::harness::world::TEAM;

/// How long silence may go unnoticed (docs/reliability.md).
const NOTICED: Duration = Duration::from_mins(3);

/// A Ready Team, whose name is changed while the line is as it is; returns when the provider has heard of it.
async fn renamed_while(line: Line, then: impl AsyncFnOnce(&Stage)) {
    let mut stage = Stage::new(Settings::default(), Fuse::new(Plan::Record), Crew::One).await;
    stage.world.apply(TEAM);
    stage.start();
    stage.world.ready("pingteam/platform").await;
    stage.gateway.lines().set(line);
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
