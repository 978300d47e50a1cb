//! A plan as text for a terminal. No IO.

pub(crate) mod markdown;

use std::fmt::Write;

use serde_json::Value;

use crate::api::annotations::APPROVED_PLAN;
use crate::cli::plan::notes;
use crate::cli::plan::report::{PlanReport, PlannedAction, PlannedObject, Totals};

/// The plan as text, with ANSI colours if `colours` is set.
pub(crate) fn text(report: &PlanReport, colours: bool) -> String {
    let mut text = String::new();
    for object in report.objects.iter().filter(|object| is_listed(object)) {
        block(&mut text, object, colours);
        text.push('\n');
    }
    text + &total(&report.totals) + "\n" + &notes::text(report)
}

/// Whether the text lists the object: it changes or is blocked.
pub(crate) fn is_listed(object: &PlannedObject) -> bool {
    object.action != PlannedAction::Unchanged || object.blocked.is_some()
}

/// One object with its calls.
pub(crate) fn block(text: &mut String, object: &PlannedObject, colours: bool) {
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
    if object.approval.needs_approval {
        let _ = writeln!(text, "    needs approval: {APPROVED_PLAN}: {}", object.approval.hash);
    }
    for unknown in &object.unknown {
        let _ = writeln!(text, "    {}: (known when applied): {}", unknown.field, unknown.message);
    }
    if let Some(blocked) = &object.blocked {
        let _ = writeln!(text, "    {}: {}", blocked.reason, blocked.message);
    }
}

/// The numbers in one line.
pub(crate) fn total(totals: &Totals) -> String {
    let Totals { create, change, delete, unchanged, calls, blocked, unknown, not_looked_at, needs_approval } = totals;
    let counted = |count: usize, what: &str| if count == 0 { String::new() } else { format!(", {count} {what}") };
    let unseen = counted(*not_looked_at, "not looked at");
    let (unknown, blocked) = (counted(*unknown, "known when applied"), counted(*blocked, "blocked"));
    let approval = match needs_approval {
        1 => ", 1 needs approval".to_owned(),
        more => counted(*more, "need approval"),
    };
    format!(
        "{create} to create, {change} to change, {delete} to delete, {unchanged} unchanged{unseen}, {calls} calls{unknown}{blocked}{approval}"
    )
}
