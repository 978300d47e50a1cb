//! The places that a change needs: every file that names an example of a kind, a call, a field or a condition is in the
//! page's table about it.

use std::fs;
use std::path::Path;

use crate::architecture::source::root;

/// One table of the page, and the names of something that exists.
struct Example {
    heading: &'static str,
    names: &'static [&'static str],
}

const EXAMPLES: [Example; 4] = [
    Example { heading: "### A kind", names: &["SubAccount", "subaccounts"] },
    Example { heading: "### A call", names: &["RemindInvited"] },
    Example { heading: "### A field of a spec", names: &["membership_policy", "membershipPolicy"] },
    Example { heading: "### A condition or a reason", names: &["InvitationsPending", "AmbiguousCreate"] },
];

/// Folders and files in which a change may need a place; tests are asked for by themselves.
const SEARCHED: [&str; 5] = ["src", "crds", "deploy", "docs", "README.md"];

/// A file by its path from the root of the repository.
pub(crate) struct TextFile {
    /// Its path.
    pub(crate) path: String,
    /// Its text, without the tests in it.
    pub(crate) text: String,
}

/// The files in which a change may need a place.
pub(crate) fn searched() -> Vec<TextFile> {
    let mut files = Vec::new();
    for start in SEARCHED {
        collect(&root().join(start), &mut files);
    }
    let is_test =
        |path: &str| path.contains("/tests") || path.contains("/snapshots/") || path.starts_with("src/architecture");
    // What was released never changes.
    let is_past = |path: &str| path.starts_with("crds/released/") || path == "docs/architecture.md";
    files.retain(|file| !is_test(&file.path) && !is_past(&file.path));
    files
}

fn collect(path: &Path, files: &mut Vec<TextFile>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), files);
        }
    } else if let Ok(text) = fs::read_to_string(path) {
        let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
        let path = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        files.push(TextFile { path, text });
    }
}

/// Every file that names an example and is not in its table, and every place of a table that no file fits.
pub(crate) fn missing(page: &str, files: &[TextFile]) -> Vec<String> {
    let mut findings = Vec::new();
    for Example { heading, names } in EXAMPLES {
        let places = places(page, heading);
        let naming = files.iter().filter(|file| names.iter().any(|name| file.text.contains(name)));
        let outside = naming.filter(|file| !places.iter().any(|place| fits(place, &file.path)));
        findings.extend(outside.map(|file| format!("{} names {}, and is not in '{heading}'", file.path, names[0])));
        let empty = places.iter().filter(|place| !files.iter().any(|file| fits(place, &file.path)));
        findings.extend(empty.map(|place| format!("'{heading}' names {place}, which no file fits")));
    }
    findings
}

/// The places in the first column of the table below a heading.
fn places<'a>(page: &'a str, heading: &str) -> Vec<&'a str> {
    let section = page.split(heading).nth(1).unwrap_or_default().split("\n### ").next().unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    rows.flat_map(|column| column.split('`').step_by(2)).filter(|place| !place.is_empty()).collect()
}

/// Whether a path fits a place: `<word>` and `*` stand for a part of a name, `**` for anything.
fn fits(place: &str, path: &str) -> bool {
    let (rest, crosses_folders) = if let Some(rest) = place.strip_prefix("**") {
        (rest, true)
    } else if let Some(rest) = place.strip_prefix('*') {
        (rest, false)
    } else if let Some((_, rest)) = place.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        (rest, false)
    } else {
        let Some(first) = place.chars().next() else { return path.is_empty() };
        return path.strip_prefix(first).is_some_and(|path| fits(&place[first.len_utf8()..], path));
    };
    let ends = path.char_indices().map(|(at, _)| at).chain([path.len()]);
    ends.take_while(|at| crosses_folders || !path[..*at].contains('/')).any(|at| fits(rest, &path[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_stands_for_names_and_folders() {
        assert!(fits("src/api/<kind>.rs", "src/api/sub_account.rs"));
        assert!(!fits("src/api/<kind>.rs", "src/api/team/members.rs"));
        assert!(fits("src/api/<kind>/*.rs", "src/api/team/members.rs"));
        assert!(fits("src/plan/kinds/**", "src/plan/kinds/team/membership/wanted.rs"));
        assert!(!fits("src/api/kinds.rs", "src/api/kinds.rs2"));
    }

    #[test]
    fn a_file_outside_of_its_table_is_found_and_so_is_an_empty_place() {
        let page = "### A kind\n\n| place |\n|---|\n| `src/a.rs`, `src/b.rs` | x |\n\n## Next\n";
        let file = |path: &str| TextFile { path: path.to_owned(), text: "SubAccount".to_owned() };
        let findings = missing(page, &[file("src/a.rs"), file("src/c.rs")]);
        assert_eq!(findings.len(), 2, "{findings:?}");
    }
}
