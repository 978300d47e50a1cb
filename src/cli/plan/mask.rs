//! What a report must not show: values of Secrets, ids that are only predicted, and control characters. No IO.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::plan::simulation::predicted::is_predicted;
use crate::plan::step::printable;

/// The placeholder for an id that an earlier call of the plan returns.
const UNKNOWN_ID: &str = "(known after apply)";
/// The placeholder for a value of a Secret.
const SECRET: &str = "(secret)";

/// The values that a report must not contain.
pub(crate) struct Mask(BTreeSet<String>);

impl Mask {
    /// A mask for these values; empty ones are ignored.
    pub(crate) fn new<'a>(secrets: impl Iterator<Item = &'a str>) -> Self {
        Self(secrets.filter(|secret| !secret.is_empty()).map(str::to_owned).collect())
    }

    /// The text with placeholders for secrets, predicted ids and control characters: what manifests and providers say stays in its line.
    pub(crate) fn text(&self, text: &str) -> String {
        if self.0.contains(text) {
            return SECRET.to_owned();
        }
        let text = printable(text);
        // A short secret would be found inside of ordinary words.
        let long = self.0.iter().filter(|secret| secret.len() > 5);
        let text = long.fold(text, |text, secret| text.replace(secret.as_str(), SECRET));
        let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        words
            .map(|word| {
                let id = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-');
                if is_predicted(id) { word.replace(id, UNKNOWN_ID) } else { word.to_owned() }
            })
            .collect()
    }

    /// The same for every text of a JSON value.
    pub(crate) fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => fields.into_iter().map(|(name, field)| (name, self.value(field))).collect(),
            other => other,
        }
    }
}
