//! Manifests as people keep them: objects, and the place of each field. No IO but in `read`.

pub(crate) mod field;
pub(crate) mod folder;
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

/// What is told of a template of Helm, or of another tool with its syntax.
const TEMPLATE: &str = "this is a template, of which only the result can be checked: render it first, such as `helm template RELEASE CHART | ping-operator validate -f -`";

/// One document of a file.
#[derive(Debug)]
struct Document {
    /// The path of the file.
    file: String,
    /// The number of the document in the file, from one.
    number: u64,
    /// The number in the file of the document's first line.
    first_line: u64,
    /// The document without the lines before its first value.
    text: String,
    /// Computed on demand: most manifests have no problem.
    spans: OnceCell<Spans>,
}

impl Document {
    fn new(file: &str, number: u64, first_line: u64, text: String) -> Rc<Self> {
        Rc::new(Self { file: file.to_owned(), number, first_line, text, spans: OnceCell::new() })
    }

    /// Where a field of the document is written, or what should contain it.
    fn locate(&self, field: &Field) -> Place {
        self.place(self.spans.get_or_init(|| Spans::read(&self.text)).of(field))
    }

    /// A position in the document as a place in the file.
    fn place(&self, LineColumn { line, column }: LineColumn) -> Place {
        let (file, document) = (self.file.clone(), self.number);
        Place { file, document, line: self.first_line + line.saturating_sub(1), column }
    }

    /// Where the value of a field begins, and the text from there on.
    fn text_of(&self, field: &Field) -> (Place, String) {
        let at = self.spans.get_or_init(|| Spans::read(&self.text)).of_value(field);
        let line = self.text.lines().nth(usize::try_from(at.line.saturating_sub(1)).unwrap_or(usize::MAX));
        let before = usize::try_from(at.column.saturating_sub(1)).unwrap_or(usize::MAX);
        (self.place(at), line.unwrap_or_default().chars().skip(before).collect())
    }

    /// An error of the YAML parser as a diagnostic.
    fn diagnostic(&self, error: &serde_saphyr::Error) -> Diagnostic {
        let position =
            error.location().map_or(LineColumn::START, |at| LineColumn { line: at.line(), column: at.column() });
        let message = error.without_snippet().to_string();
        let message = message.lines().next().unwrap_or_default();
        // The parser counts the document's lines; the place counts the file's.
        let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message).to_owned();
        // The template is what a person must know of, not where YAML ends in it.
        if self.text.contains("{{") {
            return Diagnostic::at(self.place(position), Check::Rendering, TEMPLATE.to_owned());
        }
        Diagnostic::at(self.place(position), Check::Syntax, format!("this is not YAML: {message}"))
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
        let document = Document::new(source, 1, 1, String::new());
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

    /// Whether SOPS has encrypted values of it.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.value.get("sops").is_some_and(Value::is_object)
    }

    /// Where the value of a field begins, and the text from there to the end of the line.
    pub(crate) fn text_of(&self, field: &Field) -> (Place, String) {
        self.document.text_of(&self.within.join(field))
    }

    /// The text of a field that is written without quotes on one line.
    pub(crate) fn plain_text(&self, field: &Field) -> Option<String> {
        let (_, rest) = self.text_of(field);
        // A comment may have any of the signs that end an item.
        let rest = rest.split(" #").next().unwrap_or_default();
        let text = rest.split([',', ']', '}']).next().unwrap_or_default().trim();
        (!text.is_empty() && !text.starts_with(['\'', '"', '|', '>', '[', '{', '&', '*', '!'])).then(|| text.to_owned())
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
