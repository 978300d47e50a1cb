//! The command line: one file for each subcommand. Data goes to stdout, everything else to stderr.

pub(crate) mod cluster;
pub(crate) mod completions;
pub(crate) mod crds;
pub(crate) mod diagnostic;
pub(crate) mod export;
pub(crate) mod kubectl;
pub(crate) mod man;
pub(crate) mod manifest_set;
pub(crate) mod manifests;
pub(crate) mod network;
pub(crate) mod output;
pub(crate) mod plan;
pub(crate) mod reader;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod validate;
pub(crate) mod values;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::cli::kubectl::CalledAs;

/// Kubernetes operator that keeps Pinghome and NodePing accounts in the state that custom resources describe.
#[derive(Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the operator in a cluster, or outside of it with KUBECONFIG.
    Run(Box<run::Args>),
    /// Print every provider call that applying manifests would cause; needs no cluster, reads only.
    Plan(Box<plan::Args>),
    /// Check manifests without a cluster or a provider: schemas, CEL rules, references, duplicates.
    Validate(validate::Args),
    /// Write the objects of an account as manifests; reads only.
    Export(Box<export::Args>),
    /// What is wrong in a cluster and what to do, and requests to the operator: the same as `kubectl ping`.
    Kubectl(Box<kubectl::Args>),
    /// Print the custom resource definitions (CRDs), or write them to files.
    Crds(crds::Args),
    /// Print a shell completion script.
    Completions(completions::Args),
    /// Write the manual pages.
    #[command(hide = true)]
    Man(man::Args),
}

impl Cli {
    /// Parses the arguments of this process and runs the subcommand.
    pub fn main() -> ExitCode {
        match CalledAs::of(std::env::args_os().next().as_deref()) {
            CalledAs::Plugin => return kubectl::Plugin::parse().args.run(),
            CalledAs::Completion => return kubectl::complete(std::env::args_os().skip(1)),
            CalledAs::Operator => {}
        }
        match Self::try_parse() {
            Ok(cli) => cli.run(),
            Err(told) => {
                // Nobody can be told that nothing can be printed.
                let _ = told.print();
                // With that flag 2 means changes.
                let is_detailed = std::env::args_os().any(|arg| arg == "--detailed-exitcode");
                match (told.exit_code(), is_detailed) {
                    (0, _) => ExitCode::SUCCESS,
                    (_, true) => ExitCode::FAILURE,
                    (_, false) => ExitCode::from(2),
                }
            }
        }
    }

    /// Runs the subcommand. Errors go to stderr with exit code 2.
    fn run(self) -> ExitCode {
        let result = match self.command {
            Command::Run(args) => args.run(),
            Command::Plan(args) => return args.run(),
            Command::Validate(args) => return args.run(),
            Command::Export(args) => args.run(),
            Command::Kubectl(args) => return args.run(),
            Command::Crds(args) => args.run().map_err(|error| error.to_string()),
            Command::Completions(args) => args.run(&mut Self::command()).map_err(|error| error.to_string()),
            Command::Man(args) => args.run(Self::command()).map_err(|error| error.to_string()),
        };
        match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => {
                eprintln!("error: {message}");
                ExitCode::from(2)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap_complete::Shell;

    use super::*;

    #[test]
    fn every_shell_learns_every_flag() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell] {
            let script = String::from_utf8(completions::script(shell, &mut Cli::command())).unwrap();
            for word in ["plan", "prune-from", "export", "token-env", "completions"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
    }
}
