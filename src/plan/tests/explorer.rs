//! The explorer: the pure code (planner, identity, attempts, sequencer, inventory) run through schedules of crashes, lost answers,
//! lagging reads, people's edits and refusals, with oracles that must never break.
//!
//! `EXPLORE=1000000 SEED=7 cargo test --release --lib explorer` runs so many; a schedule that breaks an oracle is
//! shrunk and printed; `SCHEDULE=7000004703` runs that one alone, of every kind. The mutants show that it finds what it must find.

pub(crate) mod account;
pub(crate) mod announced;
pub(crate) mod approval;
pub(crate) mod bounds;
pub(crate) mod channels;
pub(crate) mod claims;
pub(crate) mod clock;
pub(crate) mod customer;
pub(crate) mod environment;
pub(crate) mod faults;
pub(crate) mod gateway;
pub(crate) mod handing_over;
pub(crate) mod happenings;
pub(crate) mod history;
pub(crate) mod look_alike;
pub(crate) mod member_move;
pub(crate) mod models;
pub(crate) mod moves;
pub(crate) mod mutants;
pub(crate) mod operator;
pub(crate) mod provider_model;
pub(crate) mod reporting;
pub(crate) mod same_calls;
pub(crate) mod scenario;
pub(crate) mod service;
pub(crate) mod shown;
pub(crate) mod stored;
pub(crate) mod sub_account;
pub(crate) mod team;
pub(crate) mod two_configs;

use crate::plan::tests::explorer::account::AccountScenario;
use crate::plan::tests::explorer::approval::ApprovedTeamScenario;
use crate::plan::tests::explorer::channels::ChannelsScenario;
use crate::plan::tests::explorer::customer::CustomerScenario;
use crate::plan::tests::explorer::handing_over::HandingOverScenario;
use crate::plan::tests::explorer::member_move::MemberMoveScenario;
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::scenario::{Scenario, with_each_move, with_faults};
use crate::plan::tests::explorer::service::ServiceScenario;
use crate::plan::tests::explorer::sub_account::SubAccountScenario;
use crate::plan::tests::explorer::team::TeamScenario;
use crate::plan::tests::explorer::two_configs::TwoConfigsScenario;

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

/// The one schedule that runs, if only one does.
fn only() -> Option<u64> {
    std::env::var("SCHEDULE").ok().and_then(|n| n.parse().ok())
}

/// The first schedule that breaks an oracle, shrunk.
fn search<T: Scenario>(first: u64, count: u64, allowed: &[Move], mutant: Option<Mutant>) -> Option<(u64, String)> {
    (first..first + count).find_map(|seed| {
        let scenario = T::with_moves(seed, allowed);
        let broken = scenario.run(mutant).err()?;
        Some((seed, scenario.shrunk(mutant).describe(mutant, &broken)))
    })
}

/// So many kinds of scenarios share the schedules.
pub(crate) const KINDS: u64 = 10;

/// Runs its part of the schedules.
fn explore<T: Scenario>(what: &str) {
    let (count, workers) = (schedules() / KINDS, 2);
    let begun = std::time::Instant::now();
    let part = count / workers;
    let allowed = &T::moves();
    let refs = std::thread::scope(|scope| {
        let first = seed() * 1_000_000_007;
        let start = |(first, part)| scope.spawn(move || search::<T>(first, part, allowed, None));
        let all = only()
            .map_or_else(|| (0..workers).map(|worker| (first + worker * part, part)).collect(), |only| vec![(only, 1)]);
        let all: Vec<_> = all.into_iter().map(start).collect();
        all.into_iter().find_map(|worker| worker.join().unwrap())
    });
    eprintln!("[explorer] {count} schedules of {what} in {:.1} s", begun.elapsed().as_secs_f64());
    if let Some((seed, scenario)) = refs {
        panic!("schedule {seed}:\n{scenario}");
    }
}

