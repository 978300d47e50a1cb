//! One problem in a manifest: where it is, what found it and what it says. No IO.

use std::fmt;

use serde::Serialize;

use crate::cli::manifests::field::Field;
use crate::cli::manifests::place::Place;

/// The check that found a problem: the rule's id in SARIF.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Check {
    /// A file cannot be read: it is missing, or access is denied.
    Unreadable,
    /// What another tool must render or decrypt before it is applied.
    Rendering,
    /// A file is not valid YAML or JSON.
    Syntax,
    /// The schema of the kind: fields, types, lengths, allowed values.
    Schema,
    /// A CEL rule of the kind.
    Rule,
    /// A value that the operator itself would refuse: an id, an address, an annotation.
    Value,
    /// A reference to an object that does not exist or does not fit.
    Reference,
    /// Two manifests for one object.
    Duplicate,
}

impl Check {
    /// The checks that a report of `validate` can name, in the order of their declaration. Unreadable files are not in a report.
    pub(crate) const REPORTED: [Self; 7] =
        [Self::Rendering, Self::Syntax, Self::Schema, Self::Rule, Self::Value, Self::Reference, Self::Duplicate];

    /// What the check requires: a sentence without its full stop.
    pub(crate) const fn requirement(self) -> &'static str {
        match self {
            Self::Unreadable => "A file can be read",
            Self::Rendering => "A manifest is checked as it is applied: rendered and decrypted",
            Self::Syntax => "A file is YAML or JSON",
            Self::Schema => "A manifest fits the schema of its kind",
            Self::Rule => "A manifest keeps the CEL rules of its kind",
            Self::Value => "A value makes sense to the operator",
            Self::Reference => "What a manifest refers to is there and suits it",
            Self::Duplicate => "One object has one manifest",
        }
    }
}

/// Whether a problem makes the manifests invalid.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// The manifests are invalid.
    Error,
    /// The manifests are valid, but may not do what is wanted.
    Warning,
}

/// The object that a manifest describes. A field is empty if the manifest does not set it.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct ObjectName {
    /// `kind`.
    pub(crate) kind: String,
    /// `metadata.namespace`, or the default namespace.
    pub(crate) namespace: String,
    /// `metadata.name`.
    pub(crate) name: String,
}

/// One problem. Problems are sorted by their place first.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Diagnostic {
    /// Where the field is written, or what should contain it.
    pub(crate) place: Place,
    /// Whether it makes the manifests invalid.
    pub(crate) level: Level,
    /// What found it.
    pub(crate) check: Check,
    /// The object that has the problem; `None` if no object could be read. Boxed, so that errors stay small.
    pub(crate) object: Option<Box<ObjectName>>,
    /// The field that has the problem; the root if it is the whole object or file.
    pub(crate) field: Field,
    /// What is wrong and what is allowed.
    pub(crate) message: String,
}

impl Diagnostic {
    /// An error at a place that belongs to no known object.
    pub(crate) fn at(place: Place, check: Check, message: String) -> Self {
        Self { place, level: Level::Error, check, object: None, field: Field::default(), message }
    }

    /// An error of a whole file that cannot be read.
    pub(crate) fn unreadable(file: String, message: String) -> Self {
        Self::of_file(file, Check::Unreadable, message)
    }

    /// Something about a whole file.
    pub(crate) fn of_file(file: String, check: Check, message: String) -> Self {
        Self::at(Place { file, document: 1, line: 1, column: 1 }, check, message)
    }

    /// The same as a warning.
    pub(crate) fn warning(self) -> Self {
        Self { level: Level::Warning, ..self }
    }

    /// The field and the message, for a reader who knows the object.
    pub(crate) fn field_and_message(&self) -> String {
        if self.field == Field::default() { self.message.clone() } else { format!("{}: {}", self.field, self.message) }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.field_and_message())
    }
}
