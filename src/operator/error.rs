//! What ends `run` with an error.

use std::net::SocketAddr;

/// What ends `run` with an error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No HTTP client can be built.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] reqwest::Error),
    /// Another operator may be the leader: this one must not write any more.
    #[error("leadership is lost: {0}")]
    LeadershipLost(&'static str),
    /// No client for the API server can be built.
    #[error("no client for the API server: {0}")]
    Kubernetes(#[from] kube::Error),
    /// The admin address is in use or not available.
    #[error("cannot listen on {address}: {cause}")]
    Admin {
        /// The address of `--admin-address`.
        address: SocketAddr,
        /// The error of the operating system.
        cause: std::io::Error,
    },
}
