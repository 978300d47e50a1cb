//! The one binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    ping_operator::Cli::main()
}
