//! Findings as text, as JSON and as SARIF. No IO.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::cli::validate::ValidationReport;
use crate::cli::validate::finding::{Check, Finding, Level};

/// A line a finding, as compilers write it, and a last line with the totals.
pub(crate) fn text(report: &ValidationReport, colours: bool) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        let (word, colour) = match finding.level {
            Level::Error => ("error", "31"),
            Level::Warning => ("warning", "33"),
        };
        let word = if colours { format!("\u{1b}[{colour}m{word}\u{1b}[0m") } else { word.to_owned() };
        let _ = writeln!(text, "{}: {word}: {}", finding.place, sentence(finding));
    }
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let (checked, passed) = (count(report.checked, "manifest"), report.passed_over);
    let (errors, warnings) =
        (count(report.count(Level::Error), "error"), count(report.count(Level::Warning), "warning"));
    let _ = writeln!(text, "{checked} checked, {passed} of other kinds passed over: {errors}, {warnings}");
    text
}

/// Which object, which field, and what is wrong with it.
fn sentence(finding: &Finding) -> String {
    let [kind, namespace, name] = &finding.object;
    let field = finding.field.to_string();
    let parts = [if kind.is_empty() { String::new() } else { format!("{kind} {namespace}/{name}") }, field];
    let known = parts.into_iter().filter(|part| !part.is_empty());
    known.chain([finding.message.clone()]).collect::<Vec<_>>().join(": ")
}

/// `{version, findings: [{file, line, column, level, check, kind, namespace, name, field, message}], totals}`.
pub(crate) fn json(report: &ValidationReport) -> Value {
    let findings: Vec<_> = report
        .findings
        .iter()
        .map(|finding| {
            let [kind, namespace, name] = &finding.object;
            json!({
                "file": finding.place.file, "line": finding.place.line, "column": finding.place.column,
                "level": finding.level, "check": finding.check, "kind": kind, "namespace": namespace, "name": name,
                "field": finding.field.to_string(), "message": finding.message,
            })
        })
        .collect();
    let (errors, warnings) = (report.count(Level::Error), report.count(Level::Warning));
    let totals =
        json!({ "checked": report.checked, "passedOver": report.passed_over, "errors": errors, "warnings": warnings });
    json!({ "version": 1, "findings": findings, "totals": totals })
}

/// SARIF 2.1.0, which code hosts show beside the line.
pub(crate) fn sarif(report: &ValidationReport) -> Value {
    let rule = |check: Check| json!({ "id": check, "shortDescription": { "text": check.about() } });
    let result = |finding: &Finding| {
        let region = json!({ "startLine": finding.place.line, "startColumn": finding.place.column });
        let physical = json!({ "artifactLocation": { "uri": finding.place.file }, "region": region });
        json!({
            "ruleId": finding.check, "level": finding.level, "message": { "text": sentence(finding) },
            "locations": [{ "physicalLocation": physical }],
        })
    };
    let driver = json!({
        "name": "ping-operator", "version": env!("CARGO_PKG_VERSION"), "rules": Check::ALL.map(rule),
    });
    let results: Vec<_> = report.findings.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "results": results }],
    })
}
