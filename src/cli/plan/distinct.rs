//! Manifests that mean one object are refused as `validate` refuses them: only the last of them would be applied, or one would wait for
//! the other.

use crate::cli::diagnostic::{Diagnostic, Level};
use crate::cli::manifest_set::ManifestSet;
use crate::cli::manifests::Manifest;
use crate::cli::validate::duplicates;

/// Checks the manifests with each other. What the provider may accept all the same is a warning on stderr.
///
/// # Errors
/// Each manifest that means what an earlier one means.
pub(crate) fn check(manifests: &[Manifest], set: &ManifestSet, namespace: &str) -> Result<(), Vec<Diagnostic>> {
    let ours = manifests.iter().filter(|manifest| manifest.is_of_our_group());
    let found = duplicates::names(ours, namespace).into_iter().chain(duplicates::claims(set));
    let (refused, warnings): (Vec<_>, Vec<_>) = found.partition(|found| found.level == Level::Error);
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
    if refused.is_empty() { Ok(()) } else { Err(refused) }
}
