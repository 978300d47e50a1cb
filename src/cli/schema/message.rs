//! Errors of a JSON Schema as messages: what was found, what is allowed, what to write instead. No IO.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use crate::api::did_you_mean::did_you_mean;
use crate::cli::diagnostic::Diagnostic;
use crate::cli::manifests::field::Field;

/// The longest excerpt of a value, in characters.
const LONGEST_EXCERPT: usize = 64;

/// The diagnostics for one error: several fields may be unknown at once. `written` is the text of a field as it is written, and
/// `diagnostic` makes one for a field and a message.
pub(crate) fn diagnostics(
    error: &ValidationError<'_>,
    schema: &Value,
    written: &dyn Fn(&Field) -> Option<String>,
    diagnostic: &dyn Fn(Field, String) -> Diagnostic,
) -> Vec<Diagnostic> {
    let field = Field::pointer(&error.instance_path().to_string());
    let path = error.schema_path().to_string();
    // The schema of the field: the last step of the path is the keyword that failed.
    let part = path.rsplit_once('/').and_then(|(path, _)| schema.pointer(path)).unwrap_or(&Value::Null);
    match error.kind() {
        Kind::AdditionalProperties { unexpected } if part.get("patternProperties").is_some() => {
            unexpected.iter().map(|key| diagnostic(field.child(key), bad_key(key))).collect()
        }
        Kind::AdditionalProperties { unexpected } => {
            let known: Vec<_> =
                part["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
            unexpected.iter().map(|name| diagnostic(field.child(name), unknown(name, &known))).collect()
        }
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let hint = part.get("properties").and_then(|all| all.get(name)).map(description).unwrap_or_default();
            vec![diagnostic(field.child(name), format!("must be set{hint}"))]
        }
        Kind::Pattern { pattern } => {
            let found = excerpt(error.instance());
            vec![diagnostic(field, format!("must match {pattern}, which {found} does not{}", description(part)))]
        }
        // A second error lists the allowed values.
        Kind::Type { .. } if part.get("enum").is_some() => Vec::new(),
        Kind::Type { kind: TypeKind::Single(kind) } => {
            let hint = quotes_hint(*kind, error, || written(&field));
            let message = format!("must be {}, not {}{hint}", with_article(*kind), excerpt(error.instance()));
            vec![diagnostic(field, message)]
        }
        kind => vec![diagnostic(field, message(kind, error))],
    }
}

fn message(kind: &Kind, error: &ValidationError<'_>) -> String {
    let found = excerpt(error.instance());
    let length = || error.instance().as_str().map_or(0, |text| text.chars().count());
    let items = || error.instance().as_array().map_or(0, Vec::len);
    match kind {
        Kind::Enum { options } => {
            let options: Vec<_> = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let hint = did_you_mean(error.instance().as_str().unwrap_or_default(), options.iter().copied());
            format!("must be one of '{}', not {found}{hint}", options.join("', '"))
        }
        Kind::MinLength { limit } => format!("must have {limit} characters at least, not {}", length()),
        Kind::MaxLength { limit } => format!("must have {limit} characters at most, not {}", length()),
        Kind::Minimum { limit } => format!("must be {} at least, not {found}", whole(limit)),
        Kind::Maximum { limit } => format!("must be {} at most, not {found}", whole(limit)),
        Kind::MinItems { limit } => format!("must have {limit} entries at least, not {}", items()),
        Kind::MaxItems { limit } => format!("must have {limit} entries at most, not {}", items()),
        _ => error.to_string().chars().take(4 * LONGEST_EXCERPT).collect(),
    }
}

/// A value as it is written, shortened.
pub(crate) fn excerpt(value: &Value) -> String {
    let text = match value {
        Value::String(text) => format!("'{text}'"),
        Value::Array(_) => return "a list".to_owned(),
        Value::Object(_) => return "an object".to_owned(),
        other => other.to_string(),
    };
    if text.chars().count() <= LONGEST_EXCERPT {
        text
    } else {
        text.chars().take(LONGEST_EXCERPT).chain("…".chars()).collect()
    }
}

/// A limit without the decimal point of the schema: `1.0` is `1`.
fn whole(limit: &Value) -> String {
    let text = limit.to_string();
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

fn with_article(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Array => "a list",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "an object",
        JsonType::String => "a text",
    }
}

/// A hint where quotes are missing, so that YAML reads a text as a number, or the other way round.
fn quotes_hint(wanted: JsonType, error: &ValidationError<'_>, written: impl FnOnce() -> Option<String>) -> String {
    match (wanted, error.instance().as_ref()) {
        (JsonType::String, Value::Number(_) | Value::Bool(_)) => {
            // `on` is true, and `1_000` is 1000: the quotes are to be around what is written.
            format!(": write it in quotes, '{}'", written().unwrap_or_else(|| error.instance().to_string()))
        }
        (JsonType::Integer | JsonType::Number | JsonType::Boolean, Value::String(_)) => {
            ": write it without quotes".to_owned()
        }
        _ => String::new(),
    }
}

/// The message for a field that the schema does not have.
fn unknown(name: &str, known: &[&str]) -> String {
    let hint = did_you_mean(name, known.iter().copied());
    let end = if hint.is_empty() { "." } else { "" };
    format!("no field '{name}' is known here{hint}{end} Allowed: {}", known.join(", "))
}

/// The message for a key of a label or an annotation.
fn bad_key(key: &str) -> String {
    format!(
        "the key '{key}' must be letters, digits, '-', '_' and '.', 63 at most; a DNS name and '/' may stand before it"
    )
}

/// The first sentence of a field's description.
fn description(part: &Value) -> String {
    let text = part["description"].as_str().unwrap_or_default();
    let sentence = text.split(['\n', ';']).next().and_then(|line| line.split(". ").next()).unwrap_or_default();
    let mut chars = sentence.trim_end_matches('.').chars();
    let lower: String = chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default();
    if lower.is_empty() { lower } else { format!(": {lower}") }
}
