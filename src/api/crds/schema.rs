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
    let (label, texts) =
        ("[a-z0-9]([-a-z0-9]*[a-z0-9])?", json!({ "type": "object", "additionalProperties": { "type": "string" } }));
    let metadata = json!({
        "type": "object",
        "description": "Name, namespace, labels and annotations.",
        "required": ["name"],
        "properties": {
            "name": { "type": "string", "description": "Lower-case letters, digits, '-' and '.'.", "minLength": 1, "maxLength": 253, "pattern": format!("^{label}(\\.{label})*$") },
            "namespace": { "type": "string", "description": "Lower-case letters, digits and '-'.", "minLength": 1, "maxLength": 63, "pattern": format!("^{label}$") },
            "labels": texts,
            "annotations": texts,
        },
    });
    let about = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": kind,
        "required": ["apiVersion", "kind", "metadata", "spec"],
    });
    let identity = json!({ "apiVersion": { "const": api_version }, "kind": { "const": kind }, "metadata": metadata });
    extend(schema.pointer_mut(""), about);
    extend(schema.pointer_mut("/properties"), identity);
    Ok(schema)
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
