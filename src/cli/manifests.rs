//! Manifests as people keep them: objects, each with the place where it and its fields are written. No IO but in `read`.

pub(crate) mod field;
pub(crate) mod read;
pub(crate) mod spans;

use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cli::manifests::field::Field;
use crate::cli::manifests::spans::Spans;

/// Where something is written.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Place {
    pub(crate) file: String,
    /// From one.
    pub(crate) line: u64,
    /// From one.
    pub(crate) column: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Something that is wrong with a manifest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Fault {
    pub(crate) place: Place,
    pub(crate) message: String,
    /// Nothing could be read at all: a file that is missing, or forbidden.
    pub(crate) is_unread: bool,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// One document of a file.
#[derive(Debug)]
struct Document {
    file: String,
    /// The file's line that its first line is.
    line: u64,
    text: String,
    /// Read when somebody asks: most manifests have nothing wrong.
    spans: OnceCell<Spans>,
}

impl Document {
    /// Where a field of the document is written, or what holds it.
    fn locate(&self, field: &Field) -> Place {
        let (line, column) = self.spans.get_or_init(|| Spans::read(&self.text)).of(field);
        self.place(line, column)
    }

    /// A place of its own lines, which count from one.
    fn place(&self, line: u64, column: u64) -> Place {
        Place { file: self.file.clone(), line: self.line + line.saturating_sub(1), column }
    }

    /// An error in it.
    fn fault(&self, error: &serde_saphyr::Error) -> Fault {
        let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
        let message = error.without_snippet().to_string();
        let message = message.lines().next().unwrap_or_default();
        // It counts the document's lines; the place counts the file's.
        let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message).to_owned();
        Fault { place: self.place(line, column), message, is_unread: false }
    }
}

/// One object.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) place: Place,
    pub(crate) value: Value,
    document: Rc<Document>,
    /// Where in the document it is: nothing, or an item of a `List`.
    within: Field,
}

impl Manifest {
    /// `apiVersion` and `kind`.
    pub(crate) fn kind(&self) -> (&str, &str) {
        let word = |field: &str| self.value.get(field).and_then(Value::as_str).unwrap_or_default();
        (word("apiVersion"), word("kind"))
    }

    /// `metadata.name`.
    pub(crate) fn name(&self) -> &str {
        self.value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
    }

    /// Where a field is written; of a field that is not there, what should hold it.
    pub(crate) fn locate(&self, field: &Field) -> Place {
        self.document.locate(&self.within.join(field))
    }

    /// The object as its type.
    ///
    /// # Errors
    /// What does not fit, and where it is written.
    pub(crate) fn typed<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        if self.within == Field::default() {
            return serde_saphyr::from_str(&self.document.text).map_err(|error| self.document.fault(&error));
        }
        let fault = |error: serde_json::Error| Fault {
            place: self.place.clone(),
            message: error.to_string(),
            is_unread: false,
        };
        serde_json::from_value(self.value.clone()).map_err(fault)
    }
}
