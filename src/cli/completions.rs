//! `completions`: a script with which a shell completes commands, flags and values.

use std::io;

use clap::Command;
use clap_complete::Shell;

use crate::cli::output::print;

/// Flags of `completions`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  source <(ping-operator completions bash)
  ping-operator completions zsh > \"${fpath[1]}/_ping-operator\"
  ping-operator completions fish > ~/.config/fish/completions/ping-operator.fish")]
pub(crate) struct Args {
    /// Shell that the script is for.
    shell: Shell,
}

impl Args {
    /// Prints the script for the whole command line `command`.
    pub(crate) fn run(&self, command: &mut Command) -> io::Result<()> {
        print(&script(self.shell, command))
    }
}

/// The script for one shell.
pub(crate) fn script(shell: Shell, command: &mut Command) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, command, "ping-operator", &mut script);
    script
}
