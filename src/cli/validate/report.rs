//! The result of `validate`. No IO.

use crate::cli::diagnostic::{Diagnostic, Level};

/// What was checked, and the problems that were found.
pub(crate) struct ValidationReport {
    /// Sorted by file, line and column.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// How many manifests of our kinds were checked.
    pub(crate) checked: usize,
    /// How many objects of other kinds were not checked.
    pub(crate) passed_over: usize,
}

impl ValidationReport {
    /// How many problems have this level.
    pub(crate) fn count(&self, level: Level) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.level == level).count()
    }
}
