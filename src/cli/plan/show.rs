//! A plan as text for a terminal, and as Markdown for a comment in a review. No IO.

use std::fmt::Write;

use serde_json::Value;

use crate::cli::plan::notes;
use crate::cli::plan::report::{PlanReport, PlannedAction, PlannedObject, Totals};

/// A fence of more backticks than a body can contain in a row.
const FENCE: &str = "``````";

/// The plan as text, with ANSI colours if `colours` is set.
pub(crate) fn text(report: &PlanReport, colours: bool) -> String {
    let mut text = String::new();
    for object in report.objects.iter().filter(|object| is_listed(object)) {
        block(&mut text, object, colours);
        text.push('\n');
    }
    text + &total(&report.totals) + "\n" + &notes::text(report)
}

/// The plan as Markdown: the totals, and the objects as a diff.
pub(crate) fn markdown(report: &PlanReport) -> String {
    let mut blocks = String::new();
    for object in report.objects.iter().filter(|object| is_listed(object)) {
        block(&mut blocks, object, false);
    }
    let total = total(&report.totals);
    if blocks.is_empty() {
        return format!("**{total}**\n{}", notes::markdown(report));
    }
    // In a diff, `!` marks a change.
    let lines: Vec<_> = blocks
        .lines()
        .map(|line| line.strip_prefix('~').map_or_else(|| line.to_owned(), |rest| format!("!{rest}")))
        .collect();
    format!("**{total}**\n\n{FENCE}diff\n{}\n{FENCE}\n{}", lines.join("\n"), notes::markdown(report))
}

/// Whether the text lists the object: it changes or is blocked.
fn is_listed(object: &PlannedObject) -> bool {
    object.action != PlannedAction::Unchanged || object.blocked.is_some()
}

fn block(text: &mut String, object: &PlannedObject, colours: bool) {
    let (sign, word, colour) = match object.action {
        PlannedAction::Create => ("+", "create", 32),
        PlannedAction::Change => ("~", "change", 33),
        PlannedAction::Delete => ("-", "delete", 31),
        PlannedAction::Recreate => ("-/+", "recreate", 31),
        PlannedAction::Unchanged => ("!", "blocked", 31),
        PlannedAction::Unknown => ("?", "known when applied:", 36),
    };
    let headline = format!("{sign} {word} {} {}/{}", object.kind, object.namespace, object.name);
    // Writing into a string cannot fail.
    let _ = if colours { writeln!(text, "\x1b[{colour}m{headline}\x1b[0m") } else { writeln!(text, "{headline}") };
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
    for unknown in &object.unknown {
        let _ = writeln!(text, "    {}: (known when applied): {}", unknown.field, unknown.message);
    }
    if let Some(blocked) = &object.blocked {
        let _ = writeln!(text, "    {}: {}", blocked.reason, blocked.message);
    }
}

fn total(totals: &Totals) -> String {
    let Totals { create, change, delete, unchanged, calls, blocked, unknown, not_looked_at } = totals;
    let counted = |count: usize, what: &str| if count == 0 { String::new() } else { format!(", {count} {what}") };
    let unseen = counted(*not_looked_at, "not looked at");
    let (unknown, blocked) = (counted(*unknown, "known when applied"), counted(*blocked, "blocked"));
    format!(
        "{create} to create, {change} to change, {delete} to delete, {unchanged} unchanged{unseen}, {calls} calls{unknown}{blocked}"
    )
}
