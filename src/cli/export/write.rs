//! Writes the files of an export. What is there already is not overwritten unless asked.

use std::fs::File;
use std::io;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::api::provider_config::Provider;
use crate::cli::export::beside::beside;
use crate::cli::export::files::OutputFile;

/// How many files a message names.
const NAMED: usize = 5;

/// Writes the files below a folder; returns the files beside them that have resources of the same provider.
///
/// # Errors
/// A file exists, or one is beside the others, and `is_forced` is not set: then nothing is written. Or a file cannot be
/// written: the error names those that were written before.
pub(crate) fn write(
    dir: &Path,
    files: &[OutputFile],
    provider: Provider,
    is_forced: bool,
) -> Result<Vec<PathBuf>, String> {
    let paths: Vec<_> = files.iter().map(|file| dir.join(&file.path)).collect();
    // A link to nowhere is there, too: what is written through it is elsewhere.
    let existing: Vec<_> = paths.iter().filter(|path| path.symlink_metadata().is_ok()).collect();
    if !existing.is_empty() && !is_forced {
        return Err(refused(&existing));
    }
    let beside: Vec<_> = beside(dir, &paths, provider).into_iter().collect();
    if !beside.is_empty() && !is_forced {
        return Err(doubled(&beside, provider));
    }
    for (at, (path, file)) in paths.iter().zip(files).enumerate() {
        write_file(path, &file.text, is_forced).map_err(|error| {
            let written: Vec<_> = paths.iter().take(at).collect();
            let before = if at == 0 { String::new() } else { format!("; written before: {}", named(&written)) };
            format!("{} cannot be written: {error}{before}", path.display())
        })?;
    }
    Ok(beside)
}

/// Writes a file, which must be new unless forced: it may have come since the folder was looked through.
fn write_file(path: &Path, text: &str, is_forced: bool) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut file = if is_forced { File::create(path) } else { File::create_new(path) }?;
    file.write_all(text.as_bytes())
}

fn refused(existing: &[&PathBuf]) -> String {
    let verb = if existing.len() == 1 { "exists" } else { "exist" };
    format!(
        "{} {verb} already, and nothing was written: give another --out-dir, or --force to overwrite (changes in these files are lost)",
        named(existing)
    )
}

fn doubled(beside: &[PathBuf], provider: Provider) -> String {
    format!(
        "{}, and nothing was written: move what is there away, give another --out-dir, or --force to keep both",
        told_beside(beside, provider)
    )
}

/// What is to know of files beside those of an export.
pub(crate) fn told_beside(beside: &[PathBuf], provider: Provider) -> String {
    let paths: Vec<_> = beside.iter().collect();
    let (has, is) = if beside.len() == 1 { ("has", "is") } else { ("have", "are") };
    format!(
        "{} {has} resources of {}, too, and {is} not written by this export: two resources for one object are a conflict",
        named(&paths),
        provider.name()
    )
}

/// The first paths, and how many more there are.
fn named(paths: &[&PathBuf]) -> String {
    let named: Vec<_> = paths.iter().take(NAMED).map(|path| format!("'{}'", path.display())).collect();
    let more = paths.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", named.join(", "))
}
