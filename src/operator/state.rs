//! What the operator keeps in memory between reconciles.

pub(crate) mod backoff;
pub(crate) mod connections;
pub(crate) mod index;
pub(crate) mod read_your_writes;
pub(crate) mod secrets;
pub(crate) mod tombstones;
