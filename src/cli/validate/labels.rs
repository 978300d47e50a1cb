//! Labels in the operator's own namespace of keys. No IO.

use serde_json::Value;

use crate::api::annotations::is_ours;
use crate::cli::diagnostic::{Check, Diagnostic};
use crate::cli::manifests::Manifest;
use crate::cli::manifests::field::Field;

/// A warning for each label that only looks like a word to the operator: it reads annotations.
pub(crate) fn check(manifest: &Manifest, namespace: &str) -> Vec<Diagnostic> {
    let labels = manifest.value.pointer("/metadata/labels").and_then(Value::as_object);
    let ours = labels.into_iter().flatten().map(|(key, _)| key).filter(|key| is_ours(key));
    let warning = |key: &String| {
        let field = Field::dotted("metadata.labels").child(key);
        let message = format!("the label '{key}' has no effect: the operator reads annotations; {}", hint(key));
        manifest.error(namespace, Check::Value, field, message).warning()
    };
    ours.map(warning).collect()
}

fn hint(key: &str) -> String {
    match crate::api::annotations::nearest_key(key) {
        Some(known) => format!("did you mean the annotation '{known}'?"),
        None => "keys under this prefix are the operator's: choose another prefix".to_owned(),
    }
}
