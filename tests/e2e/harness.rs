//! What every test stands on.

mod cluster;
mod operator;
pub(crate) mod wait;
pub(crate) mod world;

pub(crate) use cluster::cluster;
pub(crate) use operator::Operator;
pub(crate) use world::{Setup, World, condition, reason};
