//! Files, folders, standard input; several documents a file, JSON, and `List`s.

use std::cell::OnceCell;
use std::io;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::Value;

use crate::cli::manifests::field::Field;
use crate::cli::manifests::{Document, Fault, Manifest, Place};

/// What ends in one of these is a manifest, where a folder is read.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Every object of the given paths, in order, and everything that cannot be read, each with its place; `-` is standard input.
pub(crate) fn read(paths: &[PathBuf]) -> (Vec<Manifest>, Vec<Fault>) {
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        match texts(path) {
            Ok(texts) => texts.iter().for_each(|(file, text)| parse(file, text, &mut all, &mut faults)),
            Err(error) => {
                let place = Place { file: path.display().to_string(), line: 1, column: 1 };
                faults.push(Fault { place, message: format!("cannot be read: {error}"), is_unread: true });
            }
        }
    }
    (all, faults)
}

/// The texts of a path, by the file that each is in.
fn texts(path: &Path) -> io::Result<Vec<(String, String)>> {
    if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        return Ok(vec![("-".to_owned(), text)]);
    }
    if !path.is_dir() {
        return Ok(vec![(path.display().to_string(), std::fs::read_to_string(path)?)]);
    }
    let mut entries: Vec<_> =
        std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    let is_manifest = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        path.is_dir() || ending.is_some_and(|ending| ENDINGS.contains(&ending))
    };
    let below: io::Result<Vec<_>> = entries.iter().filter(|path| is_manifest(path)).map(|path| texts(path)).collect();
    Ok(below?.concat())
}

pub(crate) fn parse(file: &str, text: &str, all: &mut Vec<Manifest>, faults: &mut Vec<Fault>) {
    for (line, text) in documents(text) {
        let document = Rc::new(Document { file: file.to_owned(), line, text, spans: OnceCell::new() });
        match serde_saphyr::from_str::<Value>(&document.text) {
            Ok(Value::Null) => {}
            Ok(value) => match value.get("items").and_then(Value::as_array).filter(|_| is_list(&value)) {
                Some(items) => all.extend(items.iter().enumerate().map(|(at, item)| {
                    let within = Field::default().child("items").item(at);
                    manifest(&document, within, item.clone())
                })),
                None => all.push(manifest(&document, Field::default(), value)),
            },
            Err(error) => faults.push(document.fault(&error)),
        }
    }
}

fn manifest(document: &Rc<Document>, within: Field, value: Value) -> Manifest {
    let place = if within == Field::default() { document.place(1, 1) } else { document.locate(&within) };
    Manifest { place, value, document: document.clone(), within }
}

fn is_list(value: &Value) -> bool {
    value.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"))
}

/// The documents of a text, each with its first line that says something.
fn documents(text: &str) -> Vec<(u64, String)> {
    let mut documents = Vec::new();
    let (mut begun, mut document) = (1, String::new());
    for (line, number) in text.lines().zip(1..) {
        if line == "---" || line.starts_with("--- ") {
            documents.push((begun, std::mem::take(&mut document)));
            begun = number + 1;
            document.push_str(line.get(4..).unwrap_or_default());
            if !document.is_empty() {
                (begun, document) = (number, format!("    {document}\n"));
            }
        } else {
            document.push_str(line);
            document.push('\n');
        }
    }
    documents.push((begun, document));
    let says = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let skipped = |document: &str| document.lines().take_while(|line| !says(line)).count();
    let spoken = documents.into_iter().filter(|(_, document)| document.lines().any(says));
    spoken
        .map(|(begun, document)| {
            let skipped = skipped(&document);
            let rest: Vec<_> = document.lines().skip(skipped).collect();
            (begun + skipped as u64, rest.join("\n"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Vec<Manifest>, Vec<Fault>) {
        let (mut all, mut faults) = (Vec::new(), Vec::new());
        parse("f.yaml", text, &mut all, &mut faults);
        (all, faults)
    }

    #[test]
    fn each_document_and_each_item_of_a_list_is_an_object_with_its_place() {
        let text = "# a comment\n---\n---\n# another\nkind: A\n--- {kind: B}\n---\nkind: List\nitems:\n- kind: C\n- {kind: D}\n";
        let (all, faults) = parsed(text);
        let seen: Vec<_> = all.iter().map(|manifest| (manifest.kind().1, manifest.place.line)).collect();
        assert_eq!(seen, [("A", 5), ("B", 6), ("C", 10), ("D", 11)]);
        assert_eq!(faults, []);
    }

    #[test]
    fn what_is_no_yaml_and_what_does_not_fit_is_told_with_its_line() {
        let (_, faults) = parsed("kind: A\n---\nkind: B\nspec: [1\n");
        assert_eq!(faults.len(), 1);
        assert!(faults[0].place.line >= 4, "{faults:?}");
        let (all, _) = parsed(
            "\n\nkind: Team\napiVersion: ping-operator.dev/v1alpha1\nmetadata: {name: t}\nspec:\n  name: [no]\n",
        );
        let fault = all[0].typed::<crate::api::team::Team>().unwrap_err();
        assert_eq!((fault.place.line, fault.place.column), (7, 9), "{fault}");
    }
}
