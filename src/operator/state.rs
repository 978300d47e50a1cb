//! What the operator keeps in memory between reconciles.

pub(crate) mod admission;
pub(crate) mod awaited_approvals;
pub(crate) mod backoff;
pub(crate) mod cache;
pub(crate) mod caches;
pub(crate) mod connections;
pub(crate) mod dropped_records;
pub(crate) mod index;
pub(crate) mod inputs;
pub(crate) mod kept_attempts;
pub(crate) mod last_answer;
pub(crate) mod read_in;
pub(crate) mod read_your_writes;
pub(crate) mod reported_failures;
pub(crate) mod secrets;
pub(crate) mod shared_reads;
#[cfg(test)]
mod soak;
pub(crate) mod timetable;
pub(crate) mod tombstones;
pub(crate) mod trigger;
pub(crate) mod worklist;
