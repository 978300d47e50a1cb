//! The calls that a kind and each of its fields need, as `docs/coverage.md` has them, and where the provider documents them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// One call, and what of one kind needs it.
pub(super) struct KindCall {
    /// Its number, such as `P13`.
    pub(super) number: String,
    /// Method and address, such as `POST https://customer-cmd.api.pinghome.io/v1/team`.
    request: String,
    /// The fields and annotations, as the page has them; none: the object as a whole.
    uses: Vec<Use>,
}

/// What needs a call.
struct Use {
    /// A field with its value, or an annotation.
    text: String,
    /// Whether it is an annotation.
    is_annotation: bool,
}

impl Use {
    /// The path of the field, such as `spec.members[].role`.
    fn path(&self) -> Option<String> {
        let field = self.text.split(':').next().unwrap_or_default();
        let path = if field.starts_with("status.") { field.to_owned() } else { format!("spec.{field}") };
        (!self.is_annotation).then_some(path)
    }

    fn shown(&self) -> String {
        format!("{}`{}`", if self.is_annotation { "annotation " } else { "" }, self.text)
    }
}

impl KindCall {
    /// The provider's own page about the call.
    fn page(&self) -> (&'static str, &'static str) {
        match (self.number.chars().next(), self.number[1..].parse::<u32>()) {
            (Some('N'), Ok(1..)) => ("accounts", "https://nodeping.com/docs-api-accounts.html"),
            (Some('P'), Ok(1..=12)) => {
                ("account settings", "https://docs.pinghome.io/customer-account-management/account-settings")
            }
            (Some('P'), Ok(13..)) => (
                "team organization",
                "https://docs.pinghome.io/customer-account-management/team-organization-and-role-setup/",
            ),
            (provider, _) => panic!("{}: no page of {provider:?} is known", self.number),
        }
    }

    /// The paths of the fields that need it.
    pub(super) fn paths(&self) -> impl Iterator<Item = String> + '_ {
        self.uses.iter().filter_map(Use::path)
    }
}

/// Every call of a kind, in the order of the page. Both kinds of configs have the same.
pub(super) fn calls(kind: &str, kinds: &[String]) -> Vec<KindCall> {
    let kind = kind.trim_start_matches("Cluster");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/coverage.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| P") || line.starts_with("| N"));
    let call = |row: &str| {
        let cells: Vec<_> = row.split(" | ").collect();
        let number = cells[0].trim_start_matches("| ").to_owned();
        let golden = fs::read_to_string(root.join(format!("tests/golden/requests/{number}.http"))).unwrap();
        let uses = uses(kind, cells[2], kinds)?;
        Some(KindCall { request: request(cells[1].trim_matches('`'), &golden), number, uses })
    };
    rows.filter_map(call).collect()
}

/// The call of the page with the host that the request really goes to.
fn request(call: &str, golden: &str) -> String {
    let (method, path) = call.split_once(' ').unwrap();
    let first = path.split('/').nth(1).unwrap();
    let (base, _) = golden.lines().next().unwrap().split_once(&format!("/{first}")).unwrap();
    let (_, host) = base.split_once(' ').unwrap();
    format!("{method} {host}{path}")
}

/// What of a kind a cell names: ``Team `name`; SubAccount, Account `location` ``. Fields belong to the kinds before them.
fn uses(kind: &str, cell: &str, kinds: &[String]) -> Option<Vec<Use>> {
    let mut uses = Vec::new();
    let (mut is_named, mut is_meant, mut is_list_of_kinds) = (false, false, false);
    let mut before = "";
    for (at, part) in cell.split('`').enumerate() {
        if at % 2 == 1 {
            let is_annotation = before.ends_with("annotation ");
            uses.extend(is_meant.then(|| Use { text: part.to_owned(), is_annotation }));
            is_list_of_kinds = false;
            continue;
        }
        before = part;
        let words = part.split(|letter: char| !letter.is_alphanumeric());
        for word in words.filter(|word| kinds.iter().any(|known| known == word)) {
            is_meant = word == kind || is_list_of_kinds && is_meant;
            is_list_of_kinds = true;
            is_named |= is_meant;
        }
    }
    is_named.then_some(uses)
}

/// The section about the calls of a kind.
pub(super) fn section(calls: &[KindCall]) -> String {
    let mut text = "\n## Calls\n\nWhat the operator asks of the provider, and the provider's own page about it. [Coverage](../coverage.md) has a test for each.\n\n| call | for | page |\n|---|---|---|\n".to_owned();
    for call in calls {
        let (title, address) = call.page();
        let uses: Vec<_> = call.uses.iter().map(Use::shown).collect();
        let uses = if uses.is_empty() { "the object as a whole".to_owned() } else { uses.join(", ") };
        writeln!(text, "| `{}` | {uses} | [{title}]({address}) |", call.request).unwrap();
    }
    text
}

/// The line about the calls of one field.
pub(super) fn line(calls: &[KindCall], path: &str) -> Option<String> {
    let of = calls.iter().filter(|call| call.paths().any(|used| used == path));
    let shown: Vec<_> = of.map(|call| format!("[`{}`]({})", call.request, call.page().1)).collect();
    (!shown.is_empty()).then(|| format!("- Calls: {}\n", shown.join(", ")))
}
