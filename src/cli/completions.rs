//! `completions`: what a shell needs to complete commands, flags and values.

use std::io;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;

/// Flags of `completions`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  source <(ping-operator completions bash)
  ping-operator completions zsh > \"${fpath[1]}/_ping-operator\"
  ping-operator completions fish > ~/.config/fish/completions/ping-operator.fish")]
pub(crate) struct Args {
    /// Whose shell.
    shell: Shell,
}

impl Args {
    pub(crate) fn run(&self) -> io::Result<()> {
        crate::cli::print(&script(self.shell))
    }
}

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ping-operator", &mut script);
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_learns_every_flag() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell] {
            let script = String::from_utf8(script(shell)).unwrap();
            for word in ["plan", "prune-from", "export", "token-env", "completions"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
    }
}
