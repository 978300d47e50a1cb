//! Metrics, the lines of the log, and the admin server.

pub(crate) mod admin;
pub(crate) mod log;
pub(crate) mod metrics;
