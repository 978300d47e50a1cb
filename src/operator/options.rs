//! The options of `run`, as the command line gives them.

use std::net::SocketAddr;

use crate::connection::endpoints::AllowedEndpoints;

/// What becomes of a token whose Secret is gone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RemovedTokens {
    /// Deletions go on with it until the operator restarts.
    Kept,
    /// Nothing is sent with it any more.
    Forgotten,
}

/// The options of `run`.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// The watched namespaces; none: all.
    pub(crate) namespaces: Vec<String>,
    /// How many calls of one credential may be in progress at once.
    pub(crate) concurrency: usize,
    /// Hosts that `spec.endpoints` may name.
    pub(crate) allowed: AllowedEndpoints,
    /// Where `/healthz`, `/readyz` and `/metrics` are served.
    pub(crate) admin_address: SocketAddr,
    /// Whether several operators may run, one of them as the leader.
    pub(crate) leader_elect: bool,
    /// The label selector of the watched resources.
    pub(crate) selector: Option<String>,
    /// The operator's namespace; none: that of the kubeconfig or the pod.
    pub(crate) own_namespace: Option<String>,
    /// Never write to a provider.
    pub(crate) dry_run: bool,
    /// What becomes of a token whose Secret is gone.
    pub(crate) removed_tokens: RemovedTokens,
    /// Whether every condition of every resource is a metric.
    pub(crate) resource_metrics: bool,
}

impl Options {
    /// The namespaces that are watched, each by its own controllers; one empty name: all at once.
    pub(crate) fn scopes(&self) -> Vec<String> {
        if self.namespaces.is_empty() { vec![String::new()] } else { self.namespaces.clone() }
    }
}
