//! `man`: the manual pages, for whoever packages the command; it stands in no list of subcommands.

use std::io;
use std::path::PathBuf;

use clap::CommandFactory;

use crate::cli::Cli;

/// Flags of `man`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write one page a subcommand into this directory.
    #[arg(long, value_name = "DIR")]
    out_dir: PathBuf,
}

impl Args {
    pub(crate) fn run(&self) -> io::Result<()> {
        std::fs::create_dir_all(&self.out_dir)?;
        clap_mangen::generate_to(Cli::command(), &self.out_dir)
    }
}
