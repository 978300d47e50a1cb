//! The files that the checks look at: path and text.

use std::fs;
use std::path::{Path, PathBuf};

/// One Rust file of the repository.
#[derive(Clone)]
pub(crate) struct SourceFile {
    /// The path from the repository's root, with `/` between its parts: `src/plan/step.rs`.
    pub(crate) path: String,
    /// What the file holds.
    pub(crate) text: String,
}

impl SourceFile {
    /// The module that the file is: `["plan", "step"]`; empty for `src/lib.rs`. `src/main.rs` counts as a module `main`.
    pub(crate) fn module(&self) -> Vec<String> {
        let inner = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        if inner == "lib" { Vec::new() } else { inner.split('/').map(str::to_owned).collect() }
    }

    /// Whether the file belongs to the crate, not to its integration tests or benches.
    pub(crate) fn is_in_crate(&self) -> bool {
        self.path.starts_with("src/")
    }
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Every Rust file of the repository, sorted by path.
pub(crate) fn read_all() -> Vec<SourceFile> {
    let mut files = Vec::new();
    for dir in ["src", "tests", "benches"] {
        read_below(&root().join(dir), &mut files);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn read_below(dir: &Path, files: &mut Vec<SourceFile>) {
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            read_below(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let inner = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            files.push(SourceFile { path: inner, text: fs::read_to_string(&path).unwrap() });
        }
    }
}
