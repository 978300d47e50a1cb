//! What came of many schedules: one line a row of faults.

use std::time::Duration;

use super::Scenario;
use super::oracle::{Broken, Oracle};
use super::schedules::Row;

/// What came of one schedule.
pub(super) struct Told {
    pub(super) seed: u64,
    pub(super) scenario: Scenario,
    pub(super) row: Row,
    /// How many requests went wrong.
    pub(super) faults: usize,
    pub(super) outcome: Oracle,
    pub(super) took: Duration,
}

pub(super) struct Report(Vec<Told>);

impl Report {
    pub(super) fn of(told: Vec<Told>) -> Self {
        Self(told)
    }

    /// Prints the table of docs/reliability.md.
    pub(super) fn print(&self) {
        eprintln!(
            "| faults | schedules | requests that went wrong | duplicates | left behind | unmanaged touched | stuck | endless | seconds, median | most |"
        );
        eprintln!("|---|---|---|---|---|---|---|---|---|---|");
        for row in Row::ALL {
            let told: Vec<_> = self.0.iter().filter(|told| told.row == row).collect();
            let of = |is: fn(&Broken) -> bool| told.iter().filter(|told| told.outcome.as_ref().is_err_and(is)).count();
            let mut seconds: Vec<_> = told.iter().map(|told| told.took.as_secs_f64()).collect();
            seconds.sort_by(f64::total_cmp);
            let (median, most) = (seconds.get(seconds.len() / 2), seconds.last());
            let faults: usize = told.iter().map(|told| told.faults).sum();
            eprintln!(
                "| {row:?} | {} | {faults} | {} | {} | {} | {} | {} | {:.1} | {:.1} |",
                told.len(),
                of(|broken| matches!(broken, Broken::Duplicate(_))),
                of(|broken| matches!(broken, Broken::Leak(_))),
                of(|broken| matches!(broken, Broken::Touched(_))),
                of(|broken| matches!(broken, Broken::Stuck(_))),
                of(|broken| matches!(broken, Broken::Endless(_))),
                median.unwrap_or(&0.0),
                most.unwrap_or(&0.0),
            );
        }
    }

    /// Fails with every schedule that broke an oracle.
    pub(super) fn hold(&self) {
        let broken = self.0.iter().filter_map(|told| Some((told, told.outcome.as_ref().err()?)));
        let lines: Vec<_> = broken
            .map(|(told, broken)| format!("schedule {} ({:?}, {:?}): {broken}", told.seed, told.row, told.scenario))
            .collect();
        assert!(lines.is_empty(), "{}", lines.join("\n"));
    }
}
