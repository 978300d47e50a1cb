//! The differential test: for random lives of a resource, with the moves of the provider and of people, `plan` says what the operator
//! then sends. Without trouble it is the same calls in the same order; with trouble none is another than those that were announced.

use crate::plan::tests::explorer::account::AccountScenario;
use crate::plan::tests::explorer::announced::Between;
use crate::plan::tests::explorer::channels::ChannelsScenario;
use crate::plan::tests::explorer::customer::CustomerScenario;
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::scenario::Scenario;
use crate::plan::tests::explorer::service::ServiceScenario;
use crate::plan::tests::explorer::sub_account::SubAccountScenario;
use crate::plan::tests::explorer::team::TeamScenario;
use crate::plan::tests::explorer::{FOUND_WITHIN, KINDS, schedules, seed};

/// A scenario after whose events `plan` is asked.
pub(crate) trait Planned: Scenario {
    /// Lets its events happen, plans, and lets the operator do what it wants.
    fn compared(&self, between: Between, mutant: Option<Mutant>) -> Result<(), String>;
}

/// What lies between the plan and the calls of the schedule of this number: in every second one something does.
fn between(number: u64) -> Between {
    if number.is_multiple_of(2) { Between::Nothing } else { Between::Faults(number) }
}

/// The first of so many schedules in which something else is sent than was announced.
fn differing<T: Planned>(first: u64, count: u64, allowed: &[Move], mutant: Option<Mutant>) -> Option<u64> {
    let differs = |number: &u64| T::with_moves(*number, allowed).compared(between(*number), mutant).is_err();
    (first..first + count).find(differs)
}

/// What differs in this schedule, without the events that do not matter.
fn described<T: Planned>(number: u64) -> String {
    let fails = |scenario: &T| scenario.compared(between(number), None).err();
    let (mut scenario, mut place) = (T::with_moves(number, &T::moves()), 0);
    while place < scenario.events().len() {
        let mut shorter = scenario.clone();
        shorter.events().remove(place);
        (scenario, place) = if fails(&shorter).is_some() { (shorter, 0) } else { (scenario, place + 1) };
    }
    let why = fails(&scenario).unwrap_or_default();
    format!("schedule {number}, {:?}: {why}\nbecause of\n{:#?}", between(number), scenario.events())
}

fn same<T: Planned>() {
    let found = differing::<T>(seed() * 1_000_000_007, schedules() / KINDS, &T::moves(), None);
    assert!(found.is_none(), "{}", found.map(described::<T>).unwrap_or_default());
}

/// Finds a mutant by a schedule that is as it was announced without the mutant.
fn finds<T: Planned>(mutant: Mutant) {
    let found = differing::<T>(1, FOUND_WITHIN, mutant.needs(), Some(mutant));
    let number = found.unwrap_or_else(|| panic!("{mutant:?} is not found in {FOUND_WITHIN} schedules"));
    let sound = T::with_moves(number, mutant.needs()).compared(between(number), None);
    assert_eq!(sound, Ok(()), "{mutant:?} is not to blame in schedule {number}");
    eprintln!("[explorer] a call of {mutant:?} that no plan announced is found by schedule {number}");
}

#[test]
fn the_calls_of_a_team_are_those_that_a_plan_announces() {
    same::<TeamScenario>();
}

#[test]
fn the_calls_of_a_service_are_those_that_a_plan_announces() {
    same::<ServiceScenario>();
}

#[test]
fn the_calls_of_a_sub_account_are_those_that_a_plan_announces() {
    same::<SubAccountScenario>();
}

#[test]
fn the_calls_of_an_account_are_those_that_a_plan_announces() {
    same::<AccountScenario>();
}

#[test]
fn the_calls_of_a_customer_are_those_that_a_plan_announces() {
    same::<CustomerScenario>();
}

#[test]
fn the_calls_of_channels_are_those_that_a_plan_announces() {
    same::<ChannelsScenario>();
}

/// Mistakes that send something else, or too often, although the planner is right.
#[test]
fn a_call_that_no_plan_announced_is_found() {
    for mutant in [Mutant::AbsentIsEmpty, Mutant::ObserveIgnored, Mutant::ReportIgnored, Mutant::TriesForgotten] {
        finds::<TeamScenario>(mutant);
    }
    finds::<ServiceScenario>(Mutant::UnreadableLeftOut);
    finds::<ServiceScenario>(Mutant::DeletedByNewName);
    finds::<SubAccountScenario>(Mutant::AnyIdIsOurs);
}
