//! One manifest of an export, and names for many. No IO.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::api::GROUP;
use crate::api::annotations::EXTERNAL_ID;

/// One resource.
pub(crate) struct ExportedManifest {
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) name: String,
    /// The external object; a channel and a config have none.
    pub(crate) id: Option<String>,
    /// Without defaults.
    pub(crate) spec: Fields,
}

/// Fields by their names.
pub(crate) type Fields = serde_json::Map<String, Value>;

/// Those of the fields that are there.
pub(crate) fn fields<const N: usize>(pairs: [(&str, Option<Value>); N]) -> Fields {
    pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// What an export is made of.
#[derive(Default)]
pub(crate) struct Export {
    pub(crate) manifests: Vec<ExportedManifest>,
    /// What exists and has no manifest, and why: one line each.
    pub(crate) left_out: Vec<String>,
}

impl ExportedManifest {
    /// The resource as the API server takes it.
    pub(crate) fn value(&self, namespace: Option<&str>) -> Value {
        let metadata = fields([
            ("name", Some(json!(self.name))),
            ("namespace", namespace.map(|namespace| json!(namespace))),
            ("annotations", self.id.as_ref().map(|id| json!({ EXTERNAL_ID: id }))),
        ]);
        json!({ "apiVersion": format!("{GROUP}/v1alpha1"), "kind": self.kind, "metadata": metadata, "spec": self.spec })
    }

    pub(crate) fn yaml(&self, namespace: Option<&str>) -> Result<String, String> {
        serde_saphyr::to_string(&self.value(namespace)).map_err(|error| error.to_string())
    }
}

/// Names of one kind, each given once. The same objects in the same order get the same names.
#[derive(Default)]
pub(crate) struct Names(HashSet<String>);

impl Names {
    /// Room for what kinds and numbers add to a name of 63 characters.
    const LONGEST: usize = 40;

    /// A name made of words; `otherwise` if nothing of them can stand in one.
    pub(crate) fn give(&mut self, words: &str, otherwise: &str) -> String {
        let lower = words.to_lowercase();
        let parts = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
        let slug = parts.collect::<Vec<_>>().join("-");
        let slug: String = slug.chars().take(Self::LONGEST).collect();
        let slug = match slug.trim_matches('-') {
            "" => otherwise,
            slug => slug,
        };
        let numbered = (2..).map(|number| format!("{slug}-{number}"));
        let name = std::iter::once(slug.to_owned()).chain(numbered).find(|name| !self.0.contains(name));
        let name = name.unwrap_or_default();
        self.0.insert(name.clone());
        name
    }
}
