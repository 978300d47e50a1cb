//! Keeps the rooms apart: what docs/architecture.md promises, as tests.

use std::fs;
use std::path::{Path, PathBuf};

use crate::api::reason::Reason;

/// Rooms where decisions are made.
const PURE: [&str; 4] = ["api", "provider", "inventory", "plan"];
/// What a pure room must not name.
const IO: [&str; 6] = ["async ", "tokio", "reqwest", "kube::Client", "std::fs", "std::net"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn sources(dir: &Path) -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            all.push((path, text));
        }
    }
    all
}

fn everything() -> Vec<(PathBuf, String)> {
    ["src", "tests", "benches"].iter().flat_map(|dir| sources(&root().join(dir))).collect()
}

#[test]
fn rooms_without_io_name_nothing_that_does_io() {
    let mut seen = 0;
    for (path, text) in sources(&root().join("src")) {
        let inner = path.strip_prefix(root().join("src")).unwrap();
        let room = inner.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        if !PURE.contains(&room.as_str()) || path.ends_with("tests.rs") {
            continue;
        }
        seen += 1;
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            let named = IO.iter().find(|word| line.contains(*word));
            assert_eq!(named, None, "{}:{}", inner.display(), number + 1);
        }
    }
    assert!(seen > 30, "only {seen} files were looked at");
}

#[test]
fn every_file_says_at_its_top_what_it_is_for() {
    for (path, text) in everything() {
        assert!(text.starts_with("//! "), "{}", path.display());
    }
}

#[test]
fn no_file_is_longer_than_300_lines() {
    for (path, text) in everything() {
        let lines = text.lines().count();
        assert!(lines <= 300, "{} has {lines} lines", path.display());
    }
}

#[test]
fn no_function_is_longer_than_45_lines() {
    for (path, text) in everything() {
        let lines: Vec<_> = text.lines().collect();
        for (start, line) in lines.iter().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let is_function = [
                "fn ",
                "pub fn ",
                "pub(crate) fn ",
                "pub(crate) fn ",
                "async fn ",
                "pub async fn ",
                "pub(crate) async fn ",
            ]
            .iter()
            .any(|word| line.trim_start().starts_with(word));
            let closing = format!("{}}}", " ".repeat(indent));
            let end = lines.iter().skip(start).position(|line| *line == closing);
            // Tests are stories; they may be as long as they are told.
            let is_test = start > 0 && lines.get(start - 1).is_some_and(|line| line.contains("test"));
            if is_function && !line.ends_with(';') && !line.ends_with("{}") && !is_test {
                let length = end.map_or(0, |end| end + 1);
                assert!(length <= 45, "{}:{} has {length} lines", path.display(), start + 1);
            }
        }
    }
}

#[test]
fn the_page_about_the_architecture_names_every_room() {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    for entry in fs::read_dir(root().join("src")).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        let room = format!("`{}/`", entry.file_name().to_string_lossy());
        assert!(page.contains(&room), "{room} is not in docs/architecture.md");
    }
}

#[test]
fn every_reason_has_its_place_in_the_page_about_conditions() {
    let page = fs::read_to_string(root().join("docs/conditions.md")).unwrap();
    for reason in Reason::ALL {
        assert!(page.contains(&format!("`{reason}`")), "{reason}");
    }
}

#[test]
fn every_test_that_a_page_names_exists() {
    let code: String = everything().into_iter().map(|(_, text)| text).collect();
    for page in ["docs/reliability.md", "docs/security.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let quoted = text.split('`').skip(1).step_by(2);
        let names: Vec<_> = quoted.filter(|word| word.matches('_').count() > 1 && !word.contains(['.', ' '])).collect();
        assert!(names.len() > 10, "{page}");
        for name in names {
            assert!(code.contains(&format!("fn {name}(")) || code.contains(&format!("fn {name}<")), "{page}: {name}");
        }
    }
}

#[test]
fn the_role_reads_secrets_by_name_only() {
    let text = fs::read_to_string(root().join("deploy/kustomize/base/rbac.yaml")).unwrap();
    let rules: Vec<_> = text.split("- apiGroups:").filter(|rule| rule.contains("secrets")).collect();
    assert_eq!(rules.len(), 1, "{rules:?}");
    assert!(rules.iter().all(|rule| rule.contains("verbs: [get]")), "{rules:?}");
}
