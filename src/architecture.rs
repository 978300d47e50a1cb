//! Keeps the layers apart: what docs/architecture.md promises, as tests on the tree.
//!
//! The checks are functions from files to findings; [`tests`] shows that each of them finds what it is for.

mod circles;
mod docs;
mod imports;
mod layers;
mod log_fields;
mod matches;
mod names;
mod patterns;
mod places;
mod production;
mod source;
mod style;
mod tests;
mod types;

use std::collections::BTreeSet;
use std::fs;

use crate::api::reason::Reason;
use crate::architecture::source::{read_all, root};

/// Fails with all findings, one a line.
#[track_caller]
fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}

fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn the_checks_see_the_whole_crate() {
    let files = read_all();
    let production = production::modules(&files);
    assert!(production.len() > 100, "only {} files are production code", production.len());
    assert!(imports::arrows(&production).len() > 1000);
    assert!(files.iter().any(|file| file.path.starts_with("tests/")));
}

#[test]
fn no_import_goes_against_the_table_of_layers() {
    let files = read_all();
    assert_none(&layers::against_the_table(&files));
    assert_none(&layers::layers_without_module(&files));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    assert_none(&circles::circles(&read_all()));
}

#[test]
fn every_name_is_imported_from_where_it_is_defined() {
    assert_none(&types::second_homes(&read_all()));
}

#[test]
fn layers_without_io_name_nothing_that_does_io() {
    assert_none(&layers::io_in_pure_layers(&read_all()));
}

#[test]
fn no_match_over_a_list_that_grows_has_an_arm_for_the_rest() {
    assert_none(&matches::catch_all_arms(&read_all()));
}

#[test]
fn no_two_types_have_one_name() {
    assert_none(&types::types_of_one_name(&read_all()));
}

#[test]
fn what_other_files_see_is_documented() {
    assert_none(&docs::undocumented(&read_all()));
}

#[test]
fn every_file_says_at_its_top_what_it_is_for() {
    assert_none(&style::without_header(&read_all()));
}

#[test]
fn no_file_is_too_long() {
    assert_none(&style::long_files(&read_all()));
}

#[test]
fn no_function_is_too_long() {
    assert_none(&style::long_functions(&read_all()));
}

#[test]
fn the_page_about_the_architecture_names_every_layer() {
    let page = page("docs/architecture.md");
    for entry in fs::read_dir(root().join("src")).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        let layer = format!("`{}/`", entry.file_name().to_string_lossy());
        // The checks themselves are no layer.
        assert!(layer == "`architecture/`" || page.contains(&layer), "{layer} is not in docs/architecture.md");
    }
}

#[test]
fn every_reason_has_one_section_in_the_page_about_conditions_with_what_to_do() {
    let page = page("docs/conditions.md");
    let (_, sections) = page.split_once("\n## Reasons\n").unwrap();
    let sections = sections.split("\n### ").skip(1).filter_map(|section| section.split_once("\n\n"));
    // What follows the last section of a group is a heading of another level.
    let one_line = |text: &str| text.split("\n## ").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut documented: Vec<_> = sections.map(|(heading, text)| (heading.to_owned(), one_line(text))).collect();
    documented.sort();
    let mut reasons = Reason::ALL.to_vec();
    reasons.sort_by_key(ToString::to_string);
    let headings: Vec<_> = documented.iter().map(|(heading, _)| heading.clone()).collect();
    assert_eq!(headings, reasons.iter().map(ToString::to_string).collect::<Vec<_>>());
    for (reason, (heading, text)) in reasons.iter().zip(documented) {
        assert!(text.contains(reason.action()), "{heading}: {text}");
        // The anchor of a heading is its text in lower case, on a code host and on the site.
        assert!(reason.section().ends_with(&format!("#{}", heading.to_lowercase())), "{}", reason.section());
    }
}

#[test]
fn a_table_of_the_page_about_conditions_leads_to_the_section_of_each_reason() {
    let page = page("docs/conditions.md");
    for reason in Reason::ALL {
        let link = format!("[`{reason}`](#{})", reason.to_string().to_lowercase());
        assert!(page.lines().any(|line| line.starts_with('|') && line.contains(&link)), "{link}");
    }
}

#[test]
fn every_reason_has_one_row_in_the_page_for_operators() {
    let page = page("docs/operating.md");
    let (_, table) = page.split_once("\n## Reasons\n").unwrap();
    let rows = table.lines().take_while(|line| !line.starts_with("## ")).filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.filter_map(|row| row.split_once(" |")).map(|(cell, _)| cell);
    let mut documented: Vec<_> = cells.flat_map(|cell| cell.split(", ")).map(|word| word.replace('`', "")).collect();
    documented.sort();
    let mut known: Vec<_> = Reason::ALL.iter().map(ToString::to_string).collect();
    known.sort();
    assert_eq!(documented, known);
}

#[test]
fn every_metric_that_the_page_for_operators_names_is_in_the_page_about_metrics() {
    let (page, metrics) = (page("docs/operating.md"), page("docs/metrics.md"));
    let words = page.split(|char: char| !char.is_ascii_lowercase() && char != '_');
    let names: Vec<_> = words.filter(|word| word.starts_with("ping_operator_")).collect();
    assert!(names.len() > 5);
    for name in names {
        assert!(metrics.contains(&format!("| `{name}` |")), "{name}");
    }
}

#[test]
fn the_page_about_the_log_has_every_field_and_no_other() {
    let page = page("docs/logs.md");
    let (_, table) = page.split_once("## Fields").unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let documented: BTreeSet<_> = rows.map(|(field, _)| field.to_owned()).collect();
    let mut logged = log_fields::fields(&read_all());
    // Those that every line has, and the one of other libraries.
    logged.extend(["level", "ts", "msg", "logger"].map(str::to_owned));
    assert_eq!(documented, logged);
}

#[test]
fn every_test_that_a_page_names_exists() {
    let code: String = read_all().into_iter().map(|file| file.text).collect();
    for path in ["docs/reliability.md", "docs/security.md"] {
        let text = page(path);
        let quoted = text.split('`').skip(1).step_by(2);
        let names: Vec<_> = quoted.filter(|word| word.matches('_').count() > 1 && !word.contains(['.', ' '])).collect();
        assert!(names.len() > 10, "{path}");
        for name in names {
            assert!(code.contains(&format!("fn {name}(")) || code.contains(&format!("fn {name}<")), "{path}: {name}");
        }
    }
}

#[test]
fn the_role_reads_secrets_by_name_only() {
    let text = page("deploy/kustomize/base/rbac.yaml");
    let rules: Vec<_> = text.split("- apiGroups:").filter(|rule| rule.contains("secrets")).collect();
    assert_eq!(rules.len(), 1, "{rules:?}");
    assert!(rules.iter().all(|rule| rule.contains("verbs: [get]")), "{rules:?}");
}

#[test]
fn the_page_about_the_architecture_names_every_place_that_a_change_needs() {
    assert_none(&places::missing(&page("docs/architecture.md"), &places::searched()));
}

#[test]
fn every_file_that_the_page_about_the_architecture_links_to_exists() {
    let page = page("docs/architecture.md");
    let links = page.split("](../").skip(1).filter_map(|rest| rest.split(')').next());
    let missing: Vec<_> = links.filter(|link| !root().join(link).exists()).map(str::to_owned).collect();
    assert_none(&missing);
}
