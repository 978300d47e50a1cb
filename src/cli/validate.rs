//! `validate`: checks manifests without a cluster and without a provider.

pub(crate) mod duplicates;
pub(crate) mod labels;
pub(crate) mod references;
pub(crate) mod report;
pub(crate) mod scalars;
pub(crate) mod show;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;

use crate::cli::diagnostic::{Check, Diagnostic, Level};
use crate::cli::manifest_set::ManifestSet;
use crate::cli::manifests::Manifest;
use crate::cli::output::{print, wants_colours};
use crate::cli::schema::Definitions;
use crate::cli::validate::report::ValidationReport;

/// Flags of `validate`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ping-operator validate -f manifests/
  kubectl kustomize overlays/production | ping-operator validate -f -
  ping-operator validate -f manifests/ -o sarif > validate.sarif

Only the kinds of this operator are checked. Other objects are skipped; Secrets are used to check references.
Exit code: 0 valid, possibly with warnings; 1 invalid; 2 a file cannot be read, or there is nothing in the input.")]
pub(crate) struct Args {
    /// Manifests: a file, a folder with its subfolders, or `-` for standard input. Repeatable.
    #[arg(short, long = "filename", value_name = "PATH", required = true, num_args = 1..)]
    filename: Vec<PathBuf>,
    /// Accept references to Teams and configs that are not among the manifests.
    #[arg(long)]
    partial: bool,
    /// Namespace of manifests that set none.
    #[arg(short, long, value_name = "NS", default_value = "default")]
    namespace: String,
    /// Accept an input without any object.
    #[arg(long)]
    allow_empty: bool,
    /// Output format.
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: ValidationFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum ValidationFormat {
    Text,
    Json,
    Sarif,
}

impl Args {
    /// Checks the manifests and prints the report; returns the exit code of the command.
    pub(crate) fn run(&self) -> ExitCode {
        let (all, problems) = crate::cli::manifests::read::read(&self.filename);
        let is_unreadable = |problem: &Diagnostic| problem.check == Check::Unreadable;
        let (unreadable, malformed): (Vec<_>, Vec<_>) = problems.into_iter().partition(is_unreadable);
        for file in &unreadable {
            eprintln!("error: {file}");
        }
        if unreadable.is_empty() && is_without_object(&all, &malformed) && !self.allow_empty {
            for warning in &malformed {
                eprintln!("warning: {warning}");
            }
            let names: Vec<_> = self.filename.iter().map(|path| path.display().to_string()).collect();
            eprintln!("error: there is no object in {}: if that is right, give --allow-empty", names.join(", "));
            return ExitCode::from(2);
        }
        let errors =
            check(&all, malformed, &self.namespace, self.partial).map_err(io::Error::other).and_then(|report| {
                print(self.format(&report).as_bytes())?;
                Ok(report.count(Level::Error))
            });
        match errors {
            Ok(_) if !unreadable.is_empty() => ExitCode::from(2),
            Ok(0) => ExitCode::SUCCESS,
            Ok(_) => ExitCode::from(1),
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::from(2)
            }
        }
    }

    fn format(&self, report: &ValidationReport) -> String {
        let pretty = |value: &serde_json::Value| format!("{value:#}\n");
        match self.output {
            ValidationFormat::Text => show::text(report, wants_colours(&io::stdout())),
            ValidationFormat::Json => pretty(&show::json(report)),
            ValidationFormat::Sarif => pretty(&show::sarif(report)),
        }
    }
}

/// Whether there is nothing to check, and nothing that an object may be in.
fn is_without_object(all: &[Manifest], problems: &[Diagnostic]) -> bool {
    // A warning, such as that of a chart whose templates are left out, is no object.
    all.is_empty() && problems.iter().all(|found| found.level == Level::Warning)
}

/// Checks each manifest, and then the valid ones with each other.
fn check(
    all: &[Manifest],
    malformed: Vec<Diagnostic>,
    namespace: &str,
    is_part: bool,
) -> Result<ValidationReport, serde_json::Error> {
    let definitions = Definitions::new()?;
    // A malformed document may be the one that others refer to, and so may what a tool renders.
    let is_part = is_part || !malformed.is_empty();
    // A tool may give two of one name their own namespaces, and one account to each.
    let is_rendered = malformed.iter().any(|found| found.check == Check::Rendering && found.level == Level::Warning);
    let mut diagnostics = malformed;
    let (ours, others): (Vec<_>, Vec<_>) = all.iter().partition(|manifest| definitions.applies_to(manifest));
    let (mut valid, mut invalid) = (Vec::new(), Vec::new());
    for manifest in &ours {
        let refused = definitions.check(manifest, namespace).into_iter().map(unless_rendered);
        let refused: Vec<_> = refused.collect();
        diagnostics.extend(scalars::check(manifest, namespace));
        diagnostics.extend(labels::check(manifest, namespace));
        if refused.is_empty() {
            valid.push(definitions.pruned(manifest));
        } else {
            invalid.push(*manifest);
        }
        diagnostics.extend(refused);
    }
    let mut doubled = duplicates::names(ours.iter().copied(), namespace);
    let (checked, passed_over) = (ours.len(), others.len());
    // Others may refer to an invalid manifest.
    let elsewhere = |name: &str| is_part || invalid.iter().any(|manifest| manifest.name() == name);
    match ManifestSet::of(valid.iter().chain(others), namespace) {
        Ok(set) => {
            diagnostics.extend(references::check(&set, &elsewhere));
            doubled.extend(duplicates::claims(&set));
        }
        Err(refused) => diagnostics.extend(refused),
    }
    diagnostics.extend(doubled.into_iter().map(|found| if is_rendered { found.warning() } else { found }));
    diagnostics.sort();
    Ok(ValidationReport { diagnostics, checked, passed_over })
}

/// What must be rendered first may be right.
fn unless_rendered(found: Diagnostic) -> Diagnostic {
    if found.check == Check::Rendering { found.warning() } else { found }
}
