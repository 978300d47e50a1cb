//! The flags of the log, and its start. The log goes to stderr; docs/logs.md describes it.

pub(crate) mod line;
#[cfg(test)]
mod tests;

use std::io::IsTerminal;

use clap::ValueEnum;
use tracing::Metadata;
use tracing_subscriber::filter::{EnvFilter, LevelFilter, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, registry};

use crate::cli::output::wants_colours;
use crate::cli::run::logging::line::LineFormat;

/// The flags of the log.
#[derive(clap::Args)]
pub(crate) struct LogArgs {
    /// Format of the log on stderr. Default: text on a terminal, otherwise json.
    #[arg(long, value_name = "FORMAT", env = "PING_OPERATOR_LOG_FORMAT")]
    log_format: Option<LogFormat>,
    /// The least level that is logged. The variable `RUST_LOG` sets it for single parts, or for all.
    #[arg(long, value_name = "LEVEL", default_value = "info", env = "PING_OPERATOR_LOG_LEVEL")]
    log_level: LogLevel,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// Parts of libraries that are never logged. The first logs bodies of requests and responses, Secrets among them, when it cannot read
/// one, and each request that fails. The second logs each failed try of each watch. The operator tells both once, with what they mean,
/// and repeats summed.
const SILENCED: [&str; 2] = ["kube_client::client", "kube_runtime::watcher"];

impl LogLevel {
    /// What is logged at this level: of libraries, warnings only.
    fn directives(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "warn,ping_operator=info",
            Self::Debug => "warn,ping_operator=debug",
            Self::Trace => "warn,ping_operator=trace",
        }
    }
}

impl LogArgs {
    /// Starts the log.
    ///
    /// # Errors
    /// `RUST_LOG` cannot be read.
    pub(crate) fn start(&self) -> Result<(), String> {
        let filter = filter(self.log_level, std::env::var("RUST_LOG").ok())?;
        let format = match self.log_format {
            Some(LogFormat::Json) => LineFormat::Json,
            None if !std::io::stderr().is_terminal() => LineFormat::Json,
            Some(LogFormat::Text) | None => LineFormat::Text { colours: wants_colours(&std::io::stderr()) },
        };
        let layer = registry().with(filter).with(lines(format, std::io::stderr));
        layer.try_init().map_err(|error| format!("the log cannot be started: {error}"))
    }
}

/// What is logged: what the flag says, and then what `RUST_LOG` says. A level without a part in `RUST_LOG`, such as `debug`, is for all
/// parts: it takes the place of the flag.
fn filter(level: LogLevel, rust_log: Option<String>) -> Result<EnvFilter, String> {
    let rust_log = rust_log.unwrap_or_default();
    let said: Vec<_> = rust_log.split(',').map(str::trim).filter(|directive| !directive.is_empty()).collect();
    let is_for_all = said.iter().any(|directive| directive.parse::<LevelFilter>().is_ok());
    let flag = Some(level.directives()).filter(|_| !is_for_all);
    let directives: Vec<_> = flag.into_iter().chain(said).collect();
    EnvFilter::builder().parse(directives.join(",")).map_err(|error| {
        format!(
            "the environment variable RUST_LOG cannot be read: {error}: an example is `ping_operator=debug,hyper=info`"
        )
    })
}

/// Writes lines in a format. No filter lets it write what is silenced.
fn lines<S, W>(format: LineFormat, writer: W) -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().fmt_fields(JsonFields::new()).event_format(format);
    layer.with_writer(writer).with_filter(filter_fn(is_wanted))
}

fn is_wanted(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() || !SILENCED.iter().any(|part| metadata.target().starts_with(part))
}
