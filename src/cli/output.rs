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

/// Whether a stream gets colours: by the rules that other command lines follow, see `colours`.
pub(crate) fn wants_colours(stream: &impl IsTerminal) -> bool {
    colours(stream.is_terminal(), |name| std::env::var_os(name).and_then(|value| value.into_string().ok()))
}

/// `NO_COLOR` that is not empty forbids colours (<https://no-color.org>). Otherwise `CLICOLOR_FORCE` other than `0` demands them, and
/// `CLICOLOR=0` forbids them (<https://bixense.com/clicolors>). Otherwise a terminal gets them that is not a dumb one.
fn colours(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name: &str, means: fn(&str) -> bool| variable(name).is_some_and(|value| means(&value));
    if is_set("NO_COLOR", |value| !value.is_empty()) {
        return false;
    }
    if is_set("CLICOLOR_FORCE", |value| !value.is_empty() && value != "0") {
        return true;
    }
    is_terminal && !is_set("CLICOLOR", |value| value == "0") && !is_set("TERM", |value| value == "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_colours_unless_a_variable_says_otherwise() {
        for (is_terminal, variables, expected) in [
            (true, &[][..], true),
            (false, &[], false),
            (true, &[("NO_COLOR", "1")], false),
            (true, &[("NO_COLOR", "")], true),
            (false, &[("CLICOLOR_FORCE", "1")], true),
            (false, &[("CLICOLOR_FORCE", "0")], false),
            (true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
            (true, &[("CLICOLOR", "0")], false),
            (true, &[("TERM", "dumb")], false),
            (true, &[("TERM", "xterm")], true),
        ] {
            let variable =
                |name: &str| variables.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(colours(is_terminal, variable), expected, "{is_terminal} {variables:?}");
        }
    }
}
