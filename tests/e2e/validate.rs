//! `validate` through the real binary: it says what the API server says.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::harness::world::TEAM;
use crate::harness::{World, binary};
use crate::lifecycle::SERVICE;

/// So many manifests are spoilt where nobody asks for more by `SPOILT=…`.
const SPOILT: usize = 400;

/// Runs `validate` on manifests that it reads from its input.
pub(crate) fn validate(manifests: &str, flags: &[&str]) -> Output {
    let mut child = Command::new(binary())
        .args(["validate", "-f", "-"])
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    child.stdin.take().expect("its input").write_all(manifests.as_bytes()).expect("the manifests");
    child.wait_with_output().expect("its output")
}

/// The manifests of the examples, as people find them.
fn examples() -> Vec<Value> {
    let files = std::fs::read_dir("deploy/examples").expect("the examples").flatten();
    let mut paths: Vec<_> = files.map(|file| file.path()).filter(|path| path.is_file()).collect();
    paths.sort();
    let texts = paths.iter().map(|path| std::fs::read_to_string(path).expect("an example"));
    let documents = texts.flat_map(|text| text.split("\n---\n").map(str::to_owned).collect::<Vec<_>>());
    let values = documents.map(|text| serde_saphyr::from_str(&text).expect("YAML"));
    values.filter(|value: &Value| value["apiVersion"] == "ping-operator.dev/v1alpha1").collect()
}

/// Pointers to everything below the spec.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    let below: Vec<_> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.replace('/', "~1"), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in below {
        let at = format!("{at}/{name}");
        pointers(value, &at, all);
        all.push(at);
    }
}

/// Spoils a manifest in one place, or leaves it nearly as it is.
fn spoil(manifest: &mut Value, random: &mut fastrand::Rng) {
    let mut all = Vec::new();
    pointers(&manifest["spec"], "/spec", &mut all);
    let Some(pointer) = random.choice(&all) else { return };
    let (holder, name) = pointer.rsplit_once('/').expect("a pointer");
    let values = [
        Value::Null,
        json!(""),
        json!("x"),
        json!("two words"),
        json!("Ünïcode"),
        json!("a@b"),
        json!("https://x"),
        json!("x".repeat(300)),
        json!(0),
        json!(-1),
        json!(7),
        json!(1.5),
        json!(100_000),
        json!(true),
        json!([]),
        json!({}),
        json!(["x"]),
        json!({"name": "x"}),
    ];
    match (random.u8(0..4), manifest.pointer_mut(holder)) {
        (0, Some(Value::Object(fields))) => drop(fields.remove(name)),
        (1, Some(Value::Object(fields))) => drop(fields.insert("colour".to_owned(), json!("blue"))),
        (2, Some(Value::Array(items))) => items.extend(items.first().cloned()),
        _ => *manifest.pointer_mut(pointer).expect("it is there") = random.choice(&values).cloned().unwrap_or_default(),
    }
}

