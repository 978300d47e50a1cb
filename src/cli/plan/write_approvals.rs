//! `--write-approvals`: the approvals that a plan needs, as patches that can be merged with the change.
//!
//! Each is a file with nothing but the annotation, for `kubectl apply --server-side` and `kubectl patch`: one for each resource, or one for
//! each config, with the hashes of all its resources. A Kustomize component names those of what stays. Files of an earlier plan go.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::api::GROUP;
use crate::api::annotations::APPROVED_PLAN;
use crate::cli::plan::report::{PlanReport, PlannedObject};

/// The first line of each file; only files that begin with it are overwritten or removed.
const HEADER: &str = "# written by ping-operator plan --write-approvals\n";
const COMPONENT: &str = "kustomization.yaml";

/// Flags of `plan` about approvals.
#[derive(clap::Args)]
pub(crate) struct ApprovalArgs {
    /// Write the approvals that the plan needs into this folder, as patches to merge with the change (a Kustomize component).
    #[arg(long, value_name = "DIR")]
    write_approvals: Option<PathBuf>,
    /// With --write-approvals, write one patch for each config instead, with the hashes of all its resources.
    #[arg(long, requires = "write_approvals")]
    approve_on_config: bool,
}

impl ApprovalArgs {
    /// Writes the approvals of a plan, if that is wanted.
    ///
    /// # Errors
    /// One sentence: a file cannot be written, or is not one of ours.
    pub(crate) fn write(&self, report: &PlanReport) -> Result<(), String> {
        let on = if self.approve_on_config { ApproveOn::Configs } else { ApproveOn::Resources };
        self.write_approvals.as_ref().map_or(Ok(()), |folder| write(report, folder, on))
    }
}

/// On what a plan is approved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ApproveOn {
    /// On each resource.
    Resources,
    /// On the config that the resources use.
    Configs,
}

/// The resource or config that approves.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
struct Approver {
    kind: String,
    namespace: String,
    name: String,
}

/// The approvals of one resource or config.
#[derive(Default)]
struct Approved<'a> {
    hashes: BTreeSet<&'a str>,
    /// Whether it is deleted, and so in no build any more: nothing can be patched there.
    is_deleted: bool,
}

/// What is approved, by the resource or config on which it is.
type Approvals<'a> = BTreeMap<Approver, Approved<'a>>;

/// Writes the approvals of a plan into a folder, which is created.
///
/// # Errors
/// One sentence: a file cannot be written, or is not one of ours.
pub(crate) fn write(report: &PlanReport, folder: &Path, on: ApproveOn) -> Result<(), String> {
    let about = |path: &Path, error: io::Error| format!("--write-approvals: {}: {error}", path.display());
    fs::create_dir_all(folder).map_err(|error| about(folder, error))?;
    let files = files(report, on);
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
fn files(report: &PlanReport, on: ApproveOn) -> BTreeMap<String, String> {
    let (mut approvals, mut all) = (Approvals::new(), BTreeSet::new());
    for object in &report.objects {
        let PlannedObject { kind, namespace, name, is_deleted, config, approval, .. } = object;
        let (kind, namespace, name, is_deleted) = match on {
            ApproveOn::Resources => (kind.clone(), namespace, name, *is_deleted),
            ApproveOn::Configs => (config.kind.to_string(), &config.namespace, &config.name, false),
        };
        all.insert((kind.clone(), namespace, name));
        if approval.is_asked {
            let target = Approver { kind, namespace: namespace.clone(), name: name.clone() };
            let approved = approvals.entry(target).or_default();
            approved.hashes.insert(&approval.hash);
            approved.is_deleted = is_deleted;
        }
    }
    let is_namesake = |target: &Approver| {
        all.iter().filter(|(kind, _, name)| (kind, *name) == (&target.kind, &target.name)).count() > 1
    };
    let mut files: BTreeMap<_, _> =
        approvals.iter().map(|(target, approved)| (name_of(target), patch(target, approved))).collect();
    files.insert(COMPONENT.to_owned(), component(&approvals, is_namesake));
    files
}

fn name_of(Approver { kind, namespace, name }: &Approver) -> String {
    let parts = [&kind.to_lowercase(), namespace, name];
    let parts: Vec<_> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    format!("{}.yaml", parts.join("-"))
}

fn patch(Approver { kind, namespace, name }: &Approver, approved: &Approved) -> String {
    let namespace = if namespace.is_empty() { String::new() } else { format!("  namespace: {namespace}\n") };
    let hashes: Vec<_> = approved.hashes.iter().copied().collect();
    let value =
        if let [hash] = hashes[..] { hash.to_owned() } else { format!(">-\n      {}", hashes.join("\n      ")) };
    format!(
        "{HEADER}apiVersion: {GROUP}/v1alpha1\nkind: {kind}\nmetadata:\n{namespace}  name: {name}\n  annotations:\n    \
         {APPROVED_PLAN}: {value}\n"
    )
}

/// The component. A build may give resources their namespace only later: a patch says it only where another one of its kind has its name
/// (`is_namesake`).
fn component(approvals: &Approvals, is_namesake: impl Fn(&Approver) -> bool) -> String {
    let mut text = format!("{HEADER}apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:");
    let stay: Vec<_> =
        approvals.iter().filter(|(_, approved)| !approved.is_deleted).map(|(target, _)| target).collect();
    if stay.is_empty() {
        text.push_str(" []\n");
        return text;
    }
    text.push('\n');
    for target in &stay {
        let Approver { kind, namespace, name } = *target;
        let which = if is_namesake(target) { format!(", namespace: {namespace}") } else { String::new() };
        // Writing into a string cannot fail.
        let _ = writeln!(text, "- path: {}", name_of(target));
        let _ = writeln!(text, "  target: {{group: {GROUP}, kind: {kind}, name: {}{which}}}", quoted(name));
    }
    text
}

/// A name as the pattern that a target is.
fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('.', "\\."))
}
