//! A crash at every boundary that a scenario crosses: recorded first, then played once for each, before the send and after the effect.

use std::collections::BTreeSet;
use std::time::Instant;

use ping_emulator::Settings;

use super::fuse::Plan;
use super::stage::{Company, play, undisturbed};
use super::{Crew, Fuse, Moment, Scenario};
use crate::harness::all;

/// How often a boundary is tried that is not reached. What so many whole runs do not cross, time decides.
const TRIES: usize = 5;
/// One in so many, at most, is up to time.
const RARE: usize = 20;

/// The boundaries that every run crosses: those of two runs without a fault. A Secret is read again after some seconds, which a slow
/// machine takes for more of them: its first read stands for all.
fn recorded(scenario: Scenario) -> Vec<String> {
    let mut traces = Vec::new();
    for _ in 0..2 {
        let fuse = Fuse::new(Plan::Record);
        play((scenario, Company::Alone), Settings::default(), fuse.clone(), Crew::One, undisturbed)
            .expect("without a fault it works");
        traces.push(fuse.trace());
    }
    let [first, second] = traces.as_slice() else { return Vec::new() };
    let second: BTreeSet<_> = second.iter().collect();
    let is_again = |boundary: &str| boundary.starts_with("GET secrets/") && !boundary.ends_with(" #1");
    first.iter().filter(|boundary| second.contains(boundary) && !is_again(boundary)).cloned().collect()
}

fn survives_a_crash_at_every_boundary(scenario: Scenario) {
    let begun = Instant::now();
    let boundaries = recorded(scenario);
    assert!(boundaries.len() > 30, "{boundaries:#?}");
    if std::env::var_os("FAULTS_VERBOSE").is_some() {
        eprintln!("{boundaries:#?}");
    }
    let moments = |at: &String| [(at.clone(), Moment::BeforeSend), (at.clone(), Moment::AfterEffect)];
    let outcomes = all(boundaries.iter().flat_map(moments), |(at, moment)| {
        // How often a status is written depends on who comes first: such a boundary may need another try.
        let mut tries = (0..TRIES).map(|_| {
            let fuse = Fuse::new(Plan::Kill(at.clone(), moment));
            (
                play((scenario, Company::Alone), Settings::default(), fuse.clone(), Crew::One, undisturbed),
                fuse.burnt() > 0,
            )
        });
        let told = tries.find(|(outcome, crashed)| *crashed || outcome.is_err());
        let (outcome, crashed) = told.unwrap_or((Ok(()), false));
        (at, moment, outcome, crashed)
    });
    let crashed = outcomes.iter().filter(|(.., crashed)| *crashed).count();
    let took = begun.elapsed().as_secs();
    let missed: Vec<_> =
        outcomes.iter().filter(|(.., crashed)| !crashed).map(|(at, moment, ..)| (at, moment)).collect();
    eprintln!(
        "[faults] {scenario:?}: {} boundaries, {} runs, {crashed} crashes, {took} s; up to time: {missed:?}",
        boundaries.len(),
        outcomes.len()
    );
    let wrong: Vec<_> = outcomes
        .iter()
        .filter_map(|(at, moment, outcome, _)| Some(format!("{at} {moment:?}: {}", outcome.as_ref().err()?)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(missed.len() * RARE <= outcomes.len(), "these boundaries were not reached: {missed:#?}");
}

#[test]
fn an_organisation_survives_a_crash_at_every_boundary() {
    survives_a_crash_at_every_boundary(Scenario::Organisation);
}

#[test]
fn accounts_survive_a_crash_at_every_boundary() {
    survives_a_crash_at_every_boundary(Scenario::Accounts);
}

#[test]
fn people_survive_a_crash_at_every_boundary() {
    survives_a_crash_at_every_boundary(Scenario::People);
}
