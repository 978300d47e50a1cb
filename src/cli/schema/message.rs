//! What a schema finds, in words: what was seen, what is allowed, what to write instead. No IO.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use crate::cli::did_you_mean::did_you_mean;
use crate::cli::manifests::field::Field;
use crate::cli::schema::Wrong;

/// At most so much of a value is shown.
const SHOWN: usize = 64;

/// One error of a schema, by field: several fields may be unknown at once.
pub(crate) fn of(error: &ValidationError<'_>, schema: &Value) -> Vec<Wrong> {
    let field = Field::pointer(&error.instance_path().to_string());
    let path = error.schema_path().to_string();
    // What the schema says of the field: the keyword that failed is the path's last step.
    let part = path.rsplit_once('/').and_then(|(path, _)| schema.pointer(path)).unwrap_or(&Value::Null);
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            let known: Vec<_> =
                part["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
            let wrong = |name: &String| Wrong::by_schema(field.child(name), unknown(name, &known));
            unexpected.iter().map(wrong).collect()
        }
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let about = part.get("properties").and_then(|all| all.get(name)).map(about).unwrap_or_default();
            vec![Wrong::by_schema(field.child(name), format!("must be set{about}"))]
        }
        Kind::Pattern { pattern } => {
            let seen = shown(error.instance());
            vec![Wrong::by_schema(field, format!("must match {pattern}, which {seen} does not{}", about(part)))]
        }
        // The words that are allowed are told by an error of their own.
        Kind::Type { .. } if part.get("enum").is_some() => Vec::new(),
        kind => vec![Wrong::by_schema(field, other(kind, error))],
    }
}

fn other(kind: &Kind, error: &ValidationError<'_>) -> String {
    let seen = shown(error.instance());
    let length = || error.instance().as_str().map_or(0, |text| text.chars().count());
    let items = || error.instance().as_array().map_or(0, Vec::len);
    match kind {
        Kind::Type { kind: TypeKind::Single(kind) } => {
            format!("must be {}, not {seen}{}", article(*kind), quoted(*kind, error))
        }
        Kind::Enum { options } => {
            let options: Vec<_> = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let hint = did_you_mean(error.instance().as_str().unwrap_or_default(), options.iter().copied());
            format!("must be one of '{}', not {seen}{hint}", options.join("', '"))
        }
        Kind::MinLength { limit } => format!("must have {limit} characters at least, not {}", length()),
        Kind::MaxLength { limit } => format!("must have {limit} characters at most, not {}", length()),
        Kind::Minimum { limit } => format!("must be {} at least, not {seen}", whole(limit)),
        Kind::Maximum { limit } => format!("must be {} at most, not {seen}", whole(limit)),
        Kind::MinItems { limit } => format!("must have {limit} entries at least, not {}", items()),
        Kind::MaxItems { limit } => format!("must have {limit} entries at most, not {}", items()),
        _ => error.to_string().chars().take(4 * SHOWN).collect(),
    }
}

/// A value as it may have been written, shortened.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => format!("'{text}'"),
        Value::Array(_) => return "a list".to_owned(),
        Value::Object(_) => return "an object".to_owned(),
        other => other.to_string(),
    };
    if text.chars().count() <= SHOWN { text } else { text.chars().take(SHOWN).chain("…".chars()).collect() }
}

/// A limit without the point that the schema writes.
fn whole(limit: &Value) -> String {
    let text = limit.to_string();
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

fn article(kind: JsonType) -> &'static str {
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

/// What YAML took for a number or a switch is a text once it stands in quotes; and the other way round.
fn quoted(wanted: JsonType, error: &ValidationError<'_>) -> String {
    match (wanted, error.instance().as_ref()) {
        (JsonType::String, Value::Number(_) | Value::Bool(_)) => {
            format!(": write it in quotes, '{}'", error.instance())
        }
        (JsonType::Integer | JsonType::Number | JsonType::Boolean, Value::String(_)) => {
            ": write it without quotes".to_owned()
        }
        _ => String::new(),
    }
}

/// A name that the object may not have.
fn unknown(name: &str, known: &[&str]) -> String {
    let hint = did_you_mean(name, known.iter().copied());
    let end = if hint.is_empty() { "." } else { "" };
    format!("no field '{name}' is known here{hint}{end} Allowed: {}", known.join(", "))
}

/// The first sentence about a field, for one who does not know it.
fn about(part: &Value) -> String {
    let text = part["description"].as_str().unwrap_or_default();
    let sentence = text.split(['\n', ';']).next().and_then(|line| line.split(". ").next()).unwrap_or_default();
    let mut chars = sentence.trim_end_matches('.').chars();
    let lower: String = chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default();
    if lower.is_empty() { lower } else { format!(": {lower}") }
}
