//! `crds`: prints the custom resource definitions, or writes one file a kind.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::api::crds;

/// Flags of `crds`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Write one file a kind into this directory instead of printing.
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(&self) -> io::Result<()> {
        for crd in crds::all()? {
            let yaml = crds::yaml(&crd).map_err(io::Error::other)?;
            match &self.out_dir {
                Some(dir) => write(dir, &crds::file_name(&crd), &yaml)?,
                None => write!(io::stdout(), "---\n{yaml}")?,
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
