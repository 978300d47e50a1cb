//! Writes to the API server: patches, events, the Lease, reservations of the deletion guard, the orphans `ConfigMap`.

pub(crate) mod cluster_id;
pub(crate) mod cluster_scope;
pub(crate) mod config_api;
pub(crate) mod definitions;
pub(crate) mod deletion_guard;
pub(crate) mod events;
pub(crate) mod lease;
pub(crate) mod listed_people;
pub(crate) mod orphans;
pub(crate) mod own_lease;
pub(crate) mod patch;
pub(crate) mod serving;
pub(crate) mod shards;
pub(crate) mod time_limit;
