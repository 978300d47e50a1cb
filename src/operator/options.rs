//! The options of `run`, as the command line gives them.

use std::net::SocketAddr;

use crate::connection::endpoints::AllowedEndpoints;

/// How the operator is started (contract: `run`).
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Only these namespaces; none: all.
    pub(crate) namespaces: Vec<String>,
    /// How many calls of one credential may be under way at once.
    pub(crate) concurrency: usize,
    /// Hosts that `spec.endpoints` may name.
    pub(crate) allowed: AllowedEndpoints,
    /// Where `/healthz`, `/readyz` and `/metrics` are served.
    pub(crate) admin_address: SocketAddr,
    /// Whether several operators may run, of which one works at a time.
    pub(crate) leader_elect: bool,
    /// Only resources with these labels.
    pub(crate) selector: Option<String>,
    /// Where the operator runs; none: the kubeconfig's or the pod's namespace.
    pub(crate) own_namespace: Option<String>,
    /// Never write to a provider.
    pub(crate) dry_run: bool,
    /// Show every condition of every resource as a metric.
    pub(crate) resource_metrics: bool,
}

impl Options {
    /// The namespaces that are watched, each by itself; empty: all at once.
    pub(crate) fn scopes(&self) -> Vec<String> {
        if self.namespaces.is_empty() { vec![String::new()] } else { self.namespaces.clone() }
    }
}
