//! What Helm and kustomize make of the files in `deploy/`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A file or folder of the repository.
pub(super) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The text of a file of the repository.
pub(super) fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Objects by kind, namespace and name.
pub(super) type Objects = BTreeMap<[String; 3], Value>;

/// What a command prints; or what it says of its failure.
pub(super) fn run(program: &Path, args: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(args).output().unwrap_or_else(|error| {
        panic!("{}: {error}: run `make controlplane`", program.display());
    });
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(out.into_owned()) } else { Err(format!("{out}{err}")) }
}

/// Helm, as `make controlplane` builds it.
pub(super) fn helm(args: &[&str]) -> Result<String, String> {
    run(&path(".tools/bin/helm"), args)
}

/// The objects of the chart in a namespace, with these arguments.
pub(super) fn chart(namespace: &str, args: &[&str]) -> Result<Objects, String> {
    let chart = path("deploy/chart");
    let fixed = ["template", "ping-operator", &chart.to_string_lossy(), "-n", namespace, "--kube-version", "1.34.0"];
    helm(&[&fixed[..], args].concat()).map(|text| objects(&text))
}

/// The objects of an overlay.
pub(super) fn kustomize(overlay: &str) -> Objects {
    let dir = path("deploy/kustomize").join(overlay);
    let text = run(Path::new("kubectl"), &["kustomize", &dir.to_string_lossy()]);
    objects(&text.unwrap_or_else(|text| panic!("{overlay}: {text}")))
}

/// The objects of a text with several documents. One object twice is an error.
pub(super) fn objects(text: &str) -> Objects {
    let mut objects = Objects::new();
    let documents = format!("\n{text}");
    for document in documents.split("\n---").filter(|document| has_yaml(document)) {
        let object: Value = serde_saphyr::from_str(document).unwrap_or_else(|error| panic!("{error}: {document}"));
        let field = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = &object["metadata"];
        let key = [field(&object["kind"]), field(&metadata["namespace"]), field(&metadata["name"])];
        assert!(key.iter().any(|part| !part.is_empty()), "{document}");
        let before = objects.insert(key.clone(), object);
        assert!(before.is_none(), "{key:?} is there twice");
    }
    objects
}

/// Whether a document has anything but comments.
fn has_yaml(document: &str) -> bool {
    document.lines().any(|line| !line.trim().is_empty() && !line.starts_with('#'))
}
