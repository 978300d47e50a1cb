//! The one binary: parse, dispatch, exit code.

use std::process::ExitCode;

use clap::Parser;
use ping_operator::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}
