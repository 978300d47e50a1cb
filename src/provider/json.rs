//! Tolerant reading of JSON: fields by several names, lists in several envelopes. No IO.
//!
//! Unknown fields are ignored. A list in no known envelope is an error, never an empty list; `envelope` says whether it is whole.
//! Numbers and texts are bounded here, so that whatever a provider sends fits into a status.

use serde_json::Value;

/// The longest name that is kept, in characters; a spec's are shorter.
const LONGEST_NAME: usize = 512;
/// The longest word or time that is kept, in characters.
const LONGEST_WORD: usize = 64;

/// The first of `names` that the object has. `null` counts as absent.
pub(crate) fn field<'a>(object: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().filter_map(|name| object.get(*name)).find(|value| !value.is_null())
}

/// A text field; numbers and booleans are not text.
pub(crate) fn text(object: &Value, names: &[&str]) -> Option<String> {
    field(object, names)?.as_str().map(str::to_owned)
}

/// A text field, cut to `longest` characters.
pub(crate) fn short(object: &Value, names: &[&str], longest: usize) -> Option<String> {
    text(object, names).map(|text| cut(&text, longest))
}

/// A name. It is cut where it is longer than any name that a spec may ask for, so a cut one equals none.
pub(crate) fn name(object: &Value, names: &[&str]) -> Option<String> {
    short(object, names, LONGEST_NAME)
}

/// A word of an enumeration, without control characters.
pub(crate) fn word(object: &Value, names: &[&str]) -> Option<String> {
    let text = text(object, names)?;
    Some(text.chars().filter(|char| !char.is_control()).take(LONGEST_WORD).collect())
}

/// A whole number, written as a number or as text. One that is out of range is the nearest one in range.
pub(crate) fn integer(object: &Value, names: &[&str]) -> Option<i64> {
    match field(object, names)? {
        Value::Number(number) => number.as_i64().or_else(|| saturated(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok().or_else(|| saturated(text.trim().parse().ok()?)),
        _ => None,
    }
}

/// How many there are of something: never below zero.
pub(crate) fn count(object: &Value, names: &[&str]) -> Option<i64> {
    integer(object, names).map(|count| count.max(0))
}

/// A number that is no `i64` as the nearest one.
fn saturated(number: f64) -> Option<i64> {
    // Beyond these a number of this type is not exact.
    const BOUND: f64 = 9_007_199_254_740_992.0;
    if number >= BOUND {
        Some(i64::MAX)
    } else if number <= -BOUND {
        Some(i64::MIN)
    } else {
        format!("{number:.0}").parse().ok()
    }
}

/// Whether two names are the same but for case, punctuation and spacing: a provider may tidy up a name.
pub(crate) fn is_same_name(shown: &str, asked: &str) -> bool {
    let core = |name: &str| {
        name.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    core(shown) == core(asked)
}

/// A text of at most `longest` characters.
pub(crate) fn cut(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}

/// A truth value: a bool, or one of `yes`/`true` and `no`/`false` as text.
pub(crate) fn truth(object: &Value, names: &[&str]) -> Option<bool> {
    match field(object, names)? {
        Value::Bool(value) => Some(*value),
        Value::String(word) => match word.to_ascii_lowercase().as_str() {
            "true" | "yes" => Some(true),
            "false" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A time as the provider writes it: text, or a number of epoch seconds as text.
pub(crate) fn time(object: &Value, names: &[&str]) -> Option<String> {
    match field(object, names)? {
        Value::String(text) => Some(cut(text, LONGEST_WORD)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether a body tells of an error, or says that nothing was done, whatever the status.
pub(crate) fn has_error(value: &Value) -> bool {
    has_error_field(value) || truth(value, &["success", "ok"]) == Some(false) || has_failed_status(value)
}

/// What a body says of its error.
pub(crate) fn error_text(value: &Value) -> String {
    ["error", "errors", "message"].iter().filter_map(|name| value.get(*name)).map(Value::to_string).collect()
}

/// Whether the status of a body says that the call failed. That of an object is its own: an object has an id.
fn has_failed_status(value: &Value) -> bool {
    let has_id = || value.as_object().into_iter().flatten().any(|(name, _)| name.to_lowercase().ends_with("id"));
    let is_told = || ["message", "data"].iter().any(|name| value.get(*name).is_some());
    let status = word(value, &["status"]).map(|status| status.to_lowercase());
    matches!(status.as_deref(), Some("error" | "fail" | "failed" | "failure")) && (is_told() || !has_id())
}

fn has_error_field(value: &Value) -> bool {
    ["error", "errors"].iter().filter_map(|name| value.get(*name)).any(|error| match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(errors) => !errors.is_empty(),
        Value::Object(errors) => !errors.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    })
}

/// The items of a list: a bare array, or under `data`, `items`, `results` or one of `names`. Whether they are all says the envelope.
pub(crate) fn list<'a>(value: &'a Value, names: &[&str]) -> Option<&'a Vec<Value>> {
    if let Value::Array(items) = value {
        return Some(items);
    }
    ["data", "items", "results"].iter().chain(names).find_map(|name| value.get(*name)?.as_array())
}

/// An object at the top, or under `data`, `result` or one of `names`.
pub(crate) fn nested<'a>(value: &'a Value, names: &[&str]) -> impl Iterator<Item = &'a Value> {
    let inner: Vec<_> = ["data", "result"].iter().chain(names).filter_map(|name| value.get(*name)).collect();
    std::iter::once(value).chain(inner).filter(|value| value.is_object())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_is_found_in_each_known_envelope_and_in_no_other() {
        for value in
            [json!([1]), json!({"data": [1]}), json!({"items": [1]}), json!({"results": [1]}), json!({"teams": [1]})]
        {
            assert_eq!(list(&value, &["teams"]).map(Vec::len), Some(1), "{value}");
        }
        for value in [json!({}), json!({"members": [1]}), json!("teams"), json!(null), json!({"data": {"x": []}})] {
            assert_eq!(list(&value, &["teams"]), None, "{value}");
        }
    }

    #[test]
    fn truth_is_read_as_bool_or_text() {
        for (value, expected) in [
            (json!(true), Some(true)),
            (json!("yes"), Some(true)),
            (json!("False"), Some(false)),
            (json!("no"), Some(false)),
            (json!(null), None),
            (json!("maybe"), None),
        ] {
            assert_eq!(truth(&json!({"x": value}), &["x"]), expected);
        }
    }

    #[test]
    fn numbers_and_words_are_bounded() {
        let read = |text: &str| integer(&serde_json::from_str(&format!("{{\"x\": {text}}}")).unwrap(), &["x"]);
        for (text, expected) in [
            ("7", Some(7)),
            ("\" 7 \"", Some(7)),
            ("3.0", Some(3)),
            ("-5", Some(-5)),
            ("9223372036854775808", Some(i64::MAX)),
            ("1e300", Some(i64::MAX)),
            ("-1e300", Some(i64::MIN)),
            ("\"99999999999999999999\"", Some(i64::MAX)),
            ("\"many\"", None),
            ("true", None),
            ("null", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(count(&json!({"x": -3}), &["x"]), Some(0));
        let long = json!({"x": format!("a\u{7}{}", "é".repeat(40_000))});
        assert_eq!(word(&long, &["x"]).map(|word| (word.chars().count(), word.contains('\u{7}'))), Some((64, false)));
        assert_eq!(name(&long, &["x"]).map(|name| name.chars().count()), Some(512));
        assert_eq!(time(&long, &["x"]).map(|time| time.chars().count()), Some(64));
    }
}
