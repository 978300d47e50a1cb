//! `run`: the operator, in a cluster or outside of it with KUBECONFIG.

pub(crate) mod logging;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::num::NonZero;

use kube::core::Selector;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::cli::cluster;
use crate::cli::network::NetworkArgs;
use crate::cli::run::logging::LogArgs;
use crate::cli::values::selector::selector;
use crate::cli::values::{ValueList, address, endpoints, lease_name, namespace, namespaces, unique};
use crate::connection::endpoints::AllowedEndpoints;
use crate::operator;
use crate::operator::options::{LeaseOptions, Options, Reach, RemovedTokens, UsableSecrets};
use crate::plan::sharding::Shards;

/// Flags of `run`. Each can also be set by an environment variable.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ping-operator run
  KUBECONFIG=~/.kube/config ping-operator run --watch-namespaces monitoring --dry-run
  ping-operator run --leader-elect --selector shard=a")]
pub(crate) struct Args {
    /// Namespaces to watch, comma-separated. Default: all.
    #[arg(long, value_name = "A,B", value_parser = namespaces, env = "PING_OPERATOR_WATCH_NAMESPACES")]
    watch_namespaces: Vec<ValueList>,
    /// Maximum number of concurrent calls to each account.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024), env = "PING_OPERATOR_CONCURRENCY")]
    concurrency: u16,
    /// Reconcile only while this replica holds the Lease of the operator. Needed for more than one replica.
    #[arg(long, env = "PING_OPERATOR_LEADER_ELECT")]
    leader_elect: bool,
    /// Number of shards into which the accounts are divided. Each has a Lease, and --leader-elect replicas share them. 1: one replica works, and the others stand by. All replicas need the same number.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256), env = "PING_OPERATOR_SHARDS")]
    shards: u16,
    /// Name of the Lease. Default: `ping-operator`; with --watch-namespaces or --selector a hash of both follows, so that operators of other parts have another Lease.
    #[arg(long, value_name = "NAME", value_parser = lease_name, env = "PING_OPERATOR_LEASE_NAME")]
    lease_name: Option<String>,
    /// Namespace of the Lease. Default: that of the operator.
    #[arg(long, value_name = "NS", value_parser = namespace, env = "PING_OPERATOR_LEASE_NAMESPACE")]
    lease_namespace: Option<String>,
    /// Allowed host, or host:port, for `spec.endpoints` of a config. For such a host, http and loopback addresses are allowed, too. Repeatable.
    #[arg(long, value_name = "HOST", value_parser = endpoints, env = "PING_OPERATOR_ALLOW_ENDPOINT")]
    allow_endpoint: Vec<ValueList>,
    /// Address that serves /healthz, /readyz and /metrics. Default: `[::]:8080`, which is IPv6 and IPv4; `0.0.0.0:8080` where there is no IPv6.
    #[arg(long, value_name = "ADDR", value_parser = address, env = "PING_OPERATOR_ADMIN_ADDRESS")]
    admin_address: Option<SocketAddr>,
    #[command(flatten)]
    log: LogArgs,
    /// Label selector of the configs to serve, together with the resources that use them: `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key`, `!key`. Default: all.
    #[arg(long, value_name = "LABELS", value_parser = selector, env = "PING_OPERATOR_SELECTOR")]
    selector: Option<Selector>,
    /// Send no write to a provider; report what would be written.
    #[arg(long, env = "PING_OPERATOR_DRY_RUN")]
    dry_run: bool,
    #[command(flatten)]
    secrets: SecretArgs,
    /// Export the conditions of each resource as metrics: four series or more for each resource. Default: up to 2,000 resources.
    #[arg(long, value_name = "BOOL", env = "PING_OPERATOR_RESOURCE_METRICS")]
    resource_metrics: Option<bool>,
    #[command(flatten)]
    network: NetworkArgs,
    /// Number of threads that do the work. More of them use more memory. Default: one for each CPU core that may be used, and at most 4.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256), env = "PING_OPERATOR_WORKER_THREADS")]
    worker_threads: Option<u16>,
}

