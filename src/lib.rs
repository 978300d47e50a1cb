//! Keeps Pinghome and NodePing accounts as they are written in Kubernetes resources.
//!
//! The way of one change is resolve → observe → plan → apply → report. `docs/architecture.md` has
//! the picture; each layer below says what it may touch.

mod api;
#[cfg(test)]
mod architecture;
mod cli;
mod connection;
mod inventory;
mod operator;
mod plan;
mod provider;

pub use cli::Cli;
