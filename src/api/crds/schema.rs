//! JSON Schemas for editors, generated from the CRDs: the schema checks of the API server, without the CEL rules. No IO.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::{Value, json};

use crate::api::GROUP;

/// The schema of the API server, with its CEL rules.
///
/// # Errors
/// Only if the CRD cannot be serialised as JSON.
pub(crate) fn served(crd: &CustomResourceDefinition) -> Result<Value, serde_json::Error> {
    let version = crd.spec.versions.first();
    serde_json::to_value(version.and_then(|version| version.schema.as_ref()?.open_api_v3_schema.as_ref()))
}

/// The JSON Schema for the manifests of a kind, as it is in `deploy/schemas/`.
///
/// # Errors
/// Only if the CRD cannot be serialised as JSON.
pub(crate) fn schema(crd: &CustomResourceDefinition) -> Result<Value, serde_json::Error> {
    let kind = &crd.spec.names.kind;
    let version = crd.spec.versions.first();
    let mut schema = served(crd)?;
    strict(&mut schema);
    let api_version = format!("{GROUP}/{}", version.map_or("", |version| version.name.as_str()));
    let about = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": kind,
        "required": ["apiVersion", "kind", "metadata", "spec"],
    });
    let identity = json!({ "apiVersion": { "const": api_version }, "kind": { "const": kind }, "metadata": metadata() });
    extend(schema.pointer_mut(""), about);
    extend(schema.pointer_mut("/properties"), identity);
    Ok(schema)
}

/// The metadata of a manifest, by the rules of the API server. What the API server itself writes may be in a manifest, too.
fn metadata() -> Value {
    let label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    let subdomain = format!("{label}(\\.{label})*");
    let word = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";
    let value = format!("^({word})?$");
    // Unlike that of a label, the prefix of an annotation may have capital letters.
    let (label_key, annotation_key) =
        (format!("^({subdomain}/)?{word}$"), format!("^({}/)?{word}$", subdomain.replace("a-z", "A-Za-z")));
    let value =
        json!({ "type": "string", "description": "Letters, digits, '-', '_' and '.', 63 at most.", "pattern": value });
    json!({
        "type": "object",
        "description": "Name, namespace, labels and annotations.",
        "required": ["name"],
        "additionalProperties": false,
        "properties": {
            "name": { "type": "string", "description": "Lower-case letters, digits, '-' and '.'.", "minLength": 1, "maxLength": 253, "pattern": format!("^{subdomain}$") },
            "namespace": { "type": "string", "description": "Lower-case letters, digits and '-'.", "minLength": 1, "maxLength": 63, "pattern": format!("^{label}$") },
            "labels": { "type": "object", "patternProperties": { label_key: value }, "additionalProperties": false },
            "annotations": { "type": "object", "patternProperties": { annotation_key: { "type": "string" } }, "additionalProperties": false },
            "finalizers": { "type": "array", "items": { "type": "string" } },
            "ownerReferences": { "type": "array" },
            "managedFields": { "type": "array" },
            "generateName": { "type": "string" },
            "selfLink": { "type": "string" },
            "uid": { "type": "string" },
            "resourceVersion": { "type": "string" },
            "generation": { "type": "integer" },
            "creationTimestamp": { "type": "string" },
            "deletionTimestamp": { "type": "string" },
            "deletionGracePeriodSeconds": { "type": "integer" },
        },
    })
}

/// Adds or replaces fields.
fn extend(object: Option<&mut Value>, more: Value) {
    if let (Some(Value::Object(fields)), Value::Object(more)) = (object, more) {
        fields.extend(more);
    }
}

/// The file name of the schema of a kind in `deploy/schemas/`.
pub(crate) fn schema_name(crd: &CustomResourceDefinition) -> String {
    format!("{}.json", crd.spec.names.kind.to_lowercase())
}

/// Forbids unknown fields, as `kubectl apply --validate=strict` does.
fn strict(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.starts_with("x-kubernetes-"));
            if fields.get("type") == Some(&json!("object")) {
                fields.entry("additionalProperties").or_insert(json!(false));
            }
            fields.values_mut().for_each(strict);
        }
        Value::Array(items) => items.iter_mut().for_each(strict),
        _ => {}
    }
}
