//! How the reference says types, limits and examples. No IO.

use serde_json::{Value, json};

/// The type of a field in words.
pub(super) fn type_of(schema: &Value) -> String {
    let inner = |word: &str| type_of(&schema[word]);
    match schema["type"].as_str().unwrap_or_default() {
        "array" => format!("list of {}", inner("items")),
        "object" if schema["additionalProperties"].is_object() => format!("map of {}", inner("additionalProperties")),
        "string" if schema["format"] == "date-time" => "time (RFC 3339)".to_owned(),
        name => name.to_owned(),
    }
}

/// The values that a field may have; `None`: any of its type.
pub(super) fn allowed(schema: &Value) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(words) = schema["enum"].as_array() {
        let words = words.iter().map(|word| format!("`{}`", plain(word)));
        parts.push(words.collect::<Vec<_>>().join(", "));
    }
    let between = |least: &str, most: &str, unit: &str| range(&schema[least], &schema[most], unit);
    parts.extend(between("minimum", "maximum", ""));
    parts.extend(between("minLength", "maxLength", " characters"));
    parts.extend(between("minItems", "maxItems", " entries"));
    parts.extend(between("minProperties", "maxProperties", " entries"));
    if let Some(pattern) = schema["pattern"].as_str() {
        parts.push(format!("pattern `{pattern}`"));
    }
    for inner in
        ["items", "additionalProperties"].map(|word| &schema[word]).into_iter().filter(|inner| inner.is_object())
    {
        parts.extend(allowed(inner).map(|each| format!("each: {each}")));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn range(least: &Value, most: &Value, unit: &str) -> Option<String> {
    match (least.as_f64(), most.as_f64()) {
        (None, None) => None,
        (Some(least), None) => Some(format!("at least {least}{unit}")),
        (None, Some(most)) => Some(format!("at most {most}{unit}")),
        (Some(_), Some(only)) if least == most => Some(format!("{only}{unit}")),
        (Some(least), Some(most)) => Some(format!("{least} to {most}{unit}")),
    }
}

/// A value as a manifest has it, on one line.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The example of a field: on one line, or as a block if it has fields or entries of its own.
pub(super) fn example(name: &str, value: &Value) -> String {
    let yaml = serde_saphyr::to_string(&json!({ name: value })).unwrap();
    match value {
        Value::Array(_) | Value::Object(_) => format!("- Example:\n\n  ```yaml\n{}  ```\n", indented(&yaml)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => format!("- Example: `{}`\n", yaml.trim()),
    }
}

fn indented(yaml: &str) -> String {
    format!("  {}\n", yaml.trim_end().replace('\n', "\n  "))
}
