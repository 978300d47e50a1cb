//! Looking at a resource as JSON.

use serde_json::Value;

/// One condition of a resource; null if it is not there.
pub(crate) fn condition<'a>(object: &'a Value, type_: &str) -> &'a Value {
    let conditions = object["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    conditions.iter().find(|condition| condition["type"] == type_).unwrap_or(&Value::Null)
}

/// A condition's reason.
pub(crate) fn reason<'a>(object: &'a Value, type_: &str) -> &'a str {
    condition(object, type_)["reason"].as_str().unwrap_or_default()
}

/// A resource's external id.
pub(crate) fn id_of(object: &Value) -> String {
    object["status"]["externalId"].as_str().unwrap_or_default().to_owned()
}

/// The Team that most tests begin with.
pub(crate) const TEAM: &str =
    "{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {name: platform}, spec: {name: Platform}}";
