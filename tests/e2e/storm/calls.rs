//! What the provider received during a storm, and when.

use std::collections::BTreeSet;

use ping_emulator::Entry;

use crate::harness::World;

/// The calls, in their order.
pub(super) struct Calls(Vec<Entry>);

impl Calls {
    pub(super) fn of(world: &World) -> Self {
        Self(world.emulator.journal())
    }

    /// How many came in this time.
    pub(super) fn count(&self, from: u64, to: u64) -> usize {
        self.0.iter().filter(|entry| (from..to).contains(&entry.at)).count()
    }

    /// What was read, each once.
    pub(super) fn reads(&self) -> Vec<String> {
        let reads = self.0.iter().filter(|entry| !entry.is_write());
        reads.map(Entry::line).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// When this was received, in milliseconds.
    pub(super) fn times(&self, method: &str, line: &str) -> Vec<u64> {
        let is_it = |entry: &&Entry| entry.method == method && entry.line().ends_with(line);
        self.0.iter().filter(is_it).map(|entry| entry.at).collect()
    }
}

/// The longest time from one of these to the next, the beginning and the end included.
pub(super) fn longest_gap(times: &[u64], from: u64, to: u64) -> u64 {
    let within = times.iter().copied().filter(|time| (from..to).contains(time));
    let all: Vec<_> = std::iter::once(from).chain(within).chain([to]).collect();
    all.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0)
}

/// The times from each of these to the next one.
pub(super) fn gaps(times: &[u64]) -> impl Iterator<Item = u64> {
    times.windows(2).map(|pair| pair[1] - pair[0])
}
