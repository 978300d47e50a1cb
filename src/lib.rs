//! Keeps Pinghome and NodePing accounts as they are written in Kubernetes resources.
//!
//! The way of one change is resolve → observe → plan → apply → report. `docs/architecture.md` has
//! the picture; each room below says what it may touch.

pub mod api;
pub mod cli;
pub mod connection;
pub mod inventory;
pub mod nodeping;
pub mod operator;
pub mod pinghome;
pub mod plan;
pub mod wire;

#[cfg(test)]
mod architecture;
