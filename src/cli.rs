//! The command line: one file a subcommand. Data on stdout, everything else on stderr.

mod completions;
mod crds;
mod export;
mod manifests;
mod plan;
mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Kubernetes operator that keeps Pinghome and NodePing accounts as they are written in Git.
#[derive(Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the operator, in a cluster or by KUBECONFIG.
    Run(Box<run::Args>),
    /// Print every call that applying manifests would cause; needs no cluster, reads only.
    Plan(Box<plan::Args>),
    /// Write an account's objects as manifests; reads only.
    Export(Box<export::Args>),
    /// Print the custom resource definitions, or write them to files.
    Crds(crds::Args),
    /// Print a script that lets a shell complete this command.
    Completions(completions::Args),
}

impl Cli {
    /// Runs the subcommand; errors go to stderr with exit code 2.
    pub fn run(self) -> ExitCode {
        let result = match self.command {
            Command::Run(args) => args.run(),
            Command::Plan(args) => return args.run(),
            Command::Export(args) => args.run(),
            Command::Crds(args) => args.run().map_err(|error| error.to_string()),
            Command::Completions(args) => args.run().map_err(|error| error.to_string()),
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
