//! From the spec and the inventory to a plan: which calls to make and why, as a value. No IO.
//!
//! [`decide`](decide::decide) is the way in. `kinds/` has one file or folder for each kind; [`identity`] tells which external object
//! a resource means, [`absence`](context::PlanContext::proof_of_absence) whether one is gone, and [`outcome`] turns the end of a
//! reconcile into conditions. A plan that needs a read returns it as [`Need`](crate::inventory::collection::Need).

pub(crate) mod absence;
pub(crate) mod account_changed;
pub(crate) mod approval;
pub(crate) mod attempts;
pub(crate) mod claim_order;
pub(crate) mod config_report;
pub(crate) mod context;
pub(crate) mod decide;
pub(crate) mod diff;
pub(crate) mod elsewhere;
pub(crate) mod guard;
pub(crate) mod identity;
pub(crate) mod kinds;
pub(crate) mod managed;
pub(crate) mod mention;
pub(crate) mod moved;
pub(crate) mod name_taken;
pub(crate) mod named_failure;
pub(crate) mod notice;
pub(crate) mod outcome;
pub(crate) mod references;
pub(crate) mod resource_plan;
pub(crate) mod resync_pace;
pub(crate) mod scope;
pub(crate) mod sequencer;
pub(crate) mod serving;
pub(crate) mod sharding;
pub(crate) mod simulation;
pub(crate) mod state;
pub(crate) mod step;
#[cfg(test)]
mod tests;
pub(crate) mod unique_claim;
pub(crate) mod words;
pub(crate) mod write_mode;
