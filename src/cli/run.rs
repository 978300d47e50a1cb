//! `run`: the operator, in a cluster or outside of it with KUBECONFIG.

use std::io::IsTerminal;
use std::net::SocketAddr;

use clap::ValueEnum;
use kube::Config;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::cli::output::wants_colours;
use crate::connection::endpoints::AllowedEndpoints;
use crate::operator;
use crate::operator::options::{Options, RemovedTokens};

/// Flags of `run`. Each can also be set by an environment variable.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ping-operator run
  KUBECONFIG=~/.kube/config ping-operator run --watch-namespaces monitoring --dry-run
  ping-operator run --leader-elect --selector shard=a")]
pub(crate) struct Args {
    /// Namespaces to watch, comma-separated. Default: all.
    #[arg(long, value_name = "A,B", value_delimiter = ',', env = "PING_OPERATOR_WATCH_NAMESPACES")]
    watch_namespaces: Vec<String>,
    /// Maximum number of concurrent calls for each credential.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024), env = "PING_OPERATOR_CONCURRENCY")]
    concurrency: u16,
    /// Reconcile only while this replica holds the Lease `ping-operator` in the operator's namespace. Needed for more than one replica.
    #[arg(long, env = "PING_OPERATOR_LEADER_ELECT")]
    leader_elect: bool,
    /// Allowed host, or host:port, for `spec.endpoints` of a config. For such a host, http and loopback addresses are allowed, too. Repeatable.
    #[arg(long, value_name = "HOST", value_delimiter = ',', env = "PING_OPERATOR_ALLOW_ENDPOINT")]
    allow_endpoint: Vec<String>,
    /// Address that serves /healthz, /readyz and /metrics.
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:8080", env = "PING_OPERATOR_ADMIN_ADDRESS")]
    admin_address: SocketAddr,
    /// Format of the logs on stderr. Default: text on a terminal, otherwise json.
    #[arg(long, value_name = "FORMAT", env = "PING_OPERATOR_LOG_FORMAT")]
    log_format: Option<LogFormat>,
    /// Label selector of the resources to reconcile, such as `shard=a`. Default: all.
    #[arg(long, value_name = "LABELS", env = "PING_OPERATOR_SELECTOR")]
    selector: Option<String>,
    /// Send no write to a provider; report what would be written.
    #[arg(long, env = "PING_OPERATOR_DRY_RUN")]
    dry_run: bool,
    #[command(flatten)]
    tokens: TokenArgs,
    /// Export the conditions of each resource as metrics: four series or more for each resource.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set, env = "PING_OPERATOR_RESOURCE_METRICS")]
    resource_metrics: bool,
}

/// Flags about tokens.
#[derive(clap::Args)]
struct TokenArgs {
    /// Stop using a token at once when its Secret is gone. Without this flag deletions go on with the last token until the operator restarts.
    #[arg(long, env = "PING_OPERATOR_FORGET_REMOVED_TOKENS")]
    forget_removed_tokens: bool,
}

impl TokenArgs {
    /// What becomes of a token whose Secret is gone.
    fn removed(&self) -> RemovedTokens {
        if self.forget_removed_tokens { RemovedTokens::Forgotten } else { RemovedTokens::Kept }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

impl Args {
    /// Runs the operator until a signal ends it.
    ///
    /// # Errors
    /// The operator cannot start.
    pub(crate) fn run(self) -> Result<(), String> {
        self.start_logging();
        let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
        runtime.block_on(self.serve())
    }

    async fn serve(self) -> Result<(), String> {
        let config = Config::infer()
            .await
            .map_err(|error| format!("the API server cannot be found: {error}: run in a cluster, or set KUBECONFIG"))?;
        let (close, closing) = watch::channel(false);
        tokio::spawn(async move {
            if let Err(error) = termination_signal().await {
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
            removed_tokens: self.tokens.removed(),
            resource_metrics: self.resource_metrics,
        }
    }

    /// The environment variable `RUST_LOG` sets the level. Default: `info`.
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

/// Waits for SIGTERM, which Kubernetes sends, or SIGINT, which a terminal sends.
async fn termination_signal() -> std::io::Result<()> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    Ok(())
}
