//! A plan as Markdown for a comment on a change: what reaches people and what is deleted comes first, the rest is folded. No IO.

use crate::api::annotations::APPROVED_PLAN;
use crate::cli::plan::notes;
use crate::cli::plan::report::{PlanReport, PlannedCall, PlannedObject};
use crate::cli::plan::show::{block, is_listed, total};
use crate::provider::call::weight::Weight;

/// The most characters of a comment: code hosts allow a little more.
const LONGEST: usize = 60_000;
/// The most characters of each list that comes first.
const LONGEST_LIST: usize = 10_000;
/// Characters that are kept free for what is written around the details.
const FRAME: usize = 300;
/// A fence of more backticks than a body can contain in a row.
const FENCE: &str = "``````";

/// The plan as Markdown.
pub(crate) fn markdown(report: &PlanReport) -> String {
    let mut text = format!("**{}**\n", total(&report.totals));
    text += &list(report, "Reaches people", |call| matches!(call.weight, Weight::Notifies(_)));
    text += &list(report, "Deletes or removes", |call| call.weight == Weight::Deletes);
    text += &approvals(report);
    text += &notes_of(report);
    let listed: Vec<_> = report.objects.iter().filter(|object| is_listed(object)).collect();
    if !listed.is_empty() {
        let room = LONGEST.saturating_sub(text.chars().count() + FRAME);
        text += &details(&listed, room);
    }
    text
}

/// The calls of one kind with their resources; empty if there is none.
fn list(report: &PlanReport, title: &str, is_meant: impl Fn(&PlannedCall) -> bool) -> String {
    let calls = report.objects.iter().flat_map(|object| object.calls.iter().map(move |call| (object, call)));
    let lines: Vec<_> = calls.filter(|(_, call)| is_meant(call)).map(|(object, call)| line(object, call)).collect();
    titled(title, &lines)
}

/// The resources that wait for an approval, with what approves them; empty if there is none.
fn approvals(report: &PlanReport) -> String {
    let waiting = report.objects.iter().filter(|object| object.approval.needs_approval);
    let line = |PlannedObject { kind, namespace, name, approval, .. }: &PlannedObject| {
        format!("- `{kind} {namespace}/{name}`: `{APPROVED_PLAN}: {}`\n", approval.hash)
    };
    titled("Needs approval", &waiting.map(line).collect::<Vec<_>>())
}

/// A list under its title; empty if it has no item.
fn titled(title: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let kept = fitting(lines, LONGEST_LIST);
    let more = lines.len() - kept;
    let more = if more == 0 { String::new() } else { format!("- … and {more} more\n") };
    format!(
        "\n**{title}** ({})\n\n{}{more}",
        lines.len(),
        lines.iter().take(kept).map(String::as_str).collect::<String>()
    )
}

/// What is said once, of all resources together.
fn notes_of(report: &PlanReport) -> String {
    let notes = notes::paragraphs(report);
    let kept = fitting(&notes, LONGEST_LIST);
    let more = notes.len() - kept;
    let more = if more == 0 { String::new() } else { format!("\n… and {more} more notes\n") };
    notes.iter().take(kept).map(String::as_str).collect::<String>() + &more
}

/// One call as an item of a list. A code span keeps what people and providers write from being read as Markdown.
fn line(PlannedObject { kind, namespace, name, .. }: &PlannedObject, call: &PlannedCall) -> String {
    let code = |text: &str| format!("`{}`", text.replace('`', "'"));
    format!("- {} of {}\n", code(&call.reason), code(&format!("{kind} {namespace}/{name}")))
}

/// All objects as a diff that is folded. What has no room is counted.
fn details(listed: &[&PlannedObject], room: usize) -> String {
    let blocks: Vec<_> = listed.iter().map(|object| diff(object)).collect();
    let kept = fitting(&blocks, room);
    let more = blocks.len() - kept;
    let cut = match more {
        0 => String::new(),
        1 => "\n1 more resource is left out: the comment would be too long.\n".to_owned(),
        more => format!("\n{more} more resources are left out: the comment would be too long.\n"),
    };
    format!(
        "\n<details><summary>All calls</summary>\n\n{FENCE}diff\n{}{FENCE}\n</details>\n{cut}",
        blocks.iter().take(kept).map(String::as_str).collect::<String>()
    )
}

/// One object as a part of a diff, where `!` marks a change.
fn diff(object: &PlannedObject) -> String {
    let mut text = String::new();
    block(&mut text, object, false);
    text.strip_prefix('~').map_or_else(|| text.clone(), |rest| format!("!{rest}"))
}

/// How many of the first texts fit into so many characters.
fn fitting(texts: &[String], room: usize) -> usize {
    let mut used = 0;
    texts
        .iter()
        .take_while(|text| {
            used += text.chars().count();
            used <= room
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::plan::report::PlannedAction;
    use crate::cli::plan::tests::{call, object};

    fn many(count: usize) -> PlanReport {
        let objects = (0..count).map(|number| {
            let delete = call("DELETE", &format!("/v1/team/{number}"), &[], serde_json::Value::Null, "delete Team old");
            object("old", PlannedAction::Delete, vec![PlannedCall { weight: Weight::Deletes, ..delete }])
        });
        PlanReport::counted(objects.collect())
    }

    #[test]
    fn a_comment_is_never_too_long_and_counts_what_it_leaves_out() {
        let text = markdown(&many(3000));
        assert!(text.chars().count() <= LONGEST, "{}", text.chars().count());
        assert!(text.starts_with("**0 to create, 0 to change, 3000 to delete, 0 unchanged, 3000 calls**\n"));
        let listed = text.matches("- `delete Team old`").count();
        let detailed = text.matches("- delete Team monitoring/old").count();
        assert!(listed > 100 && detailed > 300, "{listed} {detailed}");
        assert!(text.contains(&format!("- … and {} more\n", 3000 - listed)), "{text}");
        assert!(
            text.ends_with(&format!(
                "{} more resources are left out: the comment would be too long.\n",
                3000 - detailed
            ))
        );
    }

    #[test]
    fn what_fits_is_whole() {
        let text = markdown(&many(20));
        assert!(!text.contains("more"), "{text}");
    }

    #[test]
    fn what_somebody_wrote_is_not_read_as_markdown() {
        let wicked = PlannedCall {
            weight: Weight::Notifies("sends an e-mail"),
            ..call("POST", "/v1", &[], serde_json::Value::Null, "invite `</details>@everyone`")
        };
        let report = PlanReport::counted(vec![object("new", PlannedAction::Change, vec![wicked])]);
        let text = markdown(&report);
        assert!(text.contains("- `invite '</details>@everyone'` of `Team monitoring/new`\n"), "{text}");
    }
}
