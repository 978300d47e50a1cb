//! Inputs without any object.

use super::{TEAM, is_without_object};
use crate::cli::diagnostic::{Check, Diagnostic};
use crate::cli::manifests::Manifest;
use crate::cli::manifests::read::parse;

fn parsed(text: &str) -> (Vec<Manifest>, Vec<Diagnostic>) {
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    parse("f.yaml", text, &mut all, &mut problems);
    (all, problems)
}

#[test]
fn an_input_is_without_any_object_although_a_warning_tells_of_a_chart() {
    let chart = || Diagnostic::of_file("Chart.yaml".to_owned(), Check::Rendering, "a chart".to_owned()).warning();
    assert!(is_without_object(&[], &[]));
    assert!(is_without_object(&[], &[chart()]));
    assert!(!is_without_object(&parsed(TEAM).0, &[chart()]));
    let (all, broken) = parsed("kind: [\n");
    assert!(!is_without_object(&all, &broken), "an object may be in what is no YAML");
}