/// Spoils the metadata or the head of some manifests; the name tells them apart.
fn named(manifest: &mut Value, number: usize, random: &mut fastrand::Rng) {
    let metadata = [
        json!({}),
        json!({ "labels": { "app": "x" } }),
        json!({ "labels": { "app": 5 } }),
        json!({ "labels": { "two words": "x" } }),
        json!({ "labels": { "app": "two words" } }),
        json!({ "labels": { "app": "x".repeat(64) } }),
        json!({ "labels": { "UPPER.example.com/x": "x" } }),
        json!({ "labels": [] }),
        json!({ "annotations": { "example.com/x": "two words" } }),
        json!({ "annotations": { "example.com/x": true } }),
        json!({ "annotations": { "two words": "x" } }),
        json!({ "annotations": { "a/b/c": "x" } }),
        json!({ "annotations": Value::Null }),
        json!({ "colour": "blue" }),
        json!({ "finalizers": ["example.com/x"] }),
        json!({ "finalizers": ["x"] }),
    ];
    let is_spoilt = random.u8(0..4) == 0;
    manifest["metadata"] = random.choice(&metadata).filter(|_| is_spoilt).cloned().unwrap_or_else(|| json!({}));
    manifest["metadata"]["name"] = json!(format!("spoilt-{number}"));
    if random.u8(0..40) == 0 {
        manifest["colour"] = json!("blue");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_api_server_refuses_is_invalid_and_what_it_takes_is_valid() {
    let world = World::new().await;
    let (examples, mut random) = (examples(), fastrand::Rng::with_seed(7));
    let count = std::env::var("SPOILT").ok().and_then(|count| count.parse().ok()).unwrap_or(SPOILT);
    let spoilt: Vec<_> = (0..count)
        .map(|number| {
            let mut manifest = random.choice(&examples).cloned().unwrap_or_default();
            spoil(&mut manifest, &mut random);
            named(&mut manifest, number, &mut random);
            manifest
        })
        .collect();
    let text = spoilt.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n");
    let (_, told) = world.kubectl(&["apply", "--dry-run=server", "-f", "-"], &text);
    let output = validate(&text, &["--partial", "-o", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let findings = report["findings"].as_array().into_iter().flatten();
    // What the operator would say later is no matter of the API server's.
    let ours = findings.filter(|finding| finding["check"] == "schema" || finding["check"] == "rule");
    let invalid: BTreeSet<_> = ours.filter_map(|finding| finding["name"].as_str()).collect();
    let (mut refused, mut differences) = (0, Vec::new());
    for (number, manifest) in spoilt.iter().enumerate() {
        let accepted = told.lines().any(|line| line.contains(&format!("/spoilt-{number} created")));
        refused += usize::from(!accepted);
        let name = format!("spoilt-{number}");
        if accepted == invalid.contains(name.as_str()) {
            let theirs: Vec<_> = told.lines().filter(|line| line.contains(&name)).collect();
            let ours: Vec<_> =
                report["findings"].as_array().into_iter().flatten().filter(|one| one["name"] == *name).collect();
            differences.push(format!("{manifest}\n  API server: {theirs:?}\n  validate: {ours:?}"));
        }
    }
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
    assert!((count / 4..count - count / 10).contains(&refused), "{refused} of {count}");
}

#[test]
fn the_exit_code_says_whether_manifests_are_valid_invalid_or_not_to_be_read() {
    let whole = [TEAM, SERVICE].join("\n---\n");
    let code = |output: &Output| output.status.code();
    let valid = validate(&whole, &["--partial"]);
    assert_eq!((code(&valid), valid.stderr.as_slice()), (Some(0), &b""[..]));
    let invalid = validate(&whole, &[]);
    let text = String::from_utf8_lossy(&invalid.stdout).into_owned();
    assert_eq!(code(&invalid), Some(1), "{text}");
    assert!(
        text.starts_with(
            "-:1:82: error: Team default/platform: spec.providerConfigRef.name: the config 'default' is not"
        ),
        "{text}"
    );
    let unread = validate(&whole, &["--partial", "-f", "/no/such/folder"]);
    let text = String::from_utf8_lossy(&unread.stderr).into_owned();
    assert_eq!(code(&unread), Some(2), "{text}");
    assert!(text.starts_with("error: /no/such/folder:1:1: cannot be read: there is no such file"), "{text}");
}

#[test]
fn an_input_without_any_object_is_an_error_unless_that_is_allowed() {
    for nothing in ["", "# a comment\n---\n"] {
        let refused = validate(nothing, &[]);
        let text = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(2) && text.contains("--allow-empty"), "{text}");
        assert_eq!(validate(nothing, &["--allow-empty"]).status.code(), Some(0));
    }
}

#[test]
fn every_example_is_valid_as_a_part() {
    let output = Command::new(binary())
        .args(["validate", "--partial", "-f", "deploy/examples/organisation", "deploy/demo"])
        .output()
        .expect("the binary");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    for file in std::fs::read_dir("deploy/examples").expect("the examples").flatten() {
        let path = file.path();
        let output =
            Command::new(binary()).args(["validate", "--partial", "-f"]).arg(&path).output().expect("the binary");
        assert!(output.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&output.stdout));
    }
}
