//! Hides the texts of resources that may be secrets or about people: all but those that cannot be. No IO.
//!
//! The definition of a kind says which texts are words of a list or times; references, ids and the words of conditions stay, too. A new
//! field is hidden until its form says that it need not be.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use reqwest::Url;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::api::annotations::{
    ALLOW_DELETION, APPROVED_PLAN, AllowDeletion, EXTERNAL_ID, MOVED_FROM, MOVED_TO, RECONCILE_REQUESTED_AT,
    TEST_REQUESTED_AT, is_id, is_ours,
};
use crate::api::approval::plan_hashes;
use crate::api::crds::definition;
use crate::api::kinds::Kind;
use crate::cli::kubectl::bundle::message::MessageWords;
use crate::cli::kubectl::bundle::own_words::OWN_WORDS;
use crate::cli::kubectl::resource::ClusterResource;
use crate::cli::kubectl::select::released;

/// The fields of the metadata that stay.
const METADATA: [&str; 7] =
    ["name", "namespace", "uid", "generation", "creationTimestamp", "deletionTimestamp", "finalizers"];
/// A hidden text of so many characters is searched for in messages; a shorter one is in many words.
const SEARCHED: usize = 4;

/// Hides texts; equal ones get equal marks within one report, and no one can try texts against a mark.
pub(crate) struct Veil {
    salt: u64,
    hidden: BTreeSet<String>,
    words: MessageWords,
}

impl Veil {
    /// A veil with marks of its own.
    pub(crate) fn new(salt: u64) -> Self {
        let mut words = MessageWords::default();
        released().for_each(|kind| collect(&schemas(kind), &mut words));
        words.shown.extend(released().map(|kind| kind.to_string()));
        words.shown.extend(OWN_WORDS.map(str::to_owned));
        Self { salt, hidden: BTreeSet::new(), words }
    }

    /// A resource without texts that may be secrets. Its messages are still as they were.
    pub(crate) fn resource(&mut self, resource: &ClusterResource) -> Value {
        let schema = schemas(resource.key.kind);
        self.words.shown.extend([&resource.key.name, &resource.key.namespace].map(Clone::clone));
        let mut part = |part: &str| self.value(part, "", resource.part(part), schema.get(part).unwrap_or(&Value::Null));
        let (spec, status) = (part("spec"), part("status"));
        let metadata: Map<_, _> = METADATA
            .iter()
            .filter_map(|field| Some(((*field).to_owned(), resource.part("metadata").get(field)?.clone())))
            .collect();
        json!({
            "kind": resource.key.kind.as_str(), "metadata": metadata, "annotations": self.annotations(resource), "spec": spec,
            "status": status,
        })
    }

    /// The same with messages in which nothing hidden is left; all resources must have been hidden before.
    pub(crate) fn messages(&self, mut resource: Value) -> Value {
        let conditions = resource.pointer_mut("/status/conditions").and_then(Value::as_array_mut);
        for message in conditions.into_iter().flatten().filter_map(|condition| condition.get_mut("message")) {
            *message = self.message(message.as_str().unwrap_or_default()).into();
        }
        resource
    }

    /// A message of the operator: also without values that no resource has any more.
    pub(crate) fn message(&self, text: &str) -> String {
        self.text(&self.words.hide(text, |value| self.mark(value)))
    }

    /// This operator's annotations; a value that is not of the form of a harmless one is hidden.
    fn annotations(&mut self, resource: &ClusterResource) -> Value {
        let all = resource.part("metadata").get("annotations").and_then(Value::as_object);
        let ours = all.into_iter().flatten().filter(|(key, _)| is_ours(key));
        let shown = |(key, value): (&String, &Value)| {
            let value = value.as_str().unwrap_or_default();
            if is_harmless(key, value) {
                return (key.clone(), value.into());
            }
            self.hidden.insert(value.to_owned());
            (key.clone(), self.mark(value).into())
        };
        Value::Object(ours.map(shown).collect())
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
            Value::String(text) => {
                // The message of a condition is no word.
                if within != "conditions" {
                    self.words.shown.insert(text.clone());
                }
                value.clone()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// What stands for a hidden text.
    fn mark(&self, text: &str) -> String {
        let hash = Sha256::digest(format!("{}:{text}", self.salt));
        let short: Vec<_> = hash.iter().take(3).map(|byte| format!("{byte:02x}")).collect();
        format!("({} characters #{})", text.chars().count(), short.concat())
    }

    /// A text of others without hidden texts, addresses, and what follows the host of a URL. A hidden text that the report shows as the
    /// name of a resource or as a word stays: it says nothing that is not shown.
    pub(crate) fn text(&self, text: &str) -> String {
        let searched = self.hidden.difference(&self.words.shown);
        let mut longest: Vec<_> = searched.filter(|hidden| hidden.chars().count() >= SEARCHED).collect();
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

/// The schemas of the parts of a kind.
fn schemas(kind: Kind) -> Value {
    let crd = definition(kind).ok().and_then(|crd| serde_json::to_value(crd).ok());
    let schemas = crd.as_ref().and_then(|crd| crd.pointer("/spec/versions/0/schema/openAPIV3Schema/properties"));
    schemas.cloned().unwrap_or_default()
}

/// Adds the names of fields and the words of lists in a schema.
fn collect(schema: &Value, words: &mut MessageWords) {
    match schema {
        Value::Object(fields) => {
            if let Some(properties) = fields.get("properties").and_then(Value::as_object) {
                words.fields.extend(properties.keys().cloned());
            }
            let list = fields.get("enum").and_then(Value::as_array);
            words.shown.extend(list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
            fields.values().for_each(|schema| collect(schema, words));
        }
        Value::Array(schemas) => schemas.iter().for_each(|schema| collect(schema, words)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether the value of an annotation has the form of one that can be no secret.
fn is_harmless(key: &str, value: &str) -> bool {
    match key {
        EXTERNAL_ID => is_id(value),
        RECONCILE_REQUESTED_AT | TEST_REQUESTED_AT => value.parse::<Timestamp>().is_ok(),
        ALLOW_DELETION => AllowDeletion::parse(value).is_some(),
        MOVED_FROM | MOVED_TO => value.split_once('/').is_some_and(|(place, name)| is_id(place) && is_id(name)),
        APPROVED_PLAN => plan_hashes(value).is_ok(),
        _ => false,
    }
}
