//! Tolerant reading of JSON: fields by several names, lists in several envelopes. No IO.
//!
//! Unknown fields are ignored. A list in no known envelope is `None`, which callers turn into an error, never into an
//! empty list.

use serde_json::Value;

/// Whether a body is an HTML page or incomplete JSON: such a body says nothing about what was done. A plain text and an
/// empty body are not broken.
pub(crate) fn is_broken(body: &[u8]) -> bool {
    let first = body.trim_ascii_start().first();
    first.is_some_and(|first| b"<{[".contains(first)) && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_err()
}

/// The first of `names` that the object has. `null` counts as absent.
pub(crate) fn field<'a>(object: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().filter_map(|name| object.get(*name)).find(|value| !value.is_null())
}

/// A text field; numbers and booleans are not text.
pub(crate) fn text(object: &Value, names: &[&str]) -> Option<String> {
    field(object, names)?.as_str().map(str::to_owned)
}

/// A whole number, written as a number or as text.
pub(crate) fn integer(object: &Value, names: &[&str]) -> Option<i64> {
    let value = field(object, names)?;
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
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
        Value::String(text) => Some(text.chars().take(64).collect()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The items of a list: a bare array, or under `data`, `items`, `results` or one of `names`.
pub(crate) fn list<'a>(value: &'a Value, names: &[&str]) -> Option<&'a Vec<Value>> {
    if let Value::Array(items) = value {
        return Some(items);
    }
    let known = ["data", "items", "results"];
    known.iter().chain(names).find_map(|name| value.get(*name)?.as_array())
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
}
