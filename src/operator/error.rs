//! What ends `run` with an error.

use std::net::SocketAddr;

/// What keeps the operator from running.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No HTTP client can be made.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] reqwest::Error),
    /// Another operator may lead: this one must not write any more.
    #[error("the lead is lost: {0}")]
    LeadershipLost(&'static str),
    /// No client for the API server can be made.
    #[error("the API server cannot be spoken to: {0}")]
    Kubernetes(#[from] kube::Error),
    /// The admin address is taken or wrong.
    #[error("{address} cannot be listened on: {cause}")]
    Admin {
        /// The address of `--admin-address`.
        address: SocketAddr,
        /// What the system says.
        cause: std::io::Error,
    },
}
