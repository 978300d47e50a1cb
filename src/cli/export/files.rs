//! Which file an exported resource is written to, and the text of each file. No IO.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::api::provider_config::Provider;
use crate::cli::export::manifest::{AccountPart, Export, ExportedManifest, comment};

/// What has a file of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Split {
    /// Each kind: `PROVIDER-PLURAL.yaml`.
    Kind,
    /// Each team, with its services and channels: `teams/NAME.yaml`. Everything else is in `PROVIDER.yaml`.
    Team,
    /// Nothing: everything is in `PROVIDER.yaml`.
    None,
}

/// A file to write.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct OutputFile {
    /// Below the folder of the export.
    pub(crate) path: PathBuf,
    /// Manifests, each a document.
    pub(crate) text: String,
}

/// The files of an export, by path. Exports of both providers have no path in common. A file begins with what it leaves out.
///
/// # Errors
/// Only if a manifest cannot be written as YAML.
pub(crate) fn files(
    export: &Export,
    split: Split,
    provider: Provider,
    namespace: Option<&str>,
) -> Result<Vec<OutputFile>, String> {
    let main = provider.name().to_lowercase();
    let mut texts: BTreeMap<PathBuf, String> = BTreeMap::new();
    for left_out in &export.left_out {
        let path = match split {
            Split::Team => file_of_part(&main, &left_out.part),
            Split::Kind | Split::None => format!("{main}.yaml").into(),
        };
        texts.entry(path).or_default().push_str(&comment(&format!("Not exported: {}.", left_out.line)));
    }
    for manifest in &export.manifests {
        let text = texts.entry(path(&main, split, manifest)).or_default();
        text.push_str(&manifest.document(namespace)?);
    }
    Ok(texts.into_iter().map(|(path, text)| OutputFile { path, text }).collect())
}

fn path(main: &str, split: Split, manifest: &ExportedManifest) -> PathBuf {
    match split {
        Split::Kind => format!("{main}-{}.yaml", manifest.kind.plural()).into(),
        Split::Team => file_of_part(main, &manifest.part),
        Split::None => format!("{main}.yaml").into(),
    }
}

fn file_of_part(main: &str, part: &AccountPart) -> PathBuf {
    match part {
        AccountPart::Account => format!("{main}.yaml").into(),
        AccountPart::Team(name) => format!("teams/{name}.yaml").into(),
    }
}
