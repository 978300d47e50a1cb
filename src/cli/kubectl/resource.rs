//! One resource of the cluster, of whatever kind. No IO.

use jiff::Timestamp;
use serde_json::Value;

use crate::api::conditions::{Condition, ConditionType, find};
use crate::api::kinds::Kind;
use crate::api::object;
use crate::api::resource_key::ResourceKey;

/// A resource as the API server has it.
#[derive(Clone, Debug)]
pub(crate) struct ClusterResource {
    /// Kind, namespace and name.
    pub(crate) key: ResourceKey,
    /// The whole object.
    pub(crate) value: Value,
    /// Its conditions.
    pub(crate) conditions: Vec<Condition>,
}

impl ClusterResource {
    /// The resource in an object of a kind.
    pub(crate) fn new(kind: Kind, value: Value) -> Self {
        let text = |pointer| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let key = ResourceKey { kind, namespace: text("/metadata/namespace"), name: text("/metadata/name") };
        Self { key, conditions: object::conditions(&value), value }
    }

    /// A text in it.
    pub(crate) fn text(&self, pointer: &str) -> Option<&str> {
        self.value.pointer(pointer)?.as_str()
    }

    /// One of its parts, such as `spec`; null if it has none.
    pub(crate) fn part(&self, part: &str) -> &Value {
        self.value.get(part).unwrap_or(&Value::Null)
    }

    /// A time in it.
    pub(crate) fn time(&self, pointer: &str) -> Option<Timestamp> {
        self.text(pointer)?.parse().ok()
    }

    /// A condition.
    pub(crate) fn condition(&self, type_: ConditionType) -> Option<&Condition> {
        find(&self.conditions, type_)
    }

    /// The number of the present spec.
    pub(crate) fn generation(&self) -> Option<i64> {
        self.value.pointer("/metadata/generation")?.as_i64()
    }

    /// Whether it is being deleted.
    pub(crate) fn is_deleted(&self) -> bool {
        self.text("/metadata/deletionTimestamp").is_some()
    }

    /// Whether `spec.suspend` is set.
    pub(crate) fn is_suspended(&self) -> bool {
        self.value.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true)
    }

    /// The recorded id.
    pub(crate) fn external_id(&self) -> Option<&str> {
        self.text("/status/externalId")
    }

    /// The value of an annotation.
    pub(crate) fn annotation(&self, key: &str) -> Option<&str> {
        self.value.get("metadata")?.get("annotations")?.get(key)?.as_str()
    }

    /// The config that it uses; `None`: it is one.
    pub(crate) fn config(&self) -> Option<ResourceKey> {
        let reference = object::config(&self.value);
        (!self.key.kind.is_config()).then(|| ResourceKey::of_config(&reference, &self.key.namespace))
    }

    /// Whether its spec refers to a Team of its namespace.
    pub(crate) fn refers_to_team(&self, name: &str) -> bool {
        object::teams(&self.value).contains(&name)
    }

    /// Kind, namespace and name, as messages have them.
    pub(crate) fn title(&self) -> String {
        title(&self.key)
    }
}

/// Kind, namespace and name, as messages have them.
pub(crate) fn title(key: &ResourceKey) -> String {
    let ResourceKey { kind, namespace, name } = key;
    if namespace.is_empty() { format!("{kind} {name}") } else { format!("{kind} {namespace}/{name}") }
}

/// What `-o name` prints, as kubectl does.
pub(crate) fn kubectl_name(key: &ResourceKey) -> String {
    format!("{}.{}/{}", key.kind.as_str().to_lowercase(), crate::api::GROUP, key.name)
}
