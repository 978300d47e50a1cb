//! `crds`: prints the custom resource definitions, or writes one file for each kind; and JSON Schemas for editors.

use std::io;
use std::path::{Path, PathBuf};

use crate::api::crds;
use crate::cli::output::print;

/// Flags of `crds`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ping-operator crds | kubectl apply --server-side -f -
  ping-operator crds --out-dir crds --schemas-dir schemas")]
pub(crate) struct Args {
    /// Write one file for each kind into this directory instead of printing.
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
    /// Write one JSON Schema for each kind into this directory, for editors.
    #[arg(long, value_name = "DIR")]
    schemas_dir: Option<PathBuf>,
}

impl Args {
    /// Prints or writes the definitions.
    pub(crate) fn run(&self) -> io::Result<()> {
        for crd in crds::all()? {
            let yaml = crds::yaml(&crd).map_err(io::Error::other)?;
            match (&self.out_dir, &self.schemas_dir) {
                (None, None) => print(format!("---\n{yaml}").as_bytes())?,
                (Some(dir), _) => write(dir, &crds::file_name(&crd), &yaml)?,
                (None, Some(_)) => {}
            }
            if let Some(dir) = &self.schemas_dir {
                let schema = serde_json::to_string_pretty(&crate::api::crds::schema::schema(&crd)?)?;
                write(dir, &crate::api::crds::schema::schema_name(&crd), &(schema + "\n"))?;
            }
        }
        Ok(())
    }
}

fn write(dir: &Path, name: &str, yaml: &str) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    let path = dir.join(name);
    std::fs::write(&path, yaml).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
