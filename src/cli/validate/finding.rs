//! What is wrong with a manifest, and where. No IO.

use serde::Serialize;

use crate::cli::manifests::field::Field;
use crate::cli::manifests::{Fault, Manifest, Place};

/// What found it: the rule's id in SARIF.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Check {
    /// It is no YAML or JSON.
    Syntax,
    /// The schema of the kind: fields, types, lengths, words.
    Schema,
    /// A CEL rule of the kind.
    Rule,
    /// What the operator itself would refuse: ids, addresses, annotations.
    Value,
    /// What it refers to is not there, or does not suit.
    Reference,
    /// Two say that they are the same.
    Duplicate,
}

impl Check {
    /// All, in the order of their declaration.
    pub(crate) const ALL: [Self; 6] =
        [Self::Syntax, Self::Schema, Self::Rule, Self::Value, Self::Reference, Self::Duplicate];

    /// What it is, in a sentence without its full stop.
    pub(crate) const fn about(self) -> &'static str {
        match self {
            Self::Syntax => "A file is YAML or JSON",
            Self::Schema => "A manifest fits the schema of its kind",
            Self::Rule => "A manifest keeps the CEL rules of its kind",
            Self::Value => "A value makes sense to the operator",
            Self::Reference => "What a manifest refers to is there and suits it",
            Self::Duplicate => "One object has one manifest",
        }
    }
}

/// Whether it makes the manifests invalid.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Error,
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Finding {
    pub(crate) place: Place,
    pub(crate) level: Level,
    pub(crate) check: Check,
    /// Kind, namespace and name; empty where they are not known.
    pub(crate) object: [String; 3],
    pub(crate) field: Field,
    pub(crate) message: String,
}

impl Finding {
    /// An error in a field of a manifest.
    pub(crate) fn error(manifest: &Manifest, namespace: &str, check: Check, field: Field, message: String) -> Self {
        let text = |pointer: &str| manifest.value.pointer(pointer).and_then(|value| value.as_str()).map(str::to_owned);
        let namespace = text("/metadata/namespace").unwrap_or_else(|| namespace.to_owned());
        let object = [manifest.kind().1.to_owned(), namespace, text("/metadata/name").unwrap_or_default()];
        Self { place: manifest.locate(&field), level: Level::Error, check, object, field, message }
    }

    /// The same as a warning.
    pub(crate) fn warning(self) -> Self {
        Self { level: Level::Warning, ..self }
    }
}

impl From<Fault> for Finding {
    fn from(fault: Fault) -> Self {
        let (object, field) = (Default::default(), Field::default());
        Self { place: fault.place, level: Level::Error, check: Check::Syntax, object, field, message: fault.message }
    }
}
