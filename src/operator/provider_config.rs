//! Both kinds of config as one thing, and their own reconciler: is the credential accepted, and is it in use.

pub(crate) mod account;
pub(crate) mod config_api;
pub(crate) mod reconcile;
