//! Asks a person before something is done.

use std::io;
use std::io::{BufRead, IsTerminal};

/// The flag that answers.
#[derive(clap::Args)]
pub(crate) struct QuestionArgs {
    /// Do it without asking. Needed where nobody can be asked.
    #[arg(short, long)]
    yes: bool,
}

impl QuestionArgs {
    /// Shows on stderr what would be done, and asks.
    ///
    /// # Errors
    /// Nobody can be asked, or the person says no.
    pub(crate) fn ask(&self, plan: &str) -> Result<(), String> {
        eprint!("{plan}");
        if self.yes {
            return Ok(());
        }
        if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
            return Err("nothing is done: nobody can be asked here; --yes does it".to_owned());
        }
        eprint!("Do it? [y/N] ");
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).map_err(|error| error.to_string())?;
        if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
            return Ok(());
        }
        Err("nothing is done".to_owned())
    }
}
