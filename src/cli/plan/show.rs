//! A plan as text for a terminal, and as Markdown for a comment. No IO.

use std::fmt::Write;

use serde_json::Value;

use crate::cli::plan::report::{PlanReport, PlannedAction, PlannedObject, Totals};

/// Longer than any run of backticks that a body may hold.
const FENCE: &str = "``````";

/// The plan as text; colours only where they are wanted.
pub(crate) fn text(report: &PlanReport, colours: bool) -> String {
    let mut text = String::new();
    for object in report.objects.iter().filter(|object| is_told(object)) {
        block(&mut text, object, colours);
        text.push('\n');
    }
    text + &total(&report.totals) + "\n"
}

/// The plan as Markdown: the total, and the blocks as a diff.
pub(crate) fn markdown(report: &PlanReport) -> String {
    let mut blocks = String::new();
    for object in report.objects.iter().filter(|object| is_told(object)) {
        block(&mut blocks, object, false);
    }
    let total = total(&report.totals);
    if blocks.is_empty() {
        return format!("**{total}**\n");
    }
    // What a diff colours: `!` stands for a change.
    let lines: Vec<_> = blocks
        .lines()
        .map(|line| line.strip_prefix('~').map_or_else(|| line.to_owned(), |rest| format!("!{rest}")))
        .collect();
    format!("**{total}**\n\n{FENCE}diff\n{}\n{FENCE}\n", lines.join("\n"))
}

fn is_told(object: &PlannedObject) -> bool {
    object.action != PlannedAction::Unchanged || object.blocked.is_some()
}

fn block(text: &mut String, object: &PlannedObject, colours: bool) {
    let (sign, word, colour) = match object.action {
        PlannedAction::Create => ("+", "create", 32),
        PlannedAction::Change => ("~", "change", 33),
        PlannedAction::Delete => ("-", "delete", 31),
        PlannedAction::Recreate => ("-/+", "recreate", 31),
        PlannedAction::Unchanged => ("!", "blocked", 31),
    };
    let head = format!("{sign} {word} {} {}/{}", object.kind, object.namespace, object.name);
    // Writing into a string cannot fail.
    let _ = if colours { writeln!(text, "\x1b[{colour}m{head}\x1b[0m") } else { writeln!(text, "{head}") };
    for change in &object.changes {
        let _ = writeln!(text, "    {}: {} → {}", change.field, change.old, change.new);
    }
    for call in &object.calls {
        let query: Vec<_> =
            call.query.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let body = if call.body == Value::Null { String::new() } else { format!(" {}", call.body) };
        let _ = writeln!(text, "    {} {}{}{query}{body}\n        {}", call.method, call.host, call.path, call.reason);
    }
    if let Some(blocked) = &object.blocked {
        let _ = writeln!(text, "    {}: {}", blocked.reason, blocked.message);
    }
}

fn total(totals: &Totals) -> String {
    let Totals { create, change, delete, unchanged, calls, blocked } = totals;
    let blocked = if *blocked == 0 { String::new() } else { format!(", {blocked} blocked") };
    format!("{create} to create, {change} to change, {delete} to delete, {unchanged} unchanged, {calls} calls{blocked}")
}
