//! `docs/reference/`: a page for each kind, made of its CRD and of the examples. `make crds` writes the pages, and a test holds them equal.

mod calls;
mod examples;
mod field;
mod words;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::api::crds::schema::schema_name;
use calls::{KindCall, calls};
use examples::Examples;
use field::{Change, Field, fields, rules_of_the_spec};

/// What every page says of where it comes from.
const ORIGIN: &str = "<!-- `make crds` writes this page from the CRD and the examples. -->\n";

/// A page, by its file name in `docs/reference/`.
struct Page {
    file: String,
    text: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference")
}

/// A page for each kind, and the one that lists them.
fn all_pages() -> Vec<Page> {
    let examples = Examples::read();
    let crds = released();
    let mut all = vec![Page { file: "README.md".to_owned(), text: index(&crds) }];
    all.extend(crds.iter().map(|crd| Page { file: file_of(crd), text: page(crd, &examples) }));
    all
}

fn file_of(crd: &CustomResourceDefinition) -> String {
    format!("{}.md", crd.spec.names.plural)
}

/// The calls that a kind needs.
fn calls_of(crd: &CustomResourceDefinition) -> Vec<KindCall> {
    let kinds: Vec<_> = released().into_iter().map(|crd| crd.spec.names.kind).collect();
    calls(&crd.spec.names.kind, &kinds)
}

fn schema_of(crd: &CustomResourceDefinition) -> Value {
    crate::api::crds::schema::served(crd).unwrap()
}

/// The schemas' sentences on one line, for a table or a list.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn index(crds: &[CustomResourceDefinition]) -> String {
    let mut page = format!(
        "# Reference\n\n{ORIGIN}
Every field of every kind, as the CRDs say it. [The guide](../guide/README.md) says what the operator does with them; \
[annotations](../guide/README.md#annotations) and the [fields that all kinds have](../guide/README.md#common-fields) are there, too.

| kind | represents |\n|---|---|\n"
    );
    for crd in crds {
        let about = one_line(schema_of(crd)["description"].as_str().unwrap());
        writeln!(page, "| [{}]({}) | {about} |", crd.spec.names.kind, file_of(crd)).unwrap();
    }
    page
}

fn page(crd: &CustomResourceDefinition, examples: &Examples) -> String {
    let schema = schema_of(crd);
    let fields = fields(&schema);
    let calls = calls_of(crd);
    let side = |side: &str| -> String {
        let of = fields.iter().filter(|field| field.path.starts_with(&format!("{side}.")));
        of.map(|field| section(&crd.spec.names.kind, field, examples, &calls)).collect()
    };
    let rules = rules_of_the_spec(&schema).iter().fold(String::new(), |all, rule| format!("{all}\n- Rule: {rule}."));
    [
        head(crd, &schema),
        columns(crd),
        calls::section(&calls),
        format!("\n## Spec\n\nWhat you write.\n{rules}{}", side("spec")),
        format!("\n## Status\n\nWhat the operator writes. Nothing of it is part of a manifest.\n{}", side("status")),
    ]
    .concat()
}

/// What the kind is, how it is named, and a manifest.
fn head(crd: &CustomResourceDefinition, schema: &Value) -> String {
    let names = &crd.spec.names;
    let code = |list: &[String]| list.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let called =
        [&[names.plural.clone(), names.singular.clone().unwrap()], &names.short_names.clone().unwrap()[..]].concat();
    let example = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(example_of(crd))).unwrap();
    let (_, manifest) = example.split_once('\n').unwrap();
    format!(
        "# {kind}\n\n{ORIGIN}\n{about}\n
[The guide](../guide/{guide}.md) says what the operator does with it, and [conditions](../conditions.md) what its conditions and their reasons mean.

| | |\n|---|---|
| `apiVersion` | `{GROUP}/{version}` |
| scope | {scope} |
| names for kubectl | {called}, or `{category}` for all |
| field selectors | {selectors} |
| schema for editors | [`{schema_name}`](../../deploy/schemas/{schema_name}) |
| example | [`{example}`](../../{example}) |

```yaml\n{manifest}```\n",
        kind = names.kind,
        about = one_line(schema["description"].as_str().unwrap()),
        guide = names.plural.replace("cluster", ""),
        version = crd.spec.versions[0].name,
        scope = if crd.spec.scope == "Namespaced" { "a namespace" } else { "the cluster" },
        called = code(&called),
        category = names.categories.as_ref().unwrap()[0],
        selectors = selectors(crd),
        schema_name = schema_name(crd),
        example = example_of(crd),
    )
}

fn example_of(crd: &CustomResourceDefinition) -> String {
    format!("deploy/examples/{}", schema_name(crd).replace(".json", ".yaml"))
}

fn selectors(crd: &CustomResourceDefinition) -> String {
    let place = if crd.spec.scope == "Namespaced" { ", `metadata.namespace`" } else { "" };
    let own = crd.spec.versions[0].selectable_fields.iter().flatten();
    let own = own.map(|field| format!(", `{}`", field.json_path.trim_start_matches('.')));
    format!("`metadata.name`{place}{}", own.collect::<String>())
}

fn columns(crd: &CustomResourceDefinition) -> String {
    let mut text = "\n## Columns\n\n| column | shows | in |\n|---|---|---|\n".to_owned();
    for column in crd.spec.versions[0].additional_printer_columns.iter().flatten() {
        let view = if column.priority.is_none() { "`kubectl get`" } else { "`-o wide`" };
        writeln!(text, "| {} | `{}` | {view} |", column.name, column.json_path.trim_start_matches('.')).unwrap();
    }
    text
}

