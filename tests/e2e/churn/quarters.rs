//! What the replicas hold over time, by quarters of it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::harness::Operator;
use crate::soak::held::{Held, anonymous};

/// What is looked at.
const FIGURES: [&str; 4] = ["RssAnon, KiB", "file handles", "threads", "series of metrics"];

/// What a replica holds at one time, figure by figure.
pub(super) struct Sample([usize; FIGURES.len()]);

impl Sample {
    pub(super) async fn of(operator: &Operator, namespace: &str) -> Self {
        let Held { files, threads, series, shown: _ } = Held::by(operator, namespace).await;
        Self([anonymous(operator), files, threads, series])
    }
}

/// The samples of each quarter, by replica and figure.
pub(super) struct Quarters {
    time: Duration,
    samples: BTreeMap<(&'static str, &'static str), [Vec<usize>; 4]>,
}

impl Quarters {
    pub(super) fn new(time: Duration) -> Self {
        Self { time, samples: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, replica: &'static str, after: Duration, Sample(figures): Sample) {
        let part = 4.0 * after.as_secs_f64() / self.time.as_secs_f64();
        let quarter = [1.0, 2.0, 3.0].iter().filter(|end| part >= **end).count();
        for (figure, value) in FIGURES.into_iter().zip(figures) {
            self.samples.entry((replica, figure)).or_default()[quarter].push(value);
        }
    }

    /// What is more in the last quarter than in the first one, by more than so many percent. One file handle or thread is no growth, but more
    /// than two percent of so few.
    pub(super) fn grown(&self, percent: f64) -> Vec<String> {
        let is_grown = |quarters: &[Vec<usize>; 4]| {
            growth(quarters) > percent && median(&quarters[3]) > median(&quarters[0]).saturating_add(1)
        };
        let grown = self.samples.iter().filter(|(_, quarters)| is_grown(quarters));
        grown.map(|((replica, figure), quarters)| format!("{replica}, {figure}: {:.1} %", growth(quarters))).collect()
    }
}

/// The medians by quarter, what the last one has more than the first one, and the most of each of these two.
impl fmt::Display for Quarters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| replica | figure | first quarter | second | third | last | growth | most in the first, last |")?;
        writeln!(f, "|---|---|--:|--:|--:|--:|--:|--:|")?;
        for ((replica, figure), quarters) in &self.samples {
            let [first, second, third, last] = quarters.each_ref().map(|samples| median(samples));
            let most = |quarter: &Vec<usize>| quarter.iter().max().copied().unwrap_or(0);
            let (early, late, growth) = (most(&quarters[0]), most(&quarters[3]), growth(quarters));
            writeln!(
                f,
                "| {replica} | {figure} | {first} | {second} | {third} | {last} | {growth:+.1} % | {early}, {late} |"
            )?;
        }
        Ok(())
    }
}

fn growth(quarters: &[Vec<usize>; 4]) -> f64 {
    let float = |samples| f64::from(u32::try_from(median(samples)).expect("a small number"));
    100.0 * (float(&quarters[3]) / float(&quarters[0]).max(1.0) - 1.0)
}

fn median(samples: &[usize]) -> usize {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}
