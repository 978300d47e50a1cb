//! A position in a file of manifests. No IO.

use std::fmt;

/// A position in a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct LineColumn {
    /// Counts from one.
    pub(crate) line: u64,
    /// Counts from one.
    pub(crate) column: u64,
}

impl LineColumn {
    /// The first character.
    pub(crate) const START: Self = Self { line: 1, column: 1 };
}

/// Where something is written.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Place {
    /// The path as it was given; `-` is standard input.
    pub(crate) file: String,
    /// The number of the document in the file, from one.
    pub(crate) document: u64,
    /// Counts from one.
    pub(crate) line: u64,
    /// Counts from one.
    pub(crate) column: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
