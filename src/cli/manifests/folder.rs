//! The files that a path means: a file, standard input, or all in and below a folder.

use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use crate::cli::diagnostic::{Check, Diagnostic};

/// The endings of the files that are read in a folder.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];
/// The file that makes a folder one of Kustomize.
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// The file that makes a folder a Helm chart.
const CHART: &str = "Chart.yaml";
/// The fields of a kustomization that name files which are no manifests.
const NO_MANIFESTS: [&str; 8] = [
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "replacements",
    "configurations",
    "transformers",
    "generators",
    "validators",
];

/// One file.
pub(crate) struct SourceFile {
    /// The path; `-` is standard input.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

/// The files of a path.
pub(crate) struct Contents {
    /// What could be read.
    pub(crate) files: Vec<SourceFile>,
    /// What could not, and folders of which only a tool knows what is applied.
    pub(crate) problems: Vec<Diagnostic>,
}

/// The files of a path. What cannot be read is named, and the rest is read.
pub(crate) fn contents(path: &Path) -> Contents {
    let mut walk = Walk::default();
    walk.enter(path);
    let Walk { found, skipped, mut problems } = walk;
    let mut files = Vec::new();
    // A kustomization may name what was found before it: the whole tree is known only now.
    for path in found.iter().filter(|path| !resolved(path).ancestors().any(|part| skipped.contains(part))) {
        match text(path) {
            Ok(text) => files.push(SourceFile { path: path.display().to_string(), text }),
            Err(error) => problems.push(unreadable(path, &error)),
        }
    }
    Contents { files, problems }
}

fn text(path: &Path) -> io::Result<String> {
    if is_standard_input(path) { io::read_to_string(io::stdin()) } else { std::fs::read_to_string(path) }
}

fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::unreadable(path.display().to_string(), format!("cannot be read: {}", words(error)))
}

/// A path without `.` and, where a name stands before it, `..`.
fn resolved(path: &Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for part in path.components() {
        let is_name = matches!(resolved.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::CurDir => {}
            Component::ParentDir if is_name => {
                resolved.pop();
            }
            Component::ParentDir | Component::Normal(_) | Component::RootDir | Component::Prefix(_) => {
                resolved.push(part);
            }
        }
    }
    resolved
}

/// What is found in and below a folder.
#[derive(Default)]
struct Walk {
    /// The files, by their endings.
    found: Vec<PathBuf>,
    /// Files and folders that are no manifests, at any depth.
    skipped: BTreeSet<PathBuf>,
    problems: Vec<Diagnostic>,
}

impl Walk {
    fn enter(&mut self, path: &Path) {
        if is_standard_input(path) || !path.is_dir() {
            self.found.push(path.to_owned());
        } else if let Err(error) = self.enter_folder(path) {
            self.problems.push(unreadable(path, &error));
        }
    }

    fn enter_folder(&mut self, folder: &Path) -> io::Result<()> {
        let mut entries: Vec<_> =
            std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        entries.sort();
        let no_manifests = self.told_of_tool(folder);
        self.skipped.extend(no_manifests.iter().map(|path| resolved(path)));
        let is_manifest = |path: &PathBuf| {
            let ending = path.extension().and_then(|ending| ending.to_str());
            path.is_dir() || ending.is_some_and(|ending| ENDINGS.contains(&ending))
        };
        entries.iter().filter(|path| is_manifest(path)).for_each(|path| self.enter(path));
        Ok(())
    }

    /// Warns of a folder that a tool renders; returns what the tool reads and is no manifest.
    fn told_of_tool(&mut self, folder: &Path) -> Vec<PathBuf> {
        let chart = folder.join(CHART);
        if chart.is_file() {
            let message = format!(
                "the folder is a Helm chart, of which only the result can be checked: `helm template {} | ping-operator validate -f -`",
                folder.display()
            );
            self.problems.push(Diagnostic::of_file(chart.display().to_string(), Check::Rendering, message).warning());
            return [chart, folder.join("templates"), folder.join("values.yaml")].into();
        }
        let Some(file) = KUSTOMIZATIONS.iter().map(|name| folder.join(name)).find(|path| path.is_file()) else {
            return Vec::new();
        };
        let message = format!(
            "the folder is built with Kustomize, and what is applied is known only then: `kubectl kustomize {} | ping-operator validate -f -` \
             checks it; here the plain manifests are checked as they are, without patches, as a part",
            folder.display()
        );
        self.problems.push(Diagnostic::of_file(file.display().to_string(), Check::Rendering, message).warning());
        // What is no YAML is told of when Kustomize reads it.
        let parsed = std::fs::read_to_string(&file).ok().and_then(|text| serde_saphyr::from_str::<Value>(&text).ok());
        let named = parsed.as_ref().map(no_manifests).unwrap_or_default();
        named.iter().map(|name| folder.join(name)).chain([file]).collect()
    }
}

/// The files that a kustomization names and that are no manifests.
fn no_manifests(kustomization: &Value) -> Vec<&str> {
    let entries = NO_MANIFESTS.iter().filter_map(|field| kustomization.get(field)?.as_array()).flatten();
    entries.filter_map(|entry| entry.as_str().or_else(|| entry.get("path")?.as_str())).collect()
}

/// Why a file cannot be read.
fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "access is denied".to_owned(),
        io::ErrorKind::InvalidData => "it is not text in UTF-8".to_owned(),
        _ => error.to_string(),
    }
}
