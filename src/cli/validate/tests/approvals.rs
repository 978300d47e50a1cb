//! A config approves a list of plans, a resource one.

use super::*;

#[test]
fn a_config_may_list_hashes_and_an_entry_that_is_none_is_found() {
    let (one, other) = ("a".repeat(64), "b".repeat(64));
    let annotated = |manifest: &str, value: &str| {
        let annotation = format!("metadata:\n  annotations: {{ping-operator.dev/approved-plan: '{value}'}}\n");
        manifest.replacen("metadata:\n", &annotation, 1)
    };
    let list = format!("{one}, {other}");
    assert_eq!(checked(&annotated(CONFIG, &list)).count(Level::Error), 0);
    let report = checked(&annotated(CONFIG, &format!("{one},{}", &other[1..])));
    let messages = messages(&report);
    let told = format!("separated by commas or spaces, not '{}'", &other[1..]);
    assert!(messages.iter().any(|line| line.starts_with("f.yaml:4:") && line.ends_with(&told)), "{messages:#?}");
    // The list is a config's.
    let report = checked(&[CONFIG.to_owned(), annotated(TEAM, &list)].join("---\n"));
    assert_eq!(report.count(Level::Error), 1);
}
