//! What a plan says once, of all resources together. No IO.

use crate::cli::plan::moves::Move;
use crate::cli::plan::report::PlanReport;

/// The notes as lines of text.
pub(crate) fn text(report: &PlanReport) -> String {
    notes(report).map(|note| note + "\n").collect()
}

/// Each note as a paragraph of Markdown.
pub(crate) fn paragraphs(report: &PlanReport) -> Vec<String> {
    notes(report).map(|note| format!("\n{note}\n")).collect()
}

fn notes(report: &PlanReport) -> impl Iterator<Item = String> {
    report.moves.iter().map(Move::note).chain(presumed(report))
}

/// What the plan rests on although nothing says it.
fn presumed(report: &PlanReport) -> Option<String> {
    let count = report.objects.iter().filter(|object| object.presumed).count();
    let who = match count {
        0 => return None,
        1 => "1 resource is presumed to own the object of its name".to_owned(),
        _ => format!("{count} resources are presumed to own the object of their name"),
    };
    Some(format!("{who}; name what is applied by --prune-from or --live, or refuse that by --strict-ownership"))
}
