//! The operator: everything that talks to the API server. Provider IO is in `connection/`.
//!
//! [`run`] starts [`controllers`], one for each kind. A controller calls [`reconcile`], whose steps are its files.
//! Imports go one way: state ← kubernetes, telemetry ← context ← `provider_config` ← reconcile ← controllers ← run.

pub(crate) mod context;
pub(crate) mod controller;
pub(crate) mod controllers;
pub(crate) mod error;
pub(crate) mod interrupt;
pub(crate) mod kubernetes;
pub(crate) mod options;
pub(crate) mod provider_config;
pub(crate) mod reconcile;
pub(crate) mod reconcile_result;
pub(crate) mod replica;
pub(crate) mod run;
pub(crate) mod state;
pub(crate) mod telemetry;
#[cfg(test)]
mod tests;
pub(crate) mod trouble;
pub(crate) mod uninstallation;
pub(crate) mod watch;
