//! Writes the files of an export. What is there already is not overwritten unless asked.

use std::path::{Path, PathBuf};

use crate::cli::export::files::OutputFile;

/// How many files a message names.
const NAMED: usize = 5;

/// Writes the files below a folder.
///
/// # Errors
/// A file exists and `is_forced` is not set: then nothing is written. Or a file cannot be written.
pub(crate) fn write(dir: &Path, files: &[OutputFile], is_forced: bool) -> Result<(), String> {
    let existing: Vec<_> = files.iter().map(|file| dir.join(&file.path)).filter(|path| path.exists()).collect();
    if !existing.is_empty() && !is_forced {
        return Err(refused(&existing));
    }
    files.iter().try_for_each(|file| {
        let path = dir.join(&file.path);
        let parent = path.parent().unwrap_or(dir);
        let written = std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&path, &file.text));
        written.map_err(|error| format!("{} cannot be written: {error}", path.display()))
    })
}

fn refused(existing: &[PathBuf]) -> String {
    let named: Vec<_> = existing.iter().take(NAMED).map(|path| format!("'{}'", path.display())).collect();
    let more = existing.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let verb = if existing.len() == 1 { "exists" } else { "exist" };
    format!(
        "{}{more} {verb} already, and nothing was written: give another --out-dir, or --force to overwrite (changes in these files are lost)",
        named.join(", ")
    )
}
