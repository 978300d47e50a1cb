//! `run`: Kubernetes on one side, connections on the other. All Kubernetes IO is in this room.
//!
//! [`reconcile`] is the way of one change; each of its steps is a file whose name is the verb.
//! [`kinds`] is where a kind is registered.

pub(crate) mod context;
pub(crate) mod controllers;
pub(crate) mod kubernetes;
pub(crate) mod provider_config;
pub(crate) mod reconcile;
pub(crate) mod state;
pub(crate) mod telemetry;
pub(crate) mod watch;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch as signal;

use crate::connection::endpoints::AllowedEndpoints;
use crate::operator::context::Shared;
use crate::operator::telemetry::admin;

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

/// Runs until `closing` says so; then lets calls under way finish and records their results.
///
/// # Errors
/// What keeps it from starting.
pub(crate) async fn run(config: kube::Config, options: Options, closing: signal::Receiver<bool>) -> Result<(), Error> {
    let (ready, is_ready) = signal::channel(false);
    let (standby, stands_by) = signal::channel(options.leader_elect);
    let (shared, wakers) = Shared::new(config, &options, is_ready.clone(), closing.clone())?;
    let signals = admin::Signals { ready: is_ready, stands_by, closing: closing.clone() };
    let admin = admin::serve(options.admin_address, Arc::clone(&shared.metrics), signals).await?;
    let work = async {
        let controllers = controllers::start(&shared, &options, wakers, ready);
        tokio::join!(controllers, shared.close_connections_on(closing.clone()));
    };
    let outcome = lead(&shared, standby, closing.clone(), work).await;
    shared.events.finish().await;
    admin.abort();
    outcome
}

/// Works while this operator leads. Who loses the lead ends: nothing that was begun may be finished.
async fn lead(
    shared: &Shared,
    standby: signal::Sender<bool>,
    mut closing: signal::Receiver<bool>,
    work: impl Future<Output = ()>,
) -> Result<(), Error> {
    let Some(candidate) = &shared.candidate else {
        work.await;
        return Ok(());
    };
    if !candidate.elected(&mut closing).await {
        return Ok(());
    }
    standby.send_replace(false);
    shared.metrics.leads(true);
    let lost = tokio::select! {
        () = work => None,
        why = candidate.keep() => Some(why),
    };
    shared.metrics.leads(false);
    if let Some(why) = lost {
        return Err(Error::LeadershipLost(why));
    }
    candidate.release().await;
    Ok(())
}
