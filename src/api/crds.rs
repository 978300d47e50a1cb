//! The CRD manifests of `crds/`, generated from the types. No IO.
//!
//! This file adds the common parts of all kinds: the default status, the last columns, and the rule that makes
//! `providerConfigRef` immutable once an external object exists. It removes every `nullable`.

pub(crate) mod schema;
#[cfg(test)]
mod tests;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::{Value, json};

use crate::api::GROUP;
use crate::api::kinds::{Kind, managed_kinds};
use crate::api::provider_config::{ClusterProviderConfig, ProviderConfig};

macro_rules! declare {
    ($($(#[$cfg:meta])* $module:ident::$name:ident: $provider:ident,)*) => {
        /// The definition of a kind.
        ///
        /// # Errors
        /// Only if a type cannot be serialised as a CRD. The golden test excludes this.
        pub(crate) fn definition(kind: Kind) -> Result<CustomResourceDefinition, serde_json::Error> {
            match kind {
                Kind::ProviderConfig => finished(&ProviderConfig::crd(), &[]),
                Kind::ClusterProviderConfig => finished(&ClusterProviderConfig::crd(), &[]),
                $($(#[$cfg])* Kind::$name => finished(&crate::api::$module::$name::crd(), &[credential_is_kept()]),)*
            }
        }
    };
}

managed_kinds!(declare);

/// Whether kubectl calls a kind so: by its kind, plural, singular or a short name, with the group or without.
pub(crate) fn is_name_of(kind: Kind, word: &str) -> bool {
    let word = word.to_lowercase();
    let word = word.strip_suffix(&format!(".{GROUP}")).unwrap_or(&word);
    let Ok(CustomResourceDefinition { spec, .. }) = definition(kind) else { return false };
    let names = spec.names;
    let is_short = names.short_names.iter().flatten().any(|short| short == word);
    is_short || names.plural == word || names.singular.as_deref() == Some(word) || names.kind.to_lowercase() == word
}

/// The CRDs of all kinds, sorted by name.
///
/// # Errors
/// Only if a type cannot be serialised as a CRD. The golden test excludes this.
pub(crate) fn all() -> Result<Vec<CustomResourceDefinition>, serde_json::Error> {
    let mut all = Kind::ALL.iter().map(|kind| definition(*kind)).collect::<Result<Vec<_>, _>>()?;
    all.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
    Ok(all)
}

/// A CRD as YAML, as it is in `crds/`.
///
/// # Errors
/// Only if the CRD cannot be serialised as YAML.
pub(crate) fn yaml(crd: &CustomResourceDefinition) -> Result<String, serde_saphyr::ser::Error> {
    serde_saphyr::to_string(crd)
}

/// The file name of a CRD in `crds/`.
pub(crate) fn file_name(crd: &CustomResourceDefinition) -> String {
    format!("{}.yaml", crd.spec.names.plural)
}

fn credential_is_kept() -> Value {
    json!({
        "rule": "!has(oldSelf.status) || !has(oldSelf.status.externalId) || self.spec.providerConfigRef == oldSelf.spec.providerConfigRef",
        "message": "`providerConfigRef` must not change once the external object is known: delete this resource with `deletionPolicy: Orphan` and adopt the object from a new one",
        "reason": "FieldValueInvalid",
        "fieldPath": ".spec.providerConfigRef"
    })
}

fn finished(crd: &CustomResourceDefinition, rules: &[Value]) -> Result<CustomResourceDefinition, serde_json::Error> {
    let mut value = serde_json::to_value(crd)?;
    if let Some(version) = value.pointer_mut("/spec/versions/0") {
        with_columns(version, !rules.is_empty());
    }
    if let Some(schema) = value.pointer_mut("/spec/versions/0/schema/openAPIV3Schema") {
        without_nullable(schema);
        if let Some(status) = schema.pointer_mut("/properties/status") {
            status["default"] = json!({"observedGeneration": -1});
            status["description"] = json!("The observed state, as the operator last wrote it.");
        }
        if let Some(spec) = schema.pointer_mut("/properties/spec") {
            spec["description"] = json!("The desired state.");
        }
        if !rules.is_empty() {
            schema["x-kubernetes-validations"] = json!(rules);
        }
    }
    serde_json::from_value(value)
}

/// So many columns of its own a kind shows by default; with those that all kinds have, no more than seven fit on a screen.
const OWN_COLUMNS: usize = 3;

/// Adds the columns that all kinds have after those of the kind: READY, REASON and AGE by default, the message of `Ready` in the wide view.
fn with_columns(version: &mut Value, is_managed: bool) {
    let ready = |part: &str| format!(".status.conditions[?(@.type==\"Ready\")].{part}");
    let text = |name: &str, path: &str| json!({ "name": name, "type": "string", "jsonPath": path });
    let wide = |name: &str, path: &str| json!({ "name": name, "type": "string", "priority": 1, "jsonPath": path });
    let mut columns = version["additionalPrinterColumns"].as_array().cloned().unwrap_or_default();
    if is_managed {
        let own = columns.iter().filter(|column| column.get("priority").is_none()).count();
        let external_id = if own < OWN_COLUMNS { text } else { wide };
        columns.push(external_id("EXTERNAL-ID", ".status.externalId"));
        columns.push(wide("PROVIDER-CONFIG", ".spec.providerConfigRef.name"));
        columns.push(wide("ACCOUNT", ".status.accountId"));
    }
    columns.extend([
        text("READY", &ready("status")),
        text("REASON", &ready("reason")),
        wide("STATUS", &ready("message")),
        json!({ "name": "AGE", "type": "date", "jsonPath": ".metadata.creationTimestamp" }),
    ]);
    version["additionalPrinterColumns"] = json!(columns);
}

/// Removes `nullable`: an optional field is absent and never `null` (Kubernetes API linter).
fn without_nullable(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.get("nullable") == Some(&Value::Bool(true)) {
                fields.remove("nullable");
            }
            fields.values_mut().for_each(without_nullable);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nullable),
        _ => {}
    }
}
