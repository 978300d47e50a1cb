//! One thing that was checked. No IO.

use std::fmt::Write;

use serde::Serialize;

use crate::cli::cluster::trouble::ClusterTrouble;

/// What came of a check.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CheckResult {
    /// As it should be.
    Ok,
    /// It works, and should be looked at.
    Warning,
    /// Something that the operator needs is missing.
    Missing,
    /// You may not see it.
    Unknown,
}

/// One thing that was checked.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct CheckLine {
    /// What kind of thing.
    pub(crate) topic: &'static str,
    /// What came of it.
    pub(crate) result: CheckResult,
    /// What was seen.
    pub(crate) message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) action: Option<String>,
}

impl CheckLine {
    /// Something that is as it should be.
    pub(crate) fn ok(topic: &'static str, message: impl Into<String>) -> Self {
        Self { topic, result: CheckResult::Ok, message: message.into(), action: None }
    }

    /// Something else, and what to do.
    pub(crate) fn bad(topic: &'static str, result: CheckResult, message: impl Into<String>, action: &str) -> Self {
        Self { topic, result, message: message.into(), action: Some(action.to_owned()) }
    }

    /// Something that the API server does not show.
    pub(crate) fn unseen(topic: &'static str, trouble: &ClusterTrouble) -> Self {
        Self { topic, result: CheckResult::Unknown, message: trouble.to_string(), action: None }
    }
}

/// The lines as text, with ANSI colours if `colours` is set.
pub(crate) fn text(lines: &[CheckLine], colours: bool) -> String {
    let mut text = String::new();
    for CheckLine { topic, result, message, action } in lines {
        let (word, colour) = match result {
            CheckResult::Ok => ("ok", 32),
            CheckResult::Warning => ("warning", 33),
            CheckResult::Missing => ("missing", 31),
            CheckResult::Unknown => ("unknown", 33),
        };
        let padded = format!("{word:7}");
        let word = if colours { format!("\x1b[{colour}m{padded}\x1b[0m") } else { padded };
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{word}  {topic}: {message}");
        if let Some(action) = action {
            let _ = writeln!(text, "         what to do: {action}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_says_what_was_seen_and_what_to_do() {
        let lines =
            [CheckLine::ok("clock", "equal"), CheckLine::bad("rights", CheckResult::Missing, "patch teams", "give it")];
        assert_eq!(
            text(&lines, false),
            "ok       clock: equal\nmissing  rights: patch teams\n         what to do: give it\n"
        );
        assert!(text(&lines, true).contains("\x1b[31mmissing\x1b[0m"));
    }
}