/// Runs variants of the happy paths in which one decision goes wrong, or one move is made: two of five, or where so many schedules are
/// asked for every one, and every one in which two decisions go wrong.
fn exhaust<T: Scenario>(what: &str) {
    let pairs = schedules() > FEW;
    let begun = std::time::Instant::now();
    let count = std::sync::atomic::AtomicU64::new(0);
    let allowed = T::moves();
    let broken = |worker: usize| {
        let happy_paths = T::happy_paths();
        let moved = happy_paths.iter().flat_map(|happy_path| with_each_move(happy_path, &allowed));
        let all = happy_paths.iter().flat_map(|happy_path| with_faults(happy_path, pairs)).chain(moved);
        all.skip(worker).step_by(if pairs { 2 } else { 5 }).find_map(|scenario| {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let broken = scenario.run(None).err()?;
            Some(scenario.shrunk(None).describe(None, &broken))
        })
    };
    let refs = std::thread::scope(|scope| {
        let all = [0, 1].map(|worker| {
            scope.spawn({
                let broken = &broken;
                move || broken(worker)
            })
        });
        all.into_iter().find_map(|worker| worker.join().unwrap())
    });
    eprintln!("[explorer] all {} schedules of {what} in {:.1} s", count.into_inner(), begun.elapsed().as_secs_f64());
    if let Some(scenario) = refs {
        panic!("{scenario}");
    }
}

/// Finds each of the mutants, with the moves that it needs and no others, by a schedule that breaks nothing without the mutant.
fn finds<T: Scenario>(mutants: &[Mutant]) {
    for mutant in mutants {
        let refs = search::<T>(1, FOUND_WITHIN, mutant.needs(), Some(*mutant));
        let (seed, _) = refs.unwrap_or_else(|| panic!("{mutant:?} is not found in {FOUND_WITHIN} schedules"));
        let sound = T::with_moves(seed, mutant.needs()).run(None);
        assert_eq!(sound, Ok(()), "{mutant:?} is not to blame in schedule {seed}");
        eprintln!("[explorer] {mutant:?} is found by schedule {seed}");
    }
}

#[test]
fn no_schedule_of_a_team_breaks_an_oracle() {
    explore::<TeamScenario>("a team");
}

#[test]
fn no_schedule_of_a_team_under_approval_breaks_an_oracle() {
    explore::<ApprovedTeamScenario>("a team under approval");
}

#[test]
fn no_schedule_of_channels_breaks_an_oracle() {
    explore::<ChannelsScenario>("channels");
}

#[test]
fn no_schedule_of_a_move_breaks_an_oracle() {
    explore::<MemberMoveScenario>("a move");
}

#[test]
fn no_schedule_of_a_service_breaks_an_oracle() {
    explore::<ServiceScenario>("a service");
}

#[test]
fn no_schedule_of_a_sub_account_breaks_an_oracle() {
    explore::<SubAccountScenario>("a sub-account");
}

#[test]
fn no_schedule_of_an_account_breaks_an_oracle() {
    explore::<AccountScenario>("an account");
}

#[test]
fn no_schedule_of_a_customer_breaks_an_oracle() {
    explore::<CustomerScenario>("a customer");
}

#[test]
fn no_schedule_of_two_configs_breaks_an_oracle() {
    explore::<TwoConfigsScenario>("two configs");
}

#[test]
fn no_schedule_of_a_team_that_takes_over_breaks_an_oracle() {
    explore::<HandingOverScenario>("handing over");
}

#[test]
fn no_trouble_or_two_in_a_life_breaks_an_oracle() {
    exhaust::<TeamScenario>("a team");
    exhaust::<ApprovedTeamScenario>("a team under approval");
    exhaust::<ChannelsScenario>("channels");
    exhaust::<MemberMoveScenario>("a move");
    exhaust::<ServiceScenario>("a service");
    exhaust::<SubAccountScenario>("a sub-account");
    exhaust::<AccountScenario>("an account");
    exhaust::<CustomerScenario>("a customer");
    exhaust::<TwoConfigsScenario>("two configs");
    exhaust::<HandingOverScenario>("handing over");
}

#[test]
fn every_mutant_is_found() {
    finds::<TeamScenario>(&Mutant::OF_TEAMS);
    finds::<ApprovedTeamScenario>(&Mutant::OF_APPROVALS);
    finds::<ChannelsScenario>(&Mutant::OF_CHANNELS);
    finds::<MemberMoveScenario>(&Mutant::OF_MOVES);
    finds::<ServiceScenario>(&Mutant::OF_SERVICES);
    finds::<SubAccountScenario>(&Mutant::OF_SUB_ACCOUNTS);
    finds::<AccountScenario>(&Mutant::OF_ACCOUNTS);
    finds::<CustomerScenario>(&Mutant::OF_CUSTOMERS);
    finds::<TwoConfigsScenario>(&Mutant::OF_TWO_CONFIGS);
    finds::<HandingOverScenario>(&Mutant::OF_HANDING_OVER);
}
