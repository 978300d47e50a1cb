//! The command line: one file a subcommand. Data on stdout, everything else on stderr.

pub(crate) mod completions;
pub(crate) mod crds;
pub(crate) mod did_you_mean;
pub(crate) mod export;
pub(crate) mod man;
pub(crate) mod manifest_set;
pub(crate) mod manifests;
pub(crate) mod plan;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod validate;

use std::io;
use std::io::{IsTerminal, Write};
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
    /// Check manifests without a cluster or a provider: schema, rules, references, duplicates.
    Validate(validate::Args),
    /// Write an account's objects as manifests; reads only.
    Export(Box<export::Args>),
    /// Print the custom resource definitions, or write them to files.
    Crds(crds::Args),
    /// Print a script that lets a shell complete this command.
    Completions(completions::Args),
    /// Write the manual pages.
    #[command(hide = true)]
    Man(man::Args),
}

impl Cli {
    /// Runs the subcommand; errors go to stderr with exit code 2.
    pub fn run(self) -> ExitCode {
        let result = match self.command {
            Command::Run(args) => args.run(),
            Command::Plan(args) => return args.run(),
            Command::Validate(args) => return args.run(),
            Command::Export(args) => args.run(),
            Command::Crds(args) => args.run().map_err(|error| error.to_string()),
            Command::Completions(args) => args.run().map_err(|error| error.to_string()),
            Command::Man(args) => args.run().map_err(|error| error.to_string()),
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

/// Data for stdout. Whoever reads it may have read enough.
fn print(data: &[u8]) -> io::Result<()> {
    match io::stdout().lock().write_all(data) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Whether a stream gets colours: it is a terminal, and `NO_COLOR` is not set or empty (<https://no-color.org>).
fn wants_colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The token that an environment variable holds; `flag` is what named the variable.
fn token_in(variable: &str, flag: &str) -> Result<String, String> {
    let token = std::env::var(variable).ok().map(|token| token.trim().to_owned());
    token.filter(|token| !token.is_empty()).ok_or_else(|| {
        format!("{flag}: the environment variable '{variable}' is not set or empty: put the token into it")
    })
}
