//! Writes to the API server: events, leases, the deletion guard, the list of orphans.

pub(crate) mod deletion_guard;
pub(crate) mod events;
pub(crate) mod lease;
pub(crate) mod orphans;
