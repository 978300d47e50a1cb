//! Reads the classic text format line by line, and finds what `promtool check metrics` warns of. The e2e tests use this file, too:
//! it imports nothing of the crate.

use std::collections::{BTreeMap, BTreeSet};

/// All series of one name.
#[derive(Debug, Default)]
pub(crate) struct MetricFamily {
    /// The name, as a query uses it.
    pub(crate) name: String,
    /// `counter`, `gauge` or `histogram`.
    pub(crate) kind: String,
    help: String,
    /// The names of the labels, `le` of a histogram left out.
    pub(crate) labels: BTreeSet<String>,
    /// The values, by the name and the labels of their line.
    pub(crate) samples: BTreeMap<String, f64>,
}

/// A line that is not a comment.
struct Sample<'a> {
    /// The name, and the labels as they stand in the line.
    series: &'a str,
    name: &'a str,
    labels: BTreeSet<String>,
    value: f64,
}

/// Reads all families of an exposition.
///
/// # Errors
/// The first line that the grammar of version 0.0.4 does not allow at its place.
pub(crate) fn read(text: &str) -> Result<Vec<MetricFamily>, String> {
    let mut families: Vec<MetricFamily> = Vec::new();
    if !text.ends_with('\n') {
        return Err("the last line does not end".to_owned());
    }
    for line in text.lines() {
        let bad = |why: &str| format!("{why}: {line}");
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').ok_or_else(|| bad("no help"))?;
            families.push(MetricFamily { name: name.to_owned(), help: help.to_owned(), ..MetricFamily::default() });
            continue;
        }
        let family = families.last_mut().ok_or_else(|| bad("before the first HELP"))?;
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let kind = rest.strip_prefix(&format!("{} ", family.name)).ok_or_else(|| bad("not of the HELP before"))?;
            if !["counter", "gauge", "histogram"].contains(&kind) || !family.kind.is_empty() {
                return Err(bad("an unknown or second type"));
            }
            kind.clone_into(&mut family.kind);
            continue;
        }
        let Sample { series, name, labels, value } = sample(line).ok_or_else(|| bad("no sample"))?;
        if !family.has(name) || family.kind.is_empty() {
            return Err(bad("not of the family before"));
        }
        family.labels.extend(labels);
        if family.kind == "histogram" {
            family.labels.remove("le");
        }
        if family.samples.insert(series.to_owned(), value).is_some() {
            return Err(bad("a second time"));
        }
    }
    Ok(families)
}

impl MetricFamily {
    /// Whether a sample of this name belongs to the family.
    fn has(&self, name: &str) -> bool {
        let rest = name.strip_prefix(&self.name);
        let is_part = rest.is_some_and(|rest| ["_bucket", "_sum", "_count"].contains(&rest));
        if self.kind == "histogram" { is_part } else { rest == Some("") }
    }

    /// What the linter of Prometheus warns of, and labels that Prometheus keeps for itself.
    fn findings(&self) -> Vec<String> {
        let Self { name, kind, help, labels, .. } = self;
        let words: Vec<_> = name.split('_').collect();
        let has = |unwanted: &[&str]| words.iter().any(|word| unwanted.contains(word));
        let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
        let is_snake = |text: &str| text.chars().all(|char| matches!(char, 'a'..='z' | '0'..='9' | '_'));
        let abbreviated = ["s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"];
        let not_base = ["minutes", "hours", "days", "weeks", "milliseconds", "microseconds", "kilobytes", "bits"];
        let reserved = ["le", "quantile", "job", "instance"];
        let rules = [
            (help.trim().is_empty(), "no help"),
            (help.contains(['\\', '"']), "a help text that the two formats escape differently"),
            ((kind == "counter") != name.ends_with("_total"), "_total is for counters, and for all of them"),
            (ends(&["_bucket", "_count", "_sum", "_created"]), "an ending of a histogram"),
            (has(&["counter", "gauge", "histogram", "summary"]), "a type in the name"),
            (has(&abbreviated), "an abbreviated unit"),
            (has(&not_base), "not a base unit"),
            (!is_snake(name) || !labels.iter().all(|label| is_snake(label)), "not in snake case"),
            (
                labels.iter().any(|label| reserved.contains(&label.as_str()) || label.starts_with("__")),
                "a reserved label",
            ),
        ];
        rules.iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, why)| format!("{name}: {why}")).collect()
    }
}

/// What promtool would warn of.
pub(crate) fn findings(families: &[MetricFamily]) -> Vec<String> {
    let mut findings: Vec<_> = families.iter().flat_map(MetricFamily::findings).collect();
    let mut names = BTreeSet::new();
    findings.extend(families.iter().filter(|it| !names.insert(&it.name)).map(|it| format!("{} stands twice", it.name)));
    findings
}

/// `name{label="value",…} 1`, without a time.
fn sample(line: &str) -> Option<Sample<'_>> {
    let (series, value) = line.rsplit_once(' ')?;
    let name = series.split('{').next()?;
    let mut labels = BTreeSet::new();
    let mut rest = series.strip_prefix(name)?;
    if !rest.is_empty() {
        rest = rest.strip_prefix('{')?.strip_suffix('}')?;
    }
    while !rest.is_empty() {
        let (label, quoted) = rest.split_once("=\"")?;
        let end = end_of_value(quoted)?;
        if !is_name(label) || !labels.insert(label.to_owned()) {
            return None;
        }
        rest = quoted.get(end + 1..)?;
        rest = if rest.is_empty() { rest } else { rest.strip_prefix(',')? };
    }
    is_name(name).then_some(Sample { series, name, labels, value: value.parse().ok()? })
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|char| char.is_ascii_alphabetic() || char == '_')
        && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
}

/// Where the quote stands that ends a label's value.
fn end_of_value(quoted: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, char) in quoted.char_indices() {
        match char {
            '\\' | '"' | 'n' if is_escaped => is_escaped = false,
            _ if is_escaped => return None,
            '\\' => is_escaped = true,
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}

/// The rows of the tables in docs/metrics.md: `name type {label, label}`.
pub(crate) fn documented(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| {
        let mut cells = row.split('|').map(str::trim);
        let (name, kind, labels) = (cells.next()?.trim_end_matches('`'), cells.next()?, cells.next()?);
        let labels: BTreeSet<_> = labels.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        Some(row_of(name, kind, &labels))
    })
    .collect()
}

/// The row that a family should have in docs/metrics.md.
pub(crate) fn row_of(name: &str, kind: &str, labels: &BTreeSet<String>) -> String {
    format!("{name} {kind} {labels:?}")
}
