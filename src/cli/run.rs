//! `run`: the operator, in a cluster or by KUBECONFIG.

use std::io::IsTerminal;
use std::net::SocketAddr;

use clap::ValueEnum;
use kube::Config;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::cli::wants_colours;
use crate::connection::endpoints::AllowedEndpoints;
use crate::operator;
use crate::operator::options::Options;

/// Flags of `run`, each also an environment variable.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ping-operator run
  KUBECONFIG=~/.kube/config ping-operator run --watch-namespaces monitoring --dry-run
  ping-operator run --leader-elect --selector shard=a")]
pub(crate) struct Args {
    /// Watch only these namespaces, comma-separated; default: all.
    #[arg(long, value_name = "A,B", value_delimiter = ',', env = "PING_OPERATOR_WATCH_NAMESPACES")]
    watch_namespaces: Vec<String>,
    /// How many calls of one credential may be under way at once.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024), env = "PING_OPERATOR_CONCURRENCY")]
    concurrency: u16,
    /// Work only while holding the Lease `ping-operator` in the operator's namespace: for more than one replica.
    #[arg(long, env = "PING_OPERATOR_LEADER_ELECT")]
    leader_elect: bool,
    /// A host, or host:port, that `spec.endpoints` of a config may name, plain http and loopback included. Repeatable.
    #[arg(long, value_name = "HOST", value_delimiter = ',', env = "PING_OPERATOR_ALLOW_ENDPOINT")]
    allow_endpoint: Vec<String>,
    /// Where /healthz, /readyz and /metrics are served.
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:8080", env = "PING_OPERATOR_ADMIN_ADDRESS")]
    admin_address: SocketAddr,
    /// How logs are written to stderr; default: text on a terminal, else json.
    #[arg(long, value_name = "FORMAT", env = "PING_OPERATOR_LOG_FORMAT")]
    log_format: Option<LogFormat>,
    /// Only resources with these labels, such as `shard=a`.
    #[arg(long, value_name = "LABELS", env = "PING_OPERATOR_SELECTOR")]
    selector: Option<String>,
    /// Never write to a provider; report what would be written.
    #[arg(long, env = "PING_OPERATOR_DRY_RUN")]
    dry_run: bool,
    /// Show every condition of every resource as a metric: four series and more each.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set, env = "PING_OPERATOR_RESOURCE_METRICS")]
    resource_metrics: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

impl Args {
    pub(crate) fn run(self) -> Result<(), String> {
        self.start_logging();
        let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
        runtime.block_on(self.serve())
    }

    async fn serve(self) -> Result<(), String> {
        let config = Config::infer()
            .await
            .map_err(|error| format!("no way to the API server: {error}: run in a cluster, or set KUBECONFIG"))?;
        let (close, closing) = watch::channel(false);
        tokio::spawn(async move {
            if let Err(error) = asked_to_end().await {
                tracing::error!(%error, "cannot listen for signals; shutting down");
            }
            tracing::info!("shutting down: calls in progress finish first");
            close.send_replace(true);
            close.closed().await;
        });
        operator::run::run(config, self.options(), closing).await.map_err(|error| error.to_string())
    }

    fn options(self) -> Options {
        Options {
            namespaces: self.watch_namespaces.into_iter().filter(|namespace| !namespace.is_empty()).collect(),
            concurrency: self.concurrency.into(),
            allowed: AllowedEndpoints::new(self.allow_endpoint),
            admin_address: self.admin_address,
            leader_elect: self.leader_elect,
            selector: self.selector,
            own_namespace: std::env::var("POD_NAMESPACE").ok().filter(|namespace| !namespace.is_empty()),
            dry_run: self.dry_run,
            resource_metrics: self.resource_metrics,
        }
    }

    /// `RUST_LOG` sets the level; default `info`.
    fn start_logging(&self) {
        let default = || EnvFilter::new("info,kube_runtime=warn,kube_client=warn");
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| default());
        let on_terminal = std::io::stderr().is_terminal();
        let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        match self.log_format {
            Some(LogFormat::Json) => subscriber.json().flatten_event(true).init(),
            None if !on_terminal => subscriber.json().flatten_event(true).init(),
            _ => subscriber.with_ansi(wants_colours(&std::io::stderr())).init(),
        }
    }
}

/// SIGTERM from Kubernetes, SIGINT from a person.
async fn asked_to_end() -> std::io::Result<()> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    Ok(())
}