/// What there is to say about one field.
fn section(kind: &str, field: &Field, examples: &Examples, calls: &[KindCall]) -> String {
    let is_written = field.path.starts_with("spec.");
    let mut text = format!("\n### `{}`\n\n{}\n\n", field.path, one_line(field.schema["description"].as_str().unwrap()));
    let required = if field.is_required { ", required" } else { "" };
    writeln!(text, "- Type: {}{required}", words::type_of(&field.schema)).unwrap();
    if let Some(default) = field.schema.get("default") {
        writeln!(text, "- Default: `{default}`").unwrap();
    }
    if let Some(allowed) = words::allowed(&field.schema) {
        writeln!(text, "- Allowed: {allowed}").unwrap();
    }
    if is_written {
        let change = match field.change {
            Change::Allowed => "yes",
            Change::Refused => "no",
            Change::Limited => "as the rule says",
        };
        writeln!(text, "- Can be changed: {change}").unwrap();
    }
    for rule in &field.rules {
        writeln!(text, "- Rule: {rule}.").unwrap();
    }
    text.push_str(&calls::line(calls, &field.path).unwrap_or_default());
    if let Some(example) = is_written.then(|| example(kind, field, examples)).flatten() {
        text.push_str(&words::example(field.path.rsplit('.').next().unwrap(), &example));
    }
    text
}

/// A value that a manifest has, or the schema itself: the default, or the first of the allowed values.
fn example(kind: &str, field: &Field, examples: &Examples) -> Option<Value> {
    let of_schema = || field.schema.get("default").or_else(|| field.schema.get("enum")?.get(0));
    examples.of(kind, &field.path).or_else(of_schema).cloned()
}

#[test]
fn the_pages_of_the_reference_are_what_the_crds_say() {
    let all = all_pages();
    // `make crds` asks for it.
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(folder()).unwrap();
        for page in &all {
            fs::write(folder().join(&page.file), &page.text).unwrap();
        }
    }
    assert_eq!(fs::read_dir(folder()).unwrap().count(), all.len(), "files in docs/reference/");
    for Page { file, text } in all {
        let stands = fs::read_to_string(folder().join(&file)).unwrap_or_default();
        assert!(stands == text, "docs/reference/{file} is stale: run `make crds`");
    }
}

#[test]
fn the_page_about_coverage_names_fields_that_exist_and_each_of_its_calls_is_on_the_page_of_a_kind() {
    let mut numbers = BTreeSet::new();
    for crd in released() {
        let known: Vec<_> = fields(&schema_of(&crd)).into_iter().map(|field| field.path).collect();
        for path in calls_of(&crd).iter().flat_map(KindCall::paths) {
            assert!(known.contains(&path), "{}: {path}", crd.spec.names.kind);
        }
        numbers.extend(calls_of(&crd).into_iter().map(|call| call.number));
    }
    assert_eq!(numbers.len(), 40, "{numbers:?}");
}

#[test]
fn every_field_of_a_spec_has_an_example() {
    let examples = Examples::read();
    for crd in released() {
        let kind = &crd.spec.names.kind;
        for field in fields(&schema_of(&crd)).iter().filter(|field| field.path.starts_with("spec.")) {
            assert!(example(kind, field, &examples).is_some(), "{kind}: no manifest shows {}", field.path);
        }
    }
}

#[test]
fn a_description_says_of_changes_what_the_rules_say() {
    for crd in released() {
        for field in fields(&schema_of(&crd)).iter().filter(|field| field.path.starts_with("spec.")) {
            let text = one_line(field.schema["description"].as_str().unwrap());
            let said = match (text.contains("Immutable once"), text.contains("Immutable.")) {
                (true, _) => Change::Limited,
                (false, true) => Change::Refused,
                // What is within a field that cannot change says nothing of its own.
                (false, false) if text.contains("Mutable") => Change::Allowed,
                (false, false) => continue,
            };
            assert_eq!(field.change, said, "{} {}: {text}", crd.spec.names.kind, field.path);
        }
    }
}

#[test]
fn a_rule_of_two_states_refuses_a_change_or_limits_it() {
    let rule = |cel: &str, path: &str| json!([{ "rule": cel, "message": "it must stay", "fieldPath": path }]);
    let text = json!({ "type": "string" });
    let list = json!({ "type": "array", "items": { "type": "object", "properties": { "name": text } } });
    let spec = json!({
        "properties": { "owner": list, "plain": text, "user": text },
        "x-kubernetes-validations": [rule("self.owner == oldSelf.owner", ".owner")[0], rule("!has(oldSelf.user) || has(self.user)", ".user")[0], rule("self.user == oldSelf.user || has(self.plain)", ".plain")[0]],
    });
    let found = fields(&json!({ "properties": { "spec": spec } }));
    let found: Vec<_> = found.iter().map(|field| (field.path.as_str(), field.change, field.rules.len())).collect();
    let wanted = [
        ("spec.owner", Change::Refused, 1),
        ("spec.owner[].name", Change::Refused, 0),
        ("spec.plain", Change::Allowed, 1),
        ("spec.user", Change::Limited, 1),
    ];
    assert_eq!(found, wanted);
}
