//! Texts without quotes that other readers of YAML take for something else. No IO.
//!
//! What the operator's tools read as a number or a boolean, too, the schema refuses where a text is wanted.

use std::fmt;

use serde_json::Value;

use crate::cli::diagnostic::{Check, Diagnostic};
use crate::cli::manifests::Manifest;
use crate::cli::manifests::field::Field;

/// Words that are booleans in YAML 1.1, in lower case.
const BOOLEANS: [&str; 6] = ["y", "yes", "n", "no", "on", "off"];

/// A warning for each text of a manifest that is written without quotes and is no text in YAML 1.1.
pub(crate) fn check(manifest: &Manifest, namespace: &str) -> Vec<Diagnostic> {
    let mut suspects = Vec::new();
    collect(&manifest.value, &Field::default(), &mut suspects);
    suspects.into_iter().filter_map(|suspect| suspect.warning(manifest, namespace)).collect()
}

/// A text that would be another value without quotes.
struct Suspect<'a> {
    field: Field,
    text: &'a str,
    /// What it would be, and for whom.
    means: ScalarMeaning,
}

/// What a text without quotes is in YAML 1.1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum ScalarMeaning {
    Boolean,
    Number,
    /// A number to the base of 60, such as `12:30`. kubectl reads none, other readers do.
    Sexagesimal,
}

impl fmt::Display for ScalarMeaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boolean => "a boolean for kubectl and other readers of YAML 1.1",
            Self::Number => "a number for kubectl and other readers of YAML 1.1",
            Self::Sexagesimal => "a number to the base of 60 for some readers of YAML 1.1",
        })
    }
}

impl Suspect<'_> {
    fn warning(self, manifest: &Manifest, namespace: &str) -> Option<Diagnostic> {
        let Self { field, text, means } = self;
        if manifest.plain_text(&field).as_deref() != Some(text) {
            return None;
        }
        let (place, _) = manifest.text_of(&field);
        let message = format!("{text} without quotes is {means}: write it in quotes, '{text}'");
        Some(Diagnostic { place, ..manifest.error(namespace, Check::Syntax, field, message).warning() })
    }
}

fn collect<'a>(value: &'a Value, field: &Field, suspects: &mut Vec<Suspect<'a>>) {
    match value {
        Value::String(text) => {
            suspects.extend(in_yaml_1_1(text).map(|means| Suspect { field: field.clone(), text, means }));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| collect(item, &field.item(at), suspects));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| collect(value, &field.child(name), suspects));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a text without quotes is in YAML 1.1; `None`: a text.
fn in_yaml_1_1(text: &str) -> Option<ScalarMeaning> {
    let lower = text.to_ascii_lowercase();
    let is_word =
        lower == text || text.to_ascii_uppercase() == text || text.chars().skip(1).all(|c| c.is_ascii_lowercase());
    if is_word && BOOLEANS.contains(&lower.as_str()) {
        return Some(ScalarMeaning::Boolean);
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let has_digit = digits.starts_with(|c: char| c.is_ascii_digit());
    let only = |allowed: &str| digits.chars().all(|c| c.is_ascii_digit() || allowed.contains(c));
    if has_digit && is_sexagesimal(digits) {
        return Some(ScalarMeaning::Sexagesimal);
    }
    // `0123`, `1_000`, `1.5`, `0b1`, `0x1F`, `1e3`.
    let is_number = has_digit && (only("_") || text.replace('_', "").parse::<f64>().is_ok());
    let is_based = |prefix: &str, base: u32| {
        digits
            .strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c == '_' || c.is_digit(base)))
    };
    (is_number || is_based("0b", 2) || is_based("0x", 16)).then_some(ScalarMeaning::Number)
}

/// Whether it is a number to the base of 60, such as `12:30`.
fn is_sexagesimal(digits: &str) -> bool {
    let mut parts = digits.split(':');
    let first = parts.next().is_some_and(|part| part.chars().all(|c| c.is_ascii_digit()) && !part.starts_with('0'));
    let rest: Vec<_> = parts.collect();
    first && !rest.is_empty() && rest.iter().all(|part| part.parse::<u8>().is_ok_and(|number| number < 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_boolean_or_a_number_in_yaml_1_1_or_it_is_not() {
        for text in ["yes", "No", "ON", "off", "y", "N"] {
            assert_eq!(in_yaml_1_1(text), Some(ScalarMeaning::Boolean), "{text}");
        }
        for text in ["0123", "08", "1_000", "+1", "0b11", "0x1F", "1e3", "-7", "-0x1F"] {
            assert_eq!(in_yaml_1_1(text), Some(ScalarMeaning::Number), "{text}");
        }
        for text in ["12:30", "1:59:59", "-1:30"] {
            assert_eq!(in_yaml_1_1(text), Some(ScalarMeaning::Sexagesimal), "{text}");
        }
        for text in
            ["", "yEs", "oN", "nobody", "12:60", "1.2.3", "0xZ", "1a", "2026-01-01", "a1", "_1", "--5", "+-5", "-+0x1F"]
        {
            assert_eq!(in_yaml_1_1(text), None, "{text}");
        }
    }
}
