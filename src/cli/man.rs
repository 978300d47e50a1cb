//! `man`: the manual pages, for packagers. `--help` does not list it.

use std::io;
use std::path::PathBuf;

use clap::Command;

/// Flags of `man`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write one page for each subcommand into this directory.
    #[arg(long, value_name = "DIR")]
    out_dir: PathBuf,
}

impl Args {
    /// Writes the pages of the whole command line `command`.
    pub(crate) fn run(&self, command: Command) -> io::Result<()> {
        std::fs::create_dir_all(&self.out_dir)?;
        clap_mangen::generate_to(command, &self.out_dir)
    }
}
