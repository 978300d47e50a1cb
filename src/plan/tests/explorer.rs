//! The explorer: the pure machine (plan, identity, memory, course, inventory) driven through schedules of crashes, lost answers,
//! lagging reads, people's edits and refusals, with oracles that never may be broken.
//!
//! `EXPLORE=1000000 SEED=7 cargo test --release --lib explorer` runs so many; a schedule that breaks an oracle is
//! shrunk and told as a story. The mutants show that it finds what it must find.

mod board;
mod chaos;
mod flock;
mod moving;
mod operator;
mod provider;
mod stored;
mod story;
mod tale;

use chaos::Mutant;
use flock::Flock;
use moving::Moving;
use story::Story;
use tale::Tale;

/// How many schedules run in a debug build.
const FEW: u64 = 3_000;
/// In so many schedules every mutant must be found.
const FOUND_WITHIN: u64 = 10_000;

fn schedules() -> u64 {
    std::env::var("EXPLORE").ok().and_then(|n| n.parse().ok()).unwrap_or(FEW)
}

fn seed() -> u64 {
    std::env::var("SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1)
}

/// The first schedule that breaks an oracle, shrunk.
fn search<T: Tale>(first: u64, count: u64, mutant: Option<Mutant>) -> Option<(u64, String)> {
    (first..first + count).find_map(|seed| {
        let story = T::generated(seed);
        let broken = story.tell(mutant).err()?;
        Some((seed, story.shrunk(mutant).describe(mutant, &broken)))
    })
}

/// A third of the schedules: three kinds of stories share them.
fn explore<T: Tale>(what: &str) {
    let (count, workers) = (schedules() / 3, 2);
    let begun = std::time::Instant::now();
    let part = count / workers;
    let found = std::thread::scope(|scope| {
        let start = |worker| scope.spawn(move || search::<T>(seed() * 1_000_000_007 + worker * part, part, None));
        let all: Vec<_> = (0..workers).map(start).collect();
        all.into_iter().find_map(|worker| worker.join().unwrap())
    });
    eprintln!("[explorer] {count} schedules of {what} in {:.1} s", begun.elapsed().as_secs_f64());
    if let Some((seed, story)) = found {
        panic!("schedule {seed}:\n{story}");
    }
}

fn finds<T: Tale>(mutants: &[Mutant]) {
    for mutant in mutants {
        let found = search::<T>(1, FOUND_WITHIN, Some(*mutant));
        let (seed, _) = found.unwrap_or_else(|| panic!("{mutant:?} is not found in {FOUND_WITHIN} schedules"));
        eprintln!("[explorer] {mutant:?} is found by schedule {seed}");
    }
}

#[test]
fn no_schedule_of_a_team_breaks_an_oracle() {
    explore::<Story>("a team");
}

#[test]
fn no_schedule_of_channels_breaks_an_oracle() {
    explore::<Flock>("channels");
}

#[test]
fn no_schedule_of_a_move_breaks_an_oracle() {
    explore::<Moving>("a move");
}

#[test]
fn every_mutant_is_found() {
    finds::<Story>(&Mutant::OF_TEAMS);
    finds::<Flock>(&Mutant::OF_CHANNELS);
    finds::<Moving>(&Mutant::OF_MOVES);
}
