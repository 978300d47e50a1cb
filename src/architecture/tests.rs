//! Each check finds what it is for, and only that: small crates given as text.

mod code;
mod matches;
mod source;

use crate::architecture::circles::circles;
use crate::architecture::layers::{against_the_table, io_in_pure_layers};
use crate::architecture::source::SourceFile;
use crate::architecture::types::second_homes;

/// A file of the crate; the path is below `src/`.
fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: format!("src/{path}"), text: text.to_owned() }
}

/// `planner.rs` in the pure layer `plan`, beside files of the layers around it.
fn crate_with(planner: &str) -> Vec<SourceFile> {
    vec![
        file("lib.rs", "mod api; mod cli; mod connection; mod inventory; mod operator; mod plan;"),
        file("api.rs", ""),
        file("inventory.rs", "pub(crate) struct Inventory;"),
        file("connection.rs", "pub(crate) mod http;"),
        file("connection/http.rs", "pub(crate) struct Http; pub(crate) async fn send() {}"),
        file("plan.rs", "pub(crate) mod planner;"),
        file("plan/planner.rs", planner),
        file("operator.rs", "use crate::plan::planner; use crate::connection::http::Http;"),
        file("cli.rs", "pub(crate) mod run; use crate::plan::planner::Planner; fn main() { run::run(); }"),
        file("cli/run.rs", "use crate::operator; pub(crate) fn run() { operator::run() }"),
    ]
}

#[test]
fn a_crate_that_keeps_its_layers_has_no_findings() {
    let files = crate_with("use crate::inventory::Inventory; pub(crate) struct Planner(Inventory);");
    assert_eq!(against_the_table(&files), [""; 0]);
    assert_eq!(circles(&files), [""; 0]);
    assert_eq!(io_in_pure_layers(&files), [""; 0]);
}

#[test]
fn an_import_against_the_table_is_found_however_it_is_written() {
    let against = [
        "use crate::connection::http::Http;",
        "use crate::{connection::{self, http::Http as Client}, inventory::Inventory};",
        "use super::super::connection::http;",
        "fn plan() { crate::connection::http::send() }",
        "fn plan() { log!(\"{}\", crate::connection::http::LIMIT) }",
        "#[serde(with = \"crate::connection::http\")] struct Planner;",
        "#[cfg(test)] mod tests { fn a() {} } fn below() -> crate::connection::http::Http { todo!() }",
    ];
    for planner in against {
        let findings = against_the_table(&crate_with(planner));
        assert!(findings.iter().any(|finding| finding.contains("plan must not name connection")), "{planner}");
    }
}

#[test]
fn only_the_subcommand_run_names_the_operator() {
    let mut files = crate_with("");
    files.push(file("cli/plan.rs", "use crate::operator::run;"));
    files.push(file("operator/watch.rs", "use crate::cli::run::Args;"));
    let expected = [
        "src/cli/plan.rs:1 names operator: cli must not name operator",
        "src/operator/watch.rs:1 names cli::run: operator must not name cli::run",
    ];
    assert_eq!(against_the_table(&files), expected);
}

#[test]
fn a_module_that_is_in_no_layer_is_found() {
    assert_eq!(against_the_table(&[file("helpers.rs", "")]), ["src/helpers.rs is in no layer of the table"]);
}

#[test]
fn test_code_may_name_any_layer() {
    let mut files = crate_with(
        "#[cfg(test)] use crate::connection::http::Http;
        /// For tests.
        #[cfg(test)] pub(crate) async fn fake() -> Http { std::fs::read(crate::connection::http::PATH) }
        #[cfg(test)] mod tests;
        struct Planner { #[cfg(test)] http: Http, #[cfg(test)] other: tokio::Task }",
    );
    files.push(file("plan/planner/tests.rs", "mod deep; use crate::connection::http::Http;"));
    files.push(file("plan/planner/tests/deep.rs", "use crate::operator; async fn a() {}"));
    assert_eq!(against_the_table(&files), [""; 0]);
    assert_eq!(io_in_pure_layers(&files), [""; 0]);
}

#[test]
fn a_circle_of_two_files_is_found() {
    let files = [
        file("plan.rs", "pub(crate) mod step; pub(crate) struct Plan(step::Step);"),
        file("plan/step.rs", "pub(crate) struct Step(Box<super::Plan>);"),
    ];
    assert_eq!(circles(&files), ["a circle of imports: src/plan.rs -> src/plan/step.rs -> src/plan.rs"]);
}

#[test]
fn a_circle_of_three_files_is_found() {
    let files = [
        file("a.rs", "use crate::b::{self, B as Other};"),
        file("b.rs", "fn b() { crate::c::c() }"),
        file("c.rs", "use crate::a; use crate::d::D;"),
        file("d.rs", "struct D;"),
    ];
    assert_eq!(circles(&files), ["a circle of imports: src/a.rs -> src/b.rs -> src/c.rs -> src/a.rs"]);
}

#[test]
fn a_declaration_of_a_module_is_no_import() {
    let files = [file("plan.rs", "pub(crate) mod step;"), file("plan/step.rs", "use crate::plan::Plan;")];
    assert_eq!(circles(&files), [""; 0]);
}

#[test]
fn a_circle_in_test_code_is_none() {
    let files = [
        file("a.rs", "#[cfg(test)] mod tests { use crate::b::B; } struct A;"),
        file("b.rs", "use crate::a::A; struct B;"),
    ];
    assert_eq!(circles(&files), [""; 0]);
}

#[test]
fn io_in_a_pure_layer_is_found_below_the_first_test_block_too() {
    let io = [
        "#[cfg(test)] mod tests { fn a() {} } pub(crate) async fn below() {}",
        "#[cfg(test)] const LIMIT: Limit = Limit { calls: 1 }; pub(crate) async fn below() {}",
        "use std::{collections::BTreeMap, fs};",
        "use kube::{Api, Client};",
        "fn a() { log!(reqwest::get) }",
    ];
    for planner in io {
        assert_eq!(io_in_pure_layers(&crate_with(planner)).len(), 1, "{planner}");
    }
}

#[test]
fn comments_and_strings_are_no_io() {
    let planner = "/// An async fn of tokio.\nfn a() -> &'static str { \"async std::fs\" /* reqwest */ }";
    assert_eq!(io_in_pure_layers(&crate_with(planner)), [""; 0]);
}

#[test]
fn a_second_home_of_a_name_is_found() {
    let files = [
        file("lib.rs", "pub use cli::Cli;"),
        file("api.rs", "macro_rules! words { () => {} } pub(crate) use words;"),
        file("plan.rs", "pub(crate) use crate::plan::step::Step;\nmod inner { struct Inner; }"),
    ];
    let expected = [
        "src/plan.rs:1 is a re-export: import from where it is defined",
        "src/plan.rs:2 is a module inside a file: give it a file",
    ];
    assert_eq!(second_homes(&files), expected);
}
