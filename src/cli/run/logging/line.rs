//! One line of the log, as JSON or as text: the fields of the spans it is in, then its own, all flat.

use std::fmt;
use std::fmt::Debug;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, Scope};

/// How a line is written. The spans' fields must have been formatted as JSON.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LineFormat {
    /// One JSON object.
    Json,
    /// For a reader.
    Text {
        /// Whether the level is coloured.
        colours: bool,
    },
}

/// The name of the message among the fields of `tracing`.
const MESSAGE: &str = "message";

/// The field that names the part of a library that logs by the crate `log`: the target of all its lines is `log`.
const LOG_TARGET: &str = "log.target";

/// The fields of a line.
#[derive(Default)]
struct Fields {
    /// Those that are shown.
    shown: Map<String, Value>,
    /// The part of a library that logs by the crate `log`.
    log_target: Option<Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        match field.name() {
            LOG_TARGET => self.log_target = Some(value),
            // What the crate `log` adds says where the line stands in the source.
            name if name.starts_with("log.") => {}
            name => drop(self.shown.insert(name.to_owned(), value)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

impl<S, N> FormatEvent<S, N> for LineFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let (mut fields, metadata) = (Fields::default(), event.metadata());
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            // A line of the operator has its own vocabulary.
            if is_own(metadata) && !is_own(span.metadata()) {
                continue;
            }
            let extensions = span.extensions();
            let formatted = extensions.get::<FormattedFields<N>>().map_or("", |formatted| &formatted.fields);
            fields.shown.extend(serde_json::from_str::<Map<_, _>>(formatted).unwrap_or_default());
        }
        event.record(&mut fields);
        let Fields { shown: mut fields, log_target } = fields;
        if !is_own(metadata) {
            fields.insert("logger".to_owned(), log_target.unwrap_or_else(|| metadata.target().into()));
        }
        let message = fields.remove(MESSAGE).unwrap_or_default();
        match self {
            Self::Json => json(writer, metadata, &message, &fields),
            Self::Text { colours } => text(writer, metadata, &message, &fields, *colours),
        }
    }
}

/// Whether a line or a span is the operator's, not a library's.
fn is_own(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("ping_operator")
}

fn json(mut line: Writer<'_>, metadata: &Metadata<'_>, message: &Value, fields: &Map<String, Value>) -> fmt::Result {
    let level = Value::from(metadata.level().as_str().to_ascii_lowercase());
    write!(line, r#"{{"level":{level},"ts":"{:.3}","msg":{message}"#, Timestamp::now())?;
    for (name, value) in fields {
        write!(line, ",{}:{value}", Value::from(name.as_str()))?;
    }
    writeln!(line, "}}")
}

fn text(
    mut line: Writer<'_>,
    metadata: &Metadata<'_>,
    message: &Value,
    fields: &Map<String, Value>,
    colours: bool,
) -> fmt::Result {
    let (on, off) = if colours { (colour(*metadata.level()), "\u{1b}[0m") } else { ("", "") };
    write!(line, "{:.3} {on}{:>5}{off} ", Timestamp::now(), metadata.level().as_str())?;
    // Quotes are left out only of what cannot be mistaken.
    line.write_str(&bare(message, |message| !message.contains(char::is_control)))?;
    for (name, value) in fields {
        let is_word =
            |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-_./:@".contains(c));
        write!(line, " {name}={}", bare(value, is_word))?;
    }
    writeln!(line)
}

/// A value as JSON; a string that `may_be_bare` without its quotes.
fn bare(value: &Value, may_be_bare: impl Fn(&str) -> bool) -> String {
    match value.as_str().filter(|text| may_be_bare(text)) {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

fn colour(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\u{1b}[31m",
        Level::WARN => "\u{1b}[33m",
        Level::INFO => "\u{1b}[32m",
        Level::DEBUG => "\u{1b}[34m",
        Level::TRACE => "\u{1b}[35m",
    }
}
