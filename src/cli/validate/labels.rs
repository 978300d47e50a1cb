//! Labels in the operator's own namespace of keys. No IO.

use serde_json::Value;

use crate::api::annotations::is_ours;
use crate::api::kinds::Kind;
use crate::cli::diagnostic::{Check, Diagnostic};
use crate::cli::manifests::Manifest;
use crate::cli::manifests::field::Field;

/// A warning for each label that only looks like a word to the operator: it reads annotations. The labels of a config are
/// what `--selector` chooses by, whatever their prefix.
pub(crate) fn check(manifest: &Manifest, namespace: &str) -> Vec<Diagnostic> {
    if Kind::parse(manifest.kind()).is_some_and(Kind::is_config) {
        return Vec::new();
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::manifests::read::parse;

    fn told(kind: &str) -> Vec<String> {
        let (mut all, mut malformed) = (Vec::new(), Vec::new());
        let text = format!("kind: {kind}\nmetadata: {{name: x, labels: {{ping-operator.dev/shard: a, app: x}}}}\n");
        parse("f.yaml", &text, &mut all, &mut malformed);
        check(&all[0], "default").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_label_of_a_config_may_be_what_an_operator_selects_it_by() {
        for config in ["ProviderConfig", "ClusterProviderConfig"] {
            assert_eq!(told(config), [""; 0], "{config}");
        }
        assert!(told("Team")[0].contains("has no effect"), "{:?}", told("Team"));
    }
}
