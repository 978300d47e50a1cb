//! A validation report as text, as JSON and as SARIF. No IO.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::cli::diagnostic::{Check, Diagnostic, Level, ObjectName};
use crate::cli::manifests::place::Place;
use crate::cli::validate::report::ValidationReport;

/// One line for each problem, in the form of compilers, and a last line with the totals.
pub(crate) fn text(report: &ValidationReport, colours: bool) -> String {
    let mut text = String::new();
    for diagnostic in &report.diagnostics {
        let (word, colour) = match diagnostic.level {
            Level::Error => ("error", "31"),
            Level::Warning => ("warning", "33"),
        };
        let word = if colours { format!("\u{1b}[{colour}m{word}\u{1b}[0m") } else { word.to_owned() };
        let _ = writeln!(text, "{}: {word}: {}", diagnostic.place, sentence(diagnostic));
    }
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let (checked, passed) = (count(report.checked, "manifest"), report.passed_over);
    let (errors, warnings) =
        (count(report.count(Level::Error), "error"), count(report.count(Level::Warning), "warning"));
    let _ = writeln!(text, "{checked} checked, {passed} of other kinds skipped: {errors}, {warnings}");
    text
}

/// The object, the field and the message; without the object if its kind is not known.
fn sentence(diagnostic: &Diagnostic) -> String {
    let message = diagnostic.field_and_message();
    // Standard input has no name in which somebody could look: the document is named, too.
    let Place { file, document, line: _, column: _ } = &diagnostic.place;
    let message = if file == "-" { format!("{message} (document {document})") } else { message };
    match diagnostic.object.as_deref() {
        Some(ObjectName { kind, namespace, name }) if !kind.is_empty() => {
            format!("{kind} {namespace}/{name}: {message}")
        }
        Some(_) | None => message,
    }
}

/// `{version, findings: [{file, line, column, level, check, kind, namespace, name, field, message}], totals}`.
pub(crate) fn json(report: &ValidationReport) -> Value {
    let diagnostics: Vec<_> = report
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let object = diagnostic.object.as_deref().cloned().unwrap_or_default();
            let ObjectName { kind, namespace, name } = object;
            json!({
                "file": diagnostic.place.file, "document": diagnostic.place.document, "line": diagnostic.place.line, "column": diagnostic.place.column,
                "level": diagnostic.level, "check": diagnostic.check, "kind": kind, "namespace": namespace, "name": name,
                "field": diagnostic.field.to_string(), "message": diagnostic.message,
            })
        })
        .collect();
    let (errors, warnings) = (report.count(Level::Error), report.count(Level::Warning));
    let totals =
        json!({ "checked": report.checked, "passedOver": report.passed_over, "errors": errors, "warnings": warnings });
    json!({ "version": 1, "findings": diagnostics, "totals": totals })
}

/// SARIF 2.1.0, which code hosts show beside the line.
pub(crate) fn sarif(report: &ValidationReport) -> Value {
    let rule = |check: Check| json!({ "id": check, "shortDescription": { "text": check.requirement() } });
    let result = |diagnostic: &Diagnostic| {
        let region = json!({ "startLine": diagnostic.place.line, "startColumn": diagnostic.place.column });
        let physical = json!({ "artifactLocation": { "uri": diagnostic.place.file }, "region": region });
        json!({
            "ruleId": diagnostic.check, "level": diagnostic.level, "message": { "text": sentence(diagnostic) },
            "locations": [{ "physicalLocation": physical }],
        })
    };
    let driver = json!({
        "name": "ping-operator", "version": env!("CARGO_PKG_VERSION"), "rules": Check::REPORTED.map(rule),
    });
    let results: Vec<_> = report.diagnostics.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "results": results }],
    })
}
