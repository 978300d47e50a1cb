//! What subcommands write to standard output: data only. Messages go to standard error.

use std::io;
use std::io::{IsTerminal, Write};

/// Writes data to standard output. A reader that has closed its end of the pipe is no error.
pub(crate) fn print(data: &[u8]) -> io::Result<()> {
    match io::stdout().lock().write_all(data) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Whether a stream gets colours: it is a terminal, and `NO_COLOR` is unset or empty (<https://no-color.org>).
pub(crate) fn wants_colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
