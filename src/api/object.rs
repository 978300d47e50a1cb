//! What every kind has in common, read from an object as JSON: also from one that the types cannot read. No IO.

use serde::Deserialize;
use serde_json::Value;

use crate::api::conditions::Condition;
use crate::api::references::{ConfigKind, ProviderConfigRef};

/// The conditions that can be read.
pub(crate) fn conditions(object: &Value) -> Vec<Condition> {
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().filter_map(|condition| Condition::deserialize(condition).ok()).collect()
}

/// The config that it uses, if it is of a managed kind. What cannot be read of the reference is as if it were left out.
pub(crate) fn config(object: &Value) -> ProviderConfigRef {
    let (mut config, reference) = (ProviderConfigRef::default(), "/spec/providerConfigRef");
    if let Some(name) = object.pointer(&format!("{reference}/name")).and_then(Value::as_str) {
        name.clone_into(&mut config.name);
    }
    let kind = object.pointer(&format!("{reference}/kind"));
    if let Some(kind) = kind.and_then(|kind| ConfigKind::deserialize(kind).ok()) {
        config.kind = kind;
    }
    config
}

/// The names of the Teams that it refers to, wherever in its spec.
pub(crate) fn teams(object: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest: Vec<_> = object.get("spec").into_iter().collect();
    while let Some(value) = rest.pop() {
        if let Some(name) = value.pointer("/teamRef/name").and_then(Value::as_str) {
            found.push(name);
        }
        rest.extend(value.as_object().into_iter().flatten().map(|(_, value)| value));
        rest.extend(value.as_array().into_iter().flatten());
    }
    found
}
