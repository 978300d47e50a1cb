//! What every test stands on, and the bench: the paths let both find the parts.

#[path = "harness/cluster.rs"]
pub(crate) mod cluster;
#[path = "harness/look.rs"]
mod look;
#[path = "harness/manifests.rs"]
mod manifests;
#[path = "harness/operator.rs"]
mod operator;
#[path = "harness/setup.rs"]
mod setup;
#[path = "harness/turn.rs"]
mod turn;
#[path = "harness/wait.rs"]
pub(crate) mod wait;
#[path = "harness/world.rs"]
pub(crate) mod world;

pub(crate) use cluster::another_cluster;
pub(crate) use operator::{Operator, binary};
pub(crate) use setup::Setup;
pub(crate) use turn::all;
pub(crate) use world::{World, condition, reason};
