//! The schema and the CEL rules of each kind, from the CRDs that the API server has. No IO.

pub(crate) mod message;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use jsonschema::Validator;
use kube_cel::CompiledSchema;
use serde_json::Value;

use crate::api::did_you_mean::{did_you_mean, nearest};
use crate::api::kinds::Kind;
use crate::api::{GROUP, crds};
use crate::cli::diagnostic::{Check, Diagnostic};
use crate::cli::manifests::Manifest;
use crate::cli::manifests::field::Field;

/// What is told of a manifest that SOPS has encrypted.
const ENCRYPTED: &str = "the manifest is encrypted with SOPS, and is checked only when it is decrypted: `sops decrypt FILE | ping-operator validate -f -`";

/// The definitions of all kinds.
pub(crate) struct Definitions {
    /// By kind.
    kinds: BTreeMap<String, Definition>,
    /// The `apiVersion` of all kinds.
    api_version: String,
    rules: kube_cel::Validator,
}

struct Definition {
    /// The strict JSON Schema, as editors have it.
    schema: Value,
    /// The schema in the CRD, with its CEL rules.
    served: Value,
    /// Compiled for the first manifest of the kind.
    compiled: OnceCell<CompiledDefinition>,
}

struct CompiledDefinition {
    schema: Validator,
    rules: CompiledSchema,
}

impl Definitions {
    /// The definitions of the CRDs.
    ///
    /// # Errors
    /// Only if a definition cannot be written as JSON.
    pub(crate) fn new() -> Result<Self, serde_json::Error> {
        let mut kinds = BTreeMap::new();
        let mut version = String::new();
        for crd in crds::all()? {
            version = crd.spec.versions.first().map(|version| version.name.clone()).unwrap_or_default();
            let definition = Definition {
                schema: crate::api::crds::schema::schema(&crd)?,
                served: crate::api::crds::schema::served(&crd)?,
                compiled: OnceCell::new(),
            };
            kinds.insert(crd.spec.names.kind, definition);
        }
        Ok(Self { kinds, api_version: format!("{GROUP}/{version}"), rules: kube_cel::Validator::new() })
    }

    /// Whether a manifest is, or should be, of one of our kinds.
    pub(crate) fn applies_to(&self, manifest: &Manifest) -> bool {
        let kind = manifest.kind();
        let group = manifest.api_version().split('/').next().unwrap_or_default();
        group == GROUP || (self.kinds.contains_key(kind) && nearest(group, [GROUP].into_iter()).is_some())
    }

    /// The manifest as the API server takes it: a known field that is null, such as `members:` with nothing after it, is absent.
    pub(crate) fn pruned(&self, manifest: &Manifest) -> Manifest {
        let mut pruned = manifest.clone();
        if let Some(definition) = self.kinds.get(manifest.kind()) {
            prune(&mut pruned.value, &definition.schema);
        }
        pruned
    }

    /// What the API server would refuse in a manifest of one of our kinds; `namespace` is the default namespace.
    pub(crate) fn check(&self, manifest: &Manifest, namespace: &str) -> Vec<Diagnostic> {
        if manifest.is_encrypted() {
            let field = Field::default().child("sops");
            return vec![manifest.error(namespace, Check::Rendering, field, ENCRYPTED.to_owned())];
        }
        let by_schema = |field, message| manifest.error(namespace, Check::Schema, field, message);
        let written = |field: &Field| manifest.plain_text(field);
        let (version, kind) = (manifest.api_version(), manifest.kind());
        let root = Field::default();
        let Some(definition) = self.kinds.get(kind) else {
            let mut known: Vec<_> =
                Kind::ALL.iter().filter(|kind| kind.is_released()).map(|kind| kind.as_str()).collect();
            known.sort_unstable();
            let message =
                format!("'{kind}' is none of {}{}", known.join(", "), did_you_mean(kind, known.iter().copied()));
            return vec![by_schema(root.child("kind"), message)];
        };
        if version != self.api_version {
            let message = format!("must be '{}', not '{version}'", self.api_version);
            return vec![by_schema(root.child("apiVersion"), message)];
        }
        let Some(compiled) = definition.compiled() else {
            return vec![by_schema(root, "the definition of this kind cannot be read".to_owned())];
        };
        let mut value = self.pruned(manifest).value;
        value.as_object_mut().map(|fields| fields.remove("status"));
        let errors = compiled.schema.iter_errors(&value);
        let refused: Vec<_> =
            errors.flat_map(|error| message::diagnostics(&error, &definition.schema, &written, &by_schema)).collect();
        if !refused.is_empty() {
            return refused;
        }
        // As in the API server, rules are evaluated only for an object that fits the schema.
        let errors = self.rules.validate_compiled(&compiled.rules, &value, None).err();
        let errors = errors.map(kube_cel::ValidationErrors::into_vec).unwrap_or_default();
        let by_rule = |error: kube_cel::ValidationError| {
            manifest.error(namespace, Check::Rule, Field::dotted(&error.field_path), error.message)
        };
        errors.into_iter().map(by_rule).collect()
    }
}

/// Removes known fields that are null. What is null in a list stays.
fn prune(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(fields) => {
            // Any name is known in a map.
            let any = schema.get("additionalProperties").filter(|any| any.is_object());
            let known = |name: &str| schema.get("properties").and_then(|all| all.get(name)).or(any);
            fields.retain(|name, value| !value.is_null() || known(name).is_none());
            for (name, value) in fields {
                if let Some(schema) = known(name) {
                    prune(value, schema);
                }
            }
        }
        Value::Array(items) => {
            let schema = schema.get("items").unwrap_or(&Value::Null);
            for item in items {
                prune(item, schema);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl Definition {
    fn compiled(&self) -> Option<&CompiledDefinition> {
        if self.compiled.get().is_none() {
            let schema = jsonschema::draft7::new(&self.schema).ok()?;
            let rules = kube_cel::compile_schema(&self.served);
            let _ = self.compiled.set(CompiledDefinition { schema, rules });
        }
        self.compiled.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every rule below a node.
    fn rules(node: &CompiledSchema) -> Vec<String> {
        let here = node.validations.iter().map(|rule| match rule {
            Ok(rule) => rule.rule.rule.clone(),
            Err(error) => panic!("{error}"),
        });
        let below = node.properties.values().chain(node.items.as_deref()).chain(node.additional_properties.as_deref());
        here.chain(below.flat_map(rules)).collect()
    }

    #[test]
    fn every_rule_of_every_definition_can_be_evaluated_here() {
        let all = Definitions::new().unwrap();
        let written = |definition: &Definition| definition.served.to_string().matches("\"rule\":").count();
        for (kind, definition) in &all.kinds {
            let compiled = definition.compiled().unwrap();
            assert_eq!(rules(&compiled.rules).len(), written(definition), "{kind}");
        }
        assert!(all.kinds.values().map(written).sum::<usize>() > 20);
    }
}
