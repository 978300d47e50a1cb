//! The manifests of `deploy/examples` and of the guide, in which each field of a spec has an example.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// The folders with manifests, those for the first look first.
const FOLDERS: [&str; 3] = ["deploy/examples", "docs/guide", "deploy/examples/organisation"];

/// Manifests, in the order in which they are looked at.
pub(super) struct Examples(Vec<Value>);

impl Examples {
    /// Reads every manifest of the folders.
    pub(super) fn read() -> Self {
        let mut all = Vec::new();
        for folder in FOLDERS {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
            files.sort();
            for file in files.iter().filter(|file| file.is_file()) {
                let text = fs::read_to_string(file).unwrap();
                let is_page = file.extension().is_some_and(|end| end == "md");
                let texts = if is_page { blocks(&text) } else { vec![text.as_str()] };
                let documents = texts.into_iter().flat_map(|text| text.split("\n---\n"));
                all.extend(documents.filter_map(|document| serde_saphyr::from_str(document).ok()));
            }
        }
        Self(all)
    }

    /// The first value of a field in a manifest of the kind; else in one of another kind, since common fields are the same in all.
    pub(super) fn of(&self, kind: &str, path: &str) -> Option<&Value> {
        let own = self.0.iter().filter(|manifest| manifest["kind"] == kind);
        own.chain(&self.0).find_map(|manifest| at(manifest, path))
    }
}

/// The blocks of YAML in a page.
fn blocks(page: &str) -> Vec<&str> {
    page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// The first value at a path, in which `[]` stands for the entries of a list or a map.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let (name, is_many) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
    let found = value.get(name)?;
    let entries: Vec<&Value> = match found {
        Value::Array(entries) if is_many => entries.iter().collect(),
        Value::Object(entries) if is_many => entries.values().collect(),
        other => vec![other],
    };
    entries.into_iter().find_map(|entry| rest.map_or(Some(entry), |rest| at(entry, rest)))
}
