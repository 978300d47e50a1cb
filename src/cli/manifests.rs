//! Manifests as people keep them: objects, and the place of each field. No IO but in `read`.

pub(crate) mod field;
pub(crate) mod place;
pub(crate) mod read;
pub(crate) mod spans;

use std::cell::OnceCell;
use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api::GROUP;
use crate::cli::diagnostic::{Check, Diagnostic, Level, ObjectName};
use crate::cli::manifests::field::Field;
use crate::cli::manifests::place::{LineColumn, Place};
use crate::cli::manifests::spans::Spans;

/// One document of a file.
#[derive(Debug)]
struct Document {
    /// The path of the file.
    file: String,
    /// The number in the file of the document's first line.
    first_line: u64,
    /// The document without the lines before its first value.
    text: String,
    /// Computed on demand: most manifests have no problem.
    spans: OnceCell<Spans>,
}

impl Document {
    fn new(file: &str, first_line: u64, text: String) -> Rc<Self> {
        Rc::new(Self { file: file.to_owned(), first_line, text, spans: OnceCell::new() })
    }

    /// Where a field of the document is written, or what should contain it.
    fn locate(&self, field: &Field) -> Place {
        self.place(self.spans.get_or_init(|| Spans::read(&self.text)).of(field))
    }

    /// A position in the document as a place in the file.
    fn place(&self, LineColumn { line, column }: LineColumn) -> Place {
        Place { file: self.file.clone(), line: self.first_line + line.saturating_sub(1), column }
    }

    /// An error of the YAML parser as a diagnostic.
    fn diagnostic(&self, error: &serde_saphyr::Error, check: Check) -> Diagnostic {
        let position =
            error.location().map_or(LineColumn::START, |at| LineColumn { line: at.line(), column: at.column() });
        let message = error.without_snippet().to_string();
        let message = message.lines().next().unwrap_or_default();
        // The parser counts the document's lines; the place counts the file's.
        let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message).to_owned();
        Diagnostic::at(self.place(position), check, message)
    }
}

/// One object.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    /// Where the object begins.
    pub(crate) place: Place,
    /// The whole object.
    pub(crate) value: Value,
    document: Rc<Document>,
    /// The object's field in the document: the root, or an item of a `List`.
    within: Field,
}

impl Manifest {
    /// An object that is not read from a file.
    pub(crate) fn generated(value: Value) -> Self {
        Self::of_source("(generated)", value)
    }

    /// An object from elsewhere; `source` is named instead of a file.
    pub(crate) fn of_source(source: &str, value: Value) -> Self {
        let document = Document::new(source, 1, String::new());
        Self { place: document.place(LineColumn::START), value, document, within: Field::default() }
    }

    /// `apiVersion`; empty if it is not set.
    pub(crate) fn api_version(&self) -> &str {
        self.text("/apiVersion").unwrap_or_default()
    }

    /// `kind`; empty if it is not set.
    pub(crate) fn kind(&self) -> &str {
        self.text("/kind").unwrap_or_default()
    }

    /// Whether it is an object of this operator's API group.
    pub(crate) fn is_of_our_group(&self) -> bool {
        self.api_version().split('/').next() == Some(GROUP)
    }

    /// `metadata.name`; empty if it is not set.
    pub(crate) fn name(&self) -> &str {
        self.text("/metadata/name").unwrap_or_default()
    }

    fn text(&self, pointer: &str) -> Option<&str> {
        self.value.pointer(pointer).and_then(Value::as_str)
    }

    /// Where a field is written, or what should contain it.
    pub(crate) fn locate(&self, field: &Field) -> Place {
        self.document.locate(&self.within.join(field))
    }

    /// The kind and name of the object; `namespace` is the default namespace.
    pub(crate) fn object_name(&self, namespace: &str) -> ObjectName {
        ObjectName {
            kind: self.kind().to_owned(),
            namespace: self.text("/metadata/namespace").unwrap_or(namespace).to_owned(),
            name: self.name().to_owned(),
        }
    }

    /// An error in a field of the object; `namespace` is the default namespace.
    pub(crate) fn error(&self, namespace: &str, check: Check, field: Field, message: String) -> Diagnostic {
        let object = Some(Box::new(self.object_name(namespace)));
        Diagnostic { place: self.locate(&field), level: Level::Error, check, object, field, message }
    }

    /// The object as its type.
    ///
    /// # Errors
    /// The first field that does not fit, and where it is written.
    pub(crate) fn typed<T: DeserializeOwned>(&self) -> Result<T, Diagnostic> {
        serde_path_to_error::deserialize(&self.value).map_err(|error| {
            let field = Field::of_path(error.path());
            let found = Diagnostic::at(self.locate(&field), Check::Schema, error.into_inner().to_string());
            Diagnostic { field, ..found }
        })
    }
}
