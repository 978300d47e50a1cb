//! The schema and the CEL rules of each kind, from the definitions that the API server has. No IO.

pub(crate) mod message;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use jsonschema::Validator;
use kube_cel::CompiledSchema;
use serde_json::Value;

use crate::api::kinds::Kind;
use crate::api::{GROUP, crds};
use crate::cli::did_you_mean::{did_you_mean, nearest};
use crate::cli::manifests::Manifest;
use crate::cli::manifests::field::Field;

/// Something that the API server would refuse.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Wrong {
    pub(crate) field: Field,
    pub(crate) message: String,
    /// A CEL rule found it, not the schema.
    pub(crate) by_rule: bool,
}

impl Wrong {
    fn by_schema(field: Field, message: String) -> Self {
        Self { field, message, by_rule: false }
    }
}

/// Every kind's definition.
pub(crate) struct Definitions {
    kinds: BTreeMap<String, Definition>,
    version: String,
    rules: kube_cel::Validator,
}

struct Definition {
    /// The strict JSON Schema, as editors have it.
    schema: Value,
    /// The API server's schema, with its rules.
    served: Value,
    /// Compiled when the first manifest of the kind comes.
    compiled: OnceCell<(Validator, CompiledSchema)>,
}

impl Definitions {
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
        Ok(Self { kinds, version: format!("{GROUP}/{version}"), rules: kube_cel::Validator::new() })
    }

    /// Whether a manifest is, or should be, of one of our kinds.
    pub(crate) fn concern(&self, manifest: &Manifest) -> bool {
        let (version, kind) = manifest.kind();
        let group = version.split('/').next().unwrap_or_default();
        group == GROUP || (self.kinds.contains_key(kind) && nearest(group, [GROUP].into_iter()).is_some())
    }

    /// What is wrong with a manifest of one of our kinds, by itself.
    pub(crate) fn check(&self, manifest: &Manifest) -> Vec<Wrong> {
        let (version, kind) = manifest.kind();
        let root = Field::default();
        let Some(definition) = self.kinds.get(kind) else {
            let mut known: Vec<_> =
                Kind::ALL.iter().filter(|kind| kind.is_released()).map(|kind| kind.as_str()).collect();
            known.sort_unstable();
            let message =
                format!("'{kind}' is none of {}{}", known.join(", "), did_you_mean(kind, known.iter().copied()));
            return vec![Wrong::by_schema(root.child("kind"), message)];
        };
        if version != self.version {
            let message = format!("must be '{}', not '{version}'", self.version);
            return vec![Wrong::by_schema(root.child("apiVersion"), message)];
        }
        let Some((schema, rules)) = definition.compiled() else {
            return vec![Wrong::by_schema(root, "the definition of this kind cannot be read".to_owned())];
        };
        let mut value = manifest.value.clone();
        value.as_object_mut().map(|fields| fields.remove("status"));
        let wrong: Vec<_> =
            schema.iter_errors(&value).flat_map(|error| message::of(&error, &definition.schema)).collect();
        // As in the API server, rules are asked only of what fits the schema.
        if wrong.is_empty() { self.broken(rules, &value) } else { wrong }
    }

    fn broken(&self, rules: &CompiledSchema, value: &Value) -> Vec<Wrong> {
        let errors = self.rules.validate_compiled(rules, value, None).err().map(kube_cel::ValidationErrors::into_vec);
        let errors = errors.into_iter().flatten();
        let wrong = |error: kube_cel::ValidationError| Wrong {
            field: Field::dotted(&error.field_path),
            message: error.message,
            by_rule: true,
        };
        errors.map(wrong).collect()
    }
}

impl Definition {
    fn compiled(&self) -> Option<&(Validator, CompiledSchema)> {
        if self.compiled.get().is_none() {
            let schema = jsonschema::draft7::new(&self.schema).ok()?;
            let _ = self.compiled.set((schema, kube_cel::compile_schema(&self.served)));
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
            let (_, compiled) = definition.compiled().unwrap();
            assert_eq!(rules(compiled).len(), written(definition), "{kind}");
        }
        assert!(all.kinds.values().map(written).sum::<usize>() > 20);
    }
}