/// So many threads unless `--worker-threads` says otherwise: the work is mostly waiting, and each thread keeps memory of its own.
const MOST_THREADS: usize = 4;

/// Flags about Secrets.
#[derive(clap::Args)]
struct SecretArgs {
    /// Stop using a token at once when its Secret is gone. Without this flag deletions go on with the last token until the operator restarts.
    #[arg(long, env = "PING_OPERATOR_FORGET_REMOVED_TOKENS")]
    forget_removed_tokens: bool,
    /// Use a Secret for an address or a code only if it carries the label ping-operator.dev/usable with the value "true". The token of a
    /// config needs no label.
    #[arg(long, env = "PING_OPERATOR_REQUIRE_SECRET_LABEL")]
    require_secret_label: bool,
}

impl SecretArgs {
    /// What becomes of a token whose Secret is gone.
    fn removed(&self) -> RemovedTokens {
        if self.forget_removed_tokens { RemovedTokens::Forgotten } else { RemovedTokens::Kept }
    }

    /// Which Secrets a resource may name.
    fn usable(&self) -> UsableSecrets {
        if self.require_secret_label { UsableSecrets::Labelled } else { UsableSecrets::All }
    }
}

impl Args {
    /// Runs the operator until a signal ends it.
    ///
    /// # Errors
    /// The operator cannot start.
    pub(crate) fn run(self) -> Result<(), String> {
        self.log.start()?;
        let threads = self.threads();
        let options = self.options()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        runtime.block_on(serve(options))
    }

    /// The number of threads that do the work.
    fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
        self.worker_threads.map_or_else(|| cores().min(MOST_THREADS), usize::from)
    }

    fn options(self) -> Result<Options, String> {
        let namespaces = unique(self.watch_namespaces);
        let shards = Shards::new(self.shards);
        if shards.is_divided() && !self.leader_elect {
            return Err("--shards needs --leader-elect: replicas divide the accounts by Leases".to_owned());
        }
        let selector = self.selector.unwrap_or_default();
        let name = self.lease_name.unwrap_or_else(|| LeaseOptions::default_name(&namespaces, &selector));
        Ok(Options {
            network: self.network.network()?,
            reach: Reach::Cluster,
            concurrency: self.concurrency.into(),
            allowed: AllowedEndpoints::new(unique(self.allow_endpoint)),
            admin_address: self.admin_address,
            leader_elect: self.leader_elect,
            shards,
            lease: LeaseOptions { name, namespace: self.lease_namespace },
            namespaces,
            selector,
            own_namespace: std::env::var("POD_NAMESPACE").ok().filter(|namespace| !namespace.is_empty()),
            dry_run: self.dry_run,
            removed_tokens: self.secrets.removed(),
            usable_secrets: self.secrets.usable(),
            resource_metrics: self.resource_metrics,
        })
    }
}

/// Runs until a signal ends it.
async fn serve(options: Options) -> Result<(), String> {
    let config = cluster::config(None, None).await?;
    let (close, closing) = watch::channel(false);
    tokio::spawn(async move {
        match termination_signal().await {
            Ok(signal) => tracing::info!(signal, "shutting down: calls in progress finish first"),
            Err(error) => tracing::error!(%error, "cannot listen for signals; shutting down"),
        }
        close.send_replace(true);
        close.closed().await;
    });
    operator::run::run(config, options, closing).await.map_err(|error| error.to_string())
}

/// Waits for SIGTERM, which Kubernetes sends, or SIGINT, which a terminal sends. Which one it was.
async fn termination_signal() -> std::io::Result<&'static str> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(tokio::select! {
        _ = term.recv() => "SIGTERM",
        _ = int.recv() => "SIGINT",
    })
}
