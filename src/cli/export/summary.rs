//! What an export tells on stderr when it has ended. No IO.

use std::fmt::Write;

use crate::cli::export::manifest::Export;

/// One line for each thing that is left out, and how many resources of each kind there are.
pub(crate) fn summary(export: &Export) -> String {
    let mut text = String::new();
    for left_out in &export.left_out {
        let _ = writeln!(text, "left out: {}", left_out.line);
    }
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for manifest in &export.manifests {
        let kind = manifest.kind.as_str();
        match counts.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => counts.push((kind, 1)),
        }
    }
    let counts: Vec<_> = counts.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let _ = writeln!(text, "exported: {}; left out: {}", counts.join(", "), export.left_out.len());
    text
}
