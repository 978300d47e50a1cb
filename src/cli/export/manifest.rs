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

/// The part of an account that a resource belongs to: its file, if there is one for each team.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum AccountPart {
    /// What belongs to no team.
    #[default]
    Account,
    /// A team, its services and its channels, by the name of the Team.
    Team(String),
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
    /// The part of the account that it belongs to.
    pub(crate) part: AccountPart,
    /// What a reader must know that the fields do not say: one comment line each.
    pub(crate) comments: Vec<String>,
}

impl ExportedManifest {
    /// A resource of kind `T`.
    pub(crate) fn of<T: HasKind>(name: &str, id: Option<String>, spec: ObjectFields) -> Self {
        Self { kind: T::KIND, name: name.to_owned(), id, spec, part: AccountPart::Account, comments: Vec::new() }
    }

    /// The resource as a part of the account.
    pub(crate) fn within(self, part: &AccountPart) -> Self {
        Self { part: part.clone(), ..self }
    }

    /// The resource with a comment.
    pub(crate) fn commented(mut self, comment: &str) -> Self {
        self.comments.push(comment.to_owned());
        self
    }

    /// The resource as the API server accepts it.
    pub(crate) fn value(&self, namespace: Option<&str>) -> Value {
        let metadata = ObjectFields::default()
            .with("name", &self.name)
            .with_some("namespace", namespace)
            .with_some("annotations", self.id.as_ref().map(|id| json!({ EXTERNAL_ID: id })));
        json!({ "apiVersion": format!("{GROUP}/v1alpha1"), "kind": self.kind, "metadata": metadata.0, "spec": self.spec.0 })
    }

    /// The resource as a document of YAML, with its comments.
    ///
    /// # Errors
    /// Only if it cannot be written as YAML.
    pub(crate) fn document(&self, namespace: Option<&str>) -> Result<String, String> {
        let comments: String = self.comments.iter().map(|text| comment(text)).collect();
        let yaml = serde_saphyr::to_string(&self.value(namespace)).map_err(|error| error.to_string())?;
        Ok(format!("---\n{comments}{yaml}"))
    }
}

/// A comment line. A text of the provider cannot end it: what follows would be read as YAML.
pub(crate) fn comment(text: &str) -> String {
    format!("# {}\n", one_line(text))
}

/// A text without line breaks and other control characters.
pub(crate) fn one_line(text: &str) -> String {
    let is_break = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().map(|c| if is_break(c) { ' ' } else { c }).collect()
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
    /// What exists and has no manifest.
    pub(crate) left_out: Vec<LeftOut>,
}

/// An object, or a part of one, that an export leaves out.
#[derive(Debug)]
pub(crate) struct LeftOut {
    /// The part of the account that it belongs to.
    pub(crate) part: AccountPart,
    /// What it is, and why: one line.
    pub(crate) line: String,
}

impl Export {
    /// Notes what is left out.
    pub(crate) fn leave_out(&mut self, part: &AccountPart, line: &str) {
        self.left_out.push(LeftOut { part: part.clone(), line: one_line(line) });
    }
}
