//! Metrics and the admin server.

pub(crate) mod admin;
pub(crate) mod metrics;
