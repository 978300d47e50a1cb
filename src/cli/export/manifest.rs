//! One exported manifest, and all of an export. No IO.

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::api::GROUP;
use crate::api::annotations::EXTERNAL_ID;
use crate::api::kinds::{HasKind, Kind};

/// What deleting an exported resource does to its external object.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub(crate) enum DeletionArg {
    /// The external object is kept.
    Orphan,
    /// The external object is deleted.
    Delete,
}

/// One resource.
pub(crate) struct ExportedManifest {
    /// The kind.
    pub(crate) kind: Kind,
    /// `metadata.name`.
    pub(crate) name: String,
    /// The id of the external object; `None` for a channel and a config.
    pub(crate) id: Option<String>,
    /// The spec.
    pub(crate) spec: ObjectFields,
}

impl ExportedManifest {
    /// A resource of kind `T`.
    pub(crate) fn of<T: HasKind>(name: &str, id: Option<String>, spec: ObjectFields) -> Self {
        Self { kind: T::KIND, name: name.to_owned(), id, spec }
    }

    /// The resource as the API server accepts it.
    pub(crate) fn value(&self, namespace: Option<&str>) -> Value {
        let metadata = ObjectFields::default()
            .with("name", &self.name)
            .with_some("namespace", namespace)
            .with_some("annotations", self.id.as_ref().map(|id| json!({ EXTERNAL_ID: id })));
        json!({ "apiVersion": format!("{GROUP}/v1alpha1"), "kind": self.kind, "metadata": metadata.0, "spec": self.spec.0 })
    }

    /// The resource as YAML.
    ///
    /// # Errors
    /// Only if it cannot be written as YAML.
    pub(crate) fn yaml(&self, namespace: Option<&str>) -> Result<String, String> {
        serde_saphyr::to_string(&self.value(namespace)).map_err(|error| error.to_string())
    }
}

/// The fields of a JSON object. A field that has its default value is absent.
#[derive(Default)]
pub(crate) struct ObjectFields(pub(crate) Map<String, Value>);

impl ObjectFields {
    /// Sets a field.
    pub(crate) fn with(mut self, field: &str, value: impl Serialize) -> Self {
        // The values are texts, switches and API types: each can be written as JSON.
        self.0.extend(serde_json::to_value(value).map(|value| (field.to_owned(), value)));
        self
    }

    /// Sets a field if it has a value.
    pub(crate) fn with_some(self, field: &str, value: Option<impl Serialize>) -> Self {
        match value {
            Some(value) => self.with(field, value),
            None => self,
        }
    }
}

/// All of an export.
#[derive(Default)]
pub(crate) struct Export {
    /// Objects that others refer to come first.
    pub(crate) manifests: Vec<ExportedManifest>,
    /// Objects that exist and have no manifest: one line each, with the reason.
    pub(crate) left_out: Vec<String>,
}
