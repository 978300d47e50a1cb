//! Hides the texts of resources that may be secrets or about people: all but those that cannot be. No IO.
//!
//! The definition of a kind says which texts are words of a list or times; references, ids and the words of conditions stay, too. A new
//! field is hidden until its form says that it need not be.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Url;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::api::annotations::{CREATE_INTENT, is_ours};
use crate::api::crds::definition;
use crate::cli::kubectl::resource::ClusterResource;

/// The fields of the metadata that stay.
const METADATA: [&str; 7] =
    ["name", "namespace", "uid", "generation", "creationTimestamp", "deletionTimestamp", "finalizers"];
/// A hidden text of so many characters is searched for in messages; a shorter one is in many words.
const SEARCHED: usize = 4;

/// Hides texts; equal ones get equal marks within one report, and no one can try texts against a mark.
pub(crate) struct Veil {
    salt: u64,
    hidden: BTreeSet<String>,
}

impl Veil {
    /// A veil with marks of its own.
    pub(crate) fn new(salt: u64) -> Self {
        Self { salt, hidden: BTreeSet::new() }
    }

    /// A resource without texts that may be secrets. Its messages are still as they were.
    pub(crate) fn resource(&mut self, resource: &ClusterResource) -> Value {
        let crd = definition(resource.key.kind).ok().and_then(|crd| serde_json::to_value(crd).ok()).unwrap_or_default();
        let schema = crd.pointer("/spec/versions/0/schema/openAPIV3Schema/properties").unwrap_or(&Value::Null);
        let mut part = |part: &str| self.value(part, "", resource.part(part), schema.get(part).unwrap_or(&Value::Null));
        let (spec, status) = (part("spec"), part("status"));
        let metadata: Map<_, _> = METADATA
            .iter()
            .filter_map(|field| Some(((*field).to_owned(), resource.part("metadata").get(field)?.clone())))
            .collect();
        json!({
            "kind": resource.key.kind.as_str(), "metadata": metadata, "annotations": annotations(resource), "spec": spec,
            "status": status,
        })
    }

    /// The same with messages in which nothing hidden is left; all resources must have been hidden before.
    pub(crate) fn messages(&self, mut resource: Value) -> Value {
        let conditions = resource.pointer_mut("/status/conditions").and_then(Value::as_array_mut);
        for message in conditions.into_iter().flatten().filter_map(|condition| condition.get_mut("message")) {
            *message = self.text(message.as_str().unwrap_or_default()).into();
        }
        if let Some(annotations) = resource.get_mut("annotations").and_then(Value::as_object_mut) {
            for value in annotations.values_mut() {
                *value = self.text(value.as_str().unwrap_or_default()).into();
            }
        }
        resource
    }

    fn value(&mut self, field: &str, within: &str, value: &Value, schema: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let of = |name: &str| schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
                let shown = |(name, value): (&String, &Value)| (name.clone(), self.value(name, field, value, of(name)));
                Value::Object(fields.iter().map(shown).collect())
            }
            Value::Array(items) => items.iter().map(|item| self.value(field, field, item, &schema["items"])).collect(),
            Value::String(text) if within == "endpoints" => self.url(text).into(),
            Value::String(text) if !is_open(field, within, schema) => {
                self.hidden.insert(text.clone());
                self.mark(text).into()
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// What stands for a hidden text.
    fn mark(&self, text: &str) -> String {
        let hash = Sha256::digest(format!("{}:{text}", self.salt));
        let short: Vec<_> = hash.iter().take(3).map(|byte| format!("{byte:02x}")).collect();
        format!("({} characters #{})", text.chars().count(), short.concat())
    }

    /// A text of others without hidden texts, addresses, and what follows the host of a URL.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut longest: Vec<_> = self.hidden.iter().filter(|hidden| hidden.chars().count() >= SEARCHED).collect();
        longest.sort_by_key(|hidden| std::cmp::Reverse(hidden.len()));
        let mut text = text.to_owned();
        for hidden in longest.into_iter().filter(|hidden| hidden.chars().any(|letter| !letter.is_ascii_digit())) {
            if text.contains(hidden.as_str()) {
                text = text.replace(hidden.as_str(), &self.mark(hidden));
            }
        }
        let is_edge = |letter: char| letter.is_whitespace() || "'\"`,;()[]<>=".contains(letter);
        let words: BTreeMap<&str, String> = text
            .split(is_edge)
            .filter_map(|word| {
                let is_url = word.contains("://");
                let is_address = word.contains('@') || word.strip_prefix('+').is_some_and(is_number);
                let shown = if is_url { self.url(word) } else { self.mark(word) };
                (is_url || is_address).then_some((word, shown))
            })
            .collect();
        words.into_iter().fold(text.clone(), |text, (word, shown)| text.replace(word, &shown))
    }

    /// Scheme, host and port of a URL.
    fn url(&self, text: &str) -> String {
        match Url::parse(text).ok().and_then(|url| Some(format!("{}://{}", url.scheme(), host(&url)?))) {
            Some(origin) => format!("{origin}/…"),
            None => self.mark(text),
        }
    }
}

fn host(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

fn is_number(text: &str) -> bool {
    text.len() > 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text of this field can be no secret: a word of a list, a time, an id, a part of a reference, or of a condition.
fn is_open(field: &str, within: &str, schema: &Value) -> bool {
    let is_word = schema.get("enum").is_some() || schema["format"] == "date-time";
    let is_reference = within.ends_with("Ref") || within.ends_with("Refs");
    let is_name_of_thing = field.ends_with("Id") || ["id", "servedBy", "type"].contains(&field);
    is_word || is_reference || within == "conditions" || is_name_of_thing
}

/// This operator's annotations, without the names in the create record.
fn annotations(resource: &ClusterResource) -> Value {
    let all = resource.part("metadata").get("annotations").and_then(Value::as_object);
    let ours = all.into_iter().flatten().filter(|(key, _)| is_ours(key));
    let shown = |(key, value): (&String, &Value)| {
        let value = if key == CREATE_INTENT { json!("(the create record)") } else { value.clone() };
        (key.clone(), value)
    };
    Value::Object(ours.map(shown).collect())
}
