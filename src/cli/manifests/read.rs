//! The objects of files: several documents a file, JSON, and `List`s.

use std::path::PathBuf;
use std::rc::Rc;

use serde_json::Value;

use crate::cli::diagnostic::Diagnostic;
use crate::cli::manifests::field::Field;
use crate::cli::manifests::folder::{Contents, contents};
use crate::cli::manifests::place::LineColumn;
use crate::cli::manifests::{Document, Manifest};

/// The objects of the given paths, in order, and a diagnostic for each file or document that cannot be read. `-` is standard input.
pub(crate) fn read(paths: &[PathBuf]) -> (Vec<Manifest>, Vec<Diagnostic>) {
    let (mut all, mut diagnostics) = (Vec::new(), Vec::new());
    for path in paths {
        let Contents { files, problems } = contents(path);
        diagnostics.extend(problems);
        for file in files {
            parse(&file.path, &file.text, &mut all, &mut diagnostics);
        }
    }
    (all, diagnostics)
}

/// Appends the objects of a file's text to `all`, and a diagnostic for each document that is not valid YAML.
pub(crate) fn parse(file: &str, text: &str, all: &mut Vec<Manifest>, diagnostics: &mut Vec<Diagnostic>) {
    for document in documents(file, text) {
        match serde_saphyr::from_str::<Value>(&document.text) {
            Ok(Value::Null) => {}
            Ok(value) => match value.get("items").and_then(Value::as_array).filter(|_| is_list(&value)) {
                Some(items) => all.extend(items.iter().enumerate().map(|(at, item)| {
                    let within = Field::default().child("items").item(at);
                    manifest(&document, within, item.clone())
                })),
                None => all.push(manifest(&document, Field::default(), value)),
            },
            Err(error) => diagnostics.push(document.diagnostic(&error)),
        }
    }
}

fn manifest(document: &Rc<Document>, within: Field, value: Value) -> Manifest {
    let is_root = within == Field::default();
    let place = if is_root { document.place(LineColumn::START) } else { document.locate(&within) };
    Manifest { place, value, document: document.clone(), within }
}

fn is_list(value: &Value) -> bool {
    value.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"))
}

/// The documents of a text, without empty ones. Each begins with its first line that is neither empty nor a comment.
fn documents(file: &str, text: &str) -> Vec<Rc<Document>> {
    let mut documents = Vec::new();
    let (mut first_line, mut document) = (1, String::new());
    for (line, number) in text.lines().zip(1..) {
        if line == "---" || line.starts_with("--- ") {
            documents.extend(trimmed(file, documents.len(), first_line, &document));
            (first_line, document) = (number + 1, String::new());
            // A value may follow the marker on its line; the spaces keep its column.
            if let Some(value) = line.get(4..).filter(|value| !value.is_empty()) {
                (first_line, document) = (number, format!("    {value}\n"));
            }
        } else {
            document.push_str(line);
            document.push('\n');
        }
    }
    documents.extend(trimmed(file, documents.len(), first_line, &document));
    documents
}

/// A document without its leading comments and empty lines; `None` if nothing else is in it.
fn trimmed(file: &str, before: usize, first_line: u64, text: &str) -> Option<Rc<Document>> {
    let is_content = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let skipped = text.lines().position(is_content)?;
    let rest: Vec<_> = text.lines().skip(skipped).collect();
    Some(Document::new(file, before as u64 + 1, first_line + skipped as u64, rest.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Vec<Manifest>, Vec<Diagnostic>) {
        let (mut all, mut diagnostics) = (Vec::new(), Vec::new());
        parse("f.yaml", text, &mut all, &mut diagnostics);
        (all, diagnostics)
    }

    #[test]
    fn each_document_and_each_item_of_a_list_is_an_object_with_its_place() {
        let text = "# a comment\n---\n---\n# another\nkind: A\n--- {kind: B}\n---\nkind: List\nitems:\n- kind: C\n- {kind: D}\n";
        let (all, diagnostics) = parsed(text);
        let seen: Vec<_> = all.iter().map(|manifest| (manifest.kind(), manifest.place.line)).collect();
        assert_eq!(seen, [("A", 5), ("B", 6), ("C", 10), ("D", 11)]);
        assert_eq!(diagnostics, []);
    }

    #[test]
    fn a_text_without_quotes_ends_at_a_comment_or_at_the_end_of_its_item() {
        let text = "a: 5 # five, six\nb: yes # a] b\nc: {d: no, e: on}\nf: [off]\ng: x#y\nh: 'q' # r\n";
        let (all, _) = parsed(text);
        let plain = |field: &str| all[0].plain_text(&Field::dotted(field));
        let seen = ["a", "b", "c.d", "c.e", "f[0]", "g", "h"].map(plain);
        let expected = [Some("5"), Some("yes"), Some("no"), Some("on"), Some("off"), Some("x#y"), None];
        assert_eq!(seen, expected.map(|text| text.map(str::to_owned)));
    }

    #[test]
    fn invalid_yaml_and_a_wrong_type_are_reported_with_their_lines() {
        let (_, diagnostics) = parsed("kind: A\n---\nkind: B\nspec: [1\n");
        assert_eq!(diagnostics.len(), 1);
        assert!(diagnostics[0].place.line >= 4, "{diagnostics:?}");
        let (all, _) = parsed(
            "\n\nkind: Team\napiVersion: ping-operator.dev/v1alpha1\nmetadata: {name: t}\nspec:\n  name: [no]\n",
        );
        let error = all[0].typed::<crate::api::team::Team>().unwrap_err();
        assert_eq!((error.place.line, error.place.column), (7, 3), "{error}");
        let listed = "kind: List\nitems:\n- kind: Team\n  metadata: {name: t}\n  spec:\n    name: T\n    members: [{email: a@b}, {email: 7}]\n";
        let (all, _) = parsed(listed);
        let error = all[0].typed::<crate::api::team::Team>().unwrap_err();
        assert_eq!((error.place.line, error.field.to_string().as_str()), (7, "spec.members[1].email"), "{error}");
    }
}
