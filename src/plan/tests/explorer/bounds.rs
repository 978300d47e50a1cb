//! How often a call may be made: the oracle that every schedule comes to rest. No IO.

use std::collections::BTreeMap;

use crate::plan::step::{Step, Why};

/// So often a difference of one generation may be written.
const MOST: usize = 3;

/// Which calls count together.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Difference {
    uid: String,
    generation: i64,
    /// The process, or for a deletion the reconcile, that makes them; a create is counted across processes.
    within: u32,
    what: String,
}

/// The result of a call as far as it counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sent {
    /// It was accepted or refused, or it must not be repeated and its effect is unknown.
    Counts,
    /// It may be made again as long as the provider cannot do it now.
    NotNow,
}

impl Sent {
    /// Of a call whose answer nobody heard.
    pub(crate) fn of_lost(step: &Step) -> Self {
        if step.call.is_once() { Self::Counts } else { Self::NotNow }
    }
}

/// The calls that were made since somebody changed something.
#[derive(Default)]
pub(crate) struct Bounds {
    counts: BTreeMap<Difference, usize>,
    /// How often each step was begun, by generation, whatever came of it.
    begun: BTreeMap<(i64, String), usize>,
    processes: u32,
    reconciles: u32,
    /// How many calls were made at all.
    pub(crate) sent: usize,
    broken: Option<String>,
}

impl Bounds {
    /// Somebody changed something: what differs now is another difference.
    pub(crate) fn restart(&mut self) {
        self.counts.clear();
    }

    pub(crate) fn process_starts(&mut self) {
        self.processes += 1;
    }

    pub(crate) fn reconcile_starts(&mut self) {
        self.reconciles += 1;
    }

    /// An oracle is broken.
    pub(crate) fn break_off(&mut self, what: String) {
        self.broken.get_or_insert(what);
    }

    /// A step begins.
    pub(crate) fn begin(&mut self, step: &Step, generation: i64) {
        *self.begun.entry((generation, what(step))).or_default() += 1;
    }

    /// Whether a step was begun as often as a difference may be written.
    pub(crate) fn is_spent(&self) -> bool {
        self.begun.values().any(|count| *count >= MOST)
    }

    /// A call was made.
    pub(crate) fn count(&mut self, step: &Step, uid: String, generation: i64, is_deleted: bool, sent: Sent) {
        self.sent += 1;
        if sent == Sent::NotNow {
            return;
        }
        let within = match &step.why {
            Why::Create(_) => 0,
            Why::Update(_) | Why::Delete if is_deleted => self.reconciles,
            Why::Update(_) | Why::Delete | Why::Notify(_) => self.processes,
        };
        if matches!(step.why, Why::Create(_)) {
            // What differs from now on differs of another object.
            self.counts.retain(|difference, _| difference.what.starts_with("create"));
        }
        let what = what(step);
        let difference = Difference { uid, generation, within, what };
        let count = self.counts.entry(difference.clone()).or_default();
        *count += 1;
        let count = *count;
        if count > MOST {
            self.break_off(format!("{count} times: {difference:?}"));
        }
    }

    /// Checks that no call was one too many so far.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.broken.clone().map_or(Ok(()), Err)
    }
}

/// What a step changes; a create by the name alone.
fn what(step: &Step) -> String {
    let operation = step.call.operation();
    match &step.why {
        Why::Create(creation) => format!("{operation} {}", creation.name),
        Why::Update(changes) => {
            let wanted: Vec<_> = changes.iter().map(|change| (change.field, &change.new)).collect();
            format!("{operation} {:?} {wanted:?}", step.guard)
        }
        Why::Delete => format!("{operation} {:?}", step.key),
        Why::Notify(change) => format!("{operation} {change:?}"),
    }
}
