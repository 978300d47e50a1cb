//! Whoever installs by Helm, by kustomize or by the one file gets the same objects.

use serde_json::{Value, json};

use crate::packaging::rendered::{Objects, chart, kustomize, objects, path, text};

/// Labels that Helm's users expect, and no other way writes.
const HELMS_LABELS: [&str; 3] = ["helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/version"];

/// Takes off what only Helm needs.
fn without_helms_own(object: &mut Value) {
    let metadata = &mut object["metadata"];
    if let Some(labels) = metadata["labels"].as_object_mut() {
        for label in HELMS_LABELS {
            labels.remove(label);
        }
    }
    if object["kind"] == "CustomResourceDefinition" {
        let kept = object["metadata"]["annotations"].take();
        assert_eq!(kept, json!({"helm.sh/resource-policy": "keep"}), "an uninstallation keeps the CRDs");
    }
    object["metadata"].as_object_mut().expect("metadata").retain(|_, value| !value.is_null());
}

/// Takes off what only those need whose `delete` takes the CRDs and the namespace, too: Helm keeps both.
fn without_uninstallation(objects: &mut Objects) {
    objects.retain(|_, object| object["metadata"]["labels"]["app.kubernetes.io/component"] != "uninstall");
}

/// Fails with the first object that differs.
fn assert_same(what: &str, left: &Objects, right: &Objects) {
    let keys = |objects: &Objects| objects.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(left), keys(right), "{what}: not the same objects");
    for (key, object) in left {
        assert_eq!(Some(object), right.get(key), "{what}: {key:?}");
    }
}

#[test]
fn helm_and_kustomize_install_the_same_objects_with_equal_options() {
    for overlay in ["base", "namespaced", "single-account", "high-availability"] {
        let namespace = if overlay == "namespaced" { "monitoring" } else { "ping-operator" };
        let values = path(&format!("deploy/chart/ci/{overlay}-values.yaml")).to_string_lossy().into_owned();
        let args = if overlay == "base" { Vec::new() } else { vec!["--values", values.as_str()] };
        let mut by_helm = chart(namespace, &args).unwrap_or_else(|error| panic!("{overlay}: {error}"));
        by_helm.values_mut().for_each(without_helms_own);
        let mut by_kustomize = kustomize(overlay);
        without_uninstallation(&mut by_kustomize);
        // Helm's own flag makes it: --create-namespace.
        let made = by_kustomize.remove(&["Namespace", "", namespace].map(str::to_owned)).is_some();
        assert_eq!(made, overlay != "namespaced");
        assert_same(overlay, &by_helm, &by_kustomize);
    }
}

#[test]
fn the_one_file_is_what_kustomize_makes_of_the_base() {
    let file = text("deploy/install.yaml");
    assert_same("deploy/install.yaml is stale: run `make manifests`", &objects(&file), &kustomize("base"));
    assert!(file.len() < 1024 * 1024);
    for (key, object) in objects(&file) {
        // What client-side apply puts into an annotation.
        assert!(object.to_string().len() < 256 * 1024, "{key:?}");
    }
}

#[test]
fn the_chart_takes_its_rules_and_definitions_from_kustomize_and_crds() {
    let base = ["rbac.yaml", "user-roles.yaml", "admission.yaml"].map(|name| (name, "deploy/kustomize/base"));
    for (name, source) in base.into_iter().chain([("role.yaml", "deploy/kustomize/namespaced")]) {
        let same = text(&format!("deploy/chart/files/{name}")) == text(&format!("{source}/{name}"));
        assert!(same, "deploy/chart/files/{name} is stale: run `make manifests`");
    }
    let names = |dir: &str| {
        let files = std::fs::read_dir(path(dir)).expect("a folder").map(|file| file.expect("a file"));
        let files = files.filter(|file| file.path().is_file()).map(|file| file.file_name());
        files.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(names("deploy/chart/files/crds"), names("crds"));
    for name in names("crds") {
        let name = name.to_string_lossy();
        let same = text(&format!("deploy/chart/files/crds/{name}")) == text(&format!("crds/{name}"));
        assert!(same, "deploy/chart/files/crds/{name} is stale: run `make manifests`");
    }
}
