//! `--write-approvals`: the approvals that a plan needs, as patches that can be merged with the change.
//!
//! Each is a file with nothing but the annotation, for `kubectl apply --server-side` and `kubectl patch`; a Kustomize component names
//! those of the resources that stay. Files of an earlier plan go.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use crate::api::GROUP;
use crate::api::annotations::APPROVED_PLAN;
use crate::cli::plan::report::{PlanReport, PlannedObject};

/// The first line of each file; only files that begin with it are overwritten or removed.
const HEADER: &str = "# written by ping-operator plan --write-approvals\n";
const COMPONENT: &str = "kustomization.yaml";

/// Writes the approvals of a plan into a folder, which is created.
///
/// # Errors
/// One sentence: a file cannot be written, or is not one of ours.
pub(crate) fn write(report: &PlanReport, folder: &Path) -> Result<(), String> {
    let about = |path: &Path, error: io::Error| format!("--write-approvals: {}: {error}", path.display());
    fs::create_dir_all(folder).map_err(|error| about(folder, error))?;
    let files = files(report);
    for entry in fs::read_dir(folder).map_err(|error| about(folder, error))? {
        let path = entry.map_err(|error| about(folder, error))?.path();
        let is_wanted = path.file_name().is_some_and(|name| files.contains_key(name.to_string_lossy().as_ref()));
        match fs::read_to_string(&path) {
            Ok(text) if text.starts_with(HEADER) => fs::remove_file(&path).map_err(|error| about(&path, error))?,
            _ if is_wanted => return Err(format!("--write-approvals: {} is another file: move it", path.display())),
            _ => {}
        }
    }
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| about(&path, error))?;
    }
    Ok(())
}

/// The files by their names.
fn files(report: &PlanReport) -> BTreeMap<String, String> {
    let asked: Vec<_> = report.objects.iter().filter(|object| object.approval.is_asked).collect();
    let mut files: BTreeMap<_, _> = asked.iter().map(|object| (name_of(object), patch(object))).collect();
    files.insert(COMPONENT.to_owned(), component(&asked));
    files
}

fn name_of(PlannedObject { kind, namespace, name, .. }: &PlannedObject) -> String {
    format!("{}-{namespace}-{name}.yaml", kind.to_lowercase())
}

fn patch(PlannedObject { kind, namespace, name, approval, .. }: &PlannedObject) -> String {
    let hash = &approval.hash;
    format!(
        "{HEADER}apiVersion: {GROUP}/v1alpha1\nkind: {kind}\nmetadata:\n  namespace: {namespace}\n  name: {name}\n  annotations:\n    \
         {APPROVED_PLAN}: {hash}\n"
    )
}

/// The component. What is deleted is in no build any more, so nothing can be patched there. A build may give resources their namespace
/// only later: it is named where the name alone does not say which one is meant.
fn component(asked: &[&PlannedObject]) -> String {
    let mut text = format!("{HEADER}apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:");
    let stay: Vec<_> = asked.iter().filter(|object| !object.is_deleted).collect();
    if stay.is_empty() {
        text.push_str(" []\n");
        return text;
    }
    text.push('\n');
    for object in &stay {
        let PlannedObject { kind, namespace, name, .. } = object;
        let is_namesake = |other: &&&&PlannedObject| (&other.kind, &other.name) == (kind, name);
        let which = if stay.iter().filter(is_namesake).count() > 1 {
            format!(", namespace: {namespace}")
        } else {
            String::new()
        };
        // Writing into a string cannot fail.
        let _ = writeln!(text, "- path: {}", name_of(object));
        let _ = writeln!(text, "  target: {{group: {GROUP}, kind: {kind}, name: {}{which}}}", quoted(name));
    }
    text
}

/// A name as the pattern that a target is.
fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('.', "\\."))
}
