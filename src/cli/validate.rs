//! `validate`: manifests checked without a cluster and without a provider.

pub(crate) mod duplicates;
pub(crate) mod finding;
pub(crate) mod references;
pub(crate) mod show;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;

use crate::cli::manifest_set::ManifestSet;
use crate::cli::manifests::{Fault, Manifest};
use crate::cli::schema::{Definitions, Wrong};
use crate::cli::validate::finding::{Check, Finding, Level};
use crate::cli::{print, wants_colours};

/// Flags of `validate`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ping-operator validate -f manifests/
  kubectl kustomize overlays/production | ping-operator validate -f -
  ping-operator validate -f manifests/ -o sarif > validate.sarif

Checked are our kinds; other objects are passed over, and Secrets among them are used.
Exit code: 0 valid (there may be warnings), 1 invalid, 2 something could not be read.")]
pub(crate) struct Args {
    /// Manifests: files, folders (with what is below them), `-` for standard input. Repeatable.
    #[arg(short, long = "filename", value_name = "PATH", required = true, num_args = 1..)]
    filename: Vec<PathBuf>,
    /// The manifests are a part: Teams and configs that they refer to may be elsewhere.
    #[arg(long)]
    partial: bool,
    /// The namespace of manifests that name none.
    #[arg(short, long, value_name = "NS", default_value = "default")]
    namespace: String,
    /// The form of the output.
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    output: ValidationFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum ValidationFormat {
    Text,
    Json,
    Sarif,
}

/// What was checked, and what is wrong.
pub(crate) struct ValidationReport {
    /// By file, line and column.
    findings: Vec<Finding>,
    checked: usize,
    /// Objects of other kinds.
    passed_over: usize,
}

impl ValidationReport {
    fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }
}

impl Args {
    pub(crate) fn run(&self) -> ExitCode {
        let (all, faults) = crate::cli::manifests::read::read(&self.filename);
        let (unread, malformed): (Vec<_>, Vec<_>) = faults.into_iter().partition(|fault| fault.is_unread);
        for fault in &unread {
            eprintln!("error: {fault}");
        }
        let messages =
            check(&all, malformed, &self.namespace, self.partial).map_err(io::Error::other).and_then(|report| {
                print(self.shown(&report).as_bytes())?;
                Ok(report.count(Level::Error))
            });
        match messages {
            Ok(_) if !unread.is_empty() => ExitCode::from(2),
            Ok(0) => ExitCode::SUCCESS,
            Ok(_) => ExitCode::from(1),
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::from(2)
            }
        }
    }

    fn shown(&self, report: &ValidationReport) -> String {
        let pretty = |value: &serde_json::Value| format!("{value:#}\n");
        match self.output {
            ValidationFormat::Text => show::text(report, wants_colours(&std::io::stdout())),
            ValidationFormat::Json => pretty(&show::json(report)),
            ValidationFormat::Sarif => pretty(&show::sarif(report)),
        }
    }
}

/// Checks each manifest by itself, and those that are well in themselves with each other.
fn check(
    all: &[Manifest],
    malformed: Vec<Fault>,
    namespace: &str,
    is_part: bool,
) -> Result<ValidationReport, serde_json::Error> {
    let definitions = Definitions::new()?;
    // What could not be read may be what others refer to.
    let is_part = is_part || !malformed.is_empty();
    let mut findings: Vec<_> = malformed.into_iter().map(Finding::from).collect();
    let (ours, others): (Vec<_>, Vec<_>) = all.iter().partition(|manifest| definitions.concern(manifest));
    let (mut well, mut unwell) = (Vec::new(), Vec::new());
    for manifest in &ours {
        let wrong = definitions.check(manifest);
        if wrong.is_empty() { &mut well } else { &mut unwell }.push(*manifest);
        let messages = |Wrong { field, message, by_rule }: Wrong| {
            let check = if by_rule { Check::Rule } else { Check::Schema };
            Finding::error(manifest, namespace, check, field, message)
        };
        findings.extend(wrong.into_iter().map(messages));
    }
    findings.extend(duplicates::names(ours.iter().copied(), namespace));
    let (checked, passed_over) = (ours.len(), others.len());
    // One that is not well is still there to be referred to.
    let elsewhere = |name: &str| is_part || unwell.iter().any(|manifest| manifest.name() == name);
    match ManifestSet::of(well.into_iter().chain(others), namespace) {
        Ok(set) => {
            findings.extend(references::check(&set, &elsewhere));
            findings.extend(duplicates::claims(&set));
        }
        Err(faults) => {
            let messages = |fault| Finding { check: Check::Schema, ..Finding::from(fault) };
            findings.extend(faults.into_iter().map(messages));
        }
    }
    findings.sort();
    Ok(ValidationReport { findings, checked, passed_over })
}
