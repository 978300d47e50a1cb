//! Inputs that are not what is applied: templates, trees that a tool builds, encrypted manifests, and files that cannot be read.

use std::path::{Path, PathBuf};

use super::{CONFIG, TEAM, checked, messages, set};
use crate::cli::diagnostic::Check;
use crate::cli::manifests::read::read;

/// A folder with these files; it is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &[u8])]) -> Self {
        let folder = std::env::temp_dir().join(format!("ping-operator-{name}-{}", std::process::id()));
        for (path, text) in files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    /// The names of the objects in it, and what is told of it, without the folder's path.
    fn seen(&self) -> (Vec<String>, Vec<String>) {
        let (all, told) = read(std::slice::from_ref(&self.0));
        let place = format!("{}/", self.0.display());
        let told = told.iter().map(|told| told.to_string().replace(&place, ""));
        (all.iter().map(|manifest| manifest.name().to_owned()).collect(), told.collect())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn a_kustomize_tree_is_named_with_what_to_do_and_its_patches_are_no_manifests() {
    let kustomization = b"resources: [team.yaml, ../base]\npatches:\n- path: patch.yaml\n- patch: '- op: test'\n";
    let patch = b"kind: Team\nmetadata: {name: patch}\n";
    let folder = Folder::new(
        "kustomize",
        &[("kustomization.yaml", kustomization), ("patch.yaml", patch), ("team.yaml", TEAM.as_bytes())],
    );
    let (names, told) = folder.seen();
    assert_eq!(names, ["payments"]);
    assert!(told[0].starts_with("kustomization.yaml:1:1: the folder is built with Kustomize"), "{told:?}");
    assert!(told[0].contains("kubectl kustomize ") && told.len() == 1, "{told:?}");
}

#[test]
fn a_patch_of_a_kustomize_tree_is_no_manifest_wherever_below_the_folder_it_is() {
    let patch = b"kind: Team\nmetadata: {name: patch}\n";
    let files: [(&str, &[u8]); 6] = [
        ("common/shared.yaml", patch),
        ("dev/kustomization.yaml", b"patches:\n- path: ./patches/team.yaml\n- path: ../common/shared.yaml\n"),
        ("dev/patches/team.yaml", patch),
        ("dev/patches.yaml", TEAM.as_bytes()),
        ("prod/kustomization.yaml", b"components: [parts]\npatches: [{path: deep/er/team.yaml}]\n"),
        ("prod/deep/er/team.yaml", patch),
    ];
    let (names, told) = Folder::new("kustomize-deep", &files).seen();
    assert_eq!(names, ["payments"]);
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn a_chart_is_named_once_and_its_templates_are_not_read() {
    let template = b"kind: Team\nmetadata:\n  name: {{ .Values.name }}\n";
    let files: [(&str, &[u8]); 3] =
        [("Chart.yaml", b"name: x\n"), ("templates/team.yaml", template), ("crds/team.yaml", TEAM.as_bytes())];
    let (names, told) = Folder::new("chart", &files).seen();
    assert_eq!(names, ["payments"]);
    assert!(told.len() == 1 && told[0].contains("helm template"), "{told:?}");
}

#[test]
fn a_template_is_told_of_as_that_and_not_as_bad_yaml() {
    let report = checked(&set("kind: Team\nmetadata:\n  name: {{ .Values.name }}\n{{- if .x }}\nspec: [\n"));
    let found = &report.diagnostics[0];
    assert_eq!(found.check, Check::Rendering);
    assert!(found.message.contains("helm template RELEASE CHART"), "{found}");
}

#[test]
fn a_manifest_that_sops_encrypted_is_a_warning_and_may_be_referred_to() {
    let team = format!("{TEAM}sops: {{version: 3.9.0}}\n").replace("name: Payments", "name: ENC[AES256_GCM,data:x]");
    let report = checked(&[CONFIG, &team, super::SERVICE].join("---\n"));
    let messages = messages(&report).join("\n");
    assert!(
        messages.contains("warning: Team default/payments: sops: the manifest is encrypted with SOPS"),
        "{messages}"
    );
    assert!(messages.ends_with("0 errors, 1 warning"), "{messages}");
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_read() {
    let files: [(&str, &[u8]); 3] = [("a.yaml", b"\xff\xfe"), ("b/c.yaml", TEAM.as_bytes()), ("d.yaml", b"\xff")];
    let folder = Folder::new("unreadable", &files);
    let (names, told) = folder.seen();
    assert_eq!(names, ["payments"]);
    let expected = ["a.yaml", "d.yaml"].map(|file| format!("{file}:1:1: cannot be read: it is not text in UTF-8"));
    assert_eq!(told, expected);
    let (_, told) = read(&[Path::new("/no/such").to_owned()]);
    assert_eq!(told[0].message, "cannot be read: there is no such file or folder");
}

#[test]
fn a_text_that_some_reader_takes_for_a_number_or_a_boolean_is_told_with_its_place_as_it_is_written() {
    let named = |name: &str| [CONFIG, &TEAM.replace("name: Payments", &format!("name: {name}"))].join("---\n");
    for text in ["y", "No", "on", "0123", "08", "1_000", "12:30", "0b11", "1e3", "+7"] {
        let messages = messages(&checked(&named(text)));
        let (place, expected) = ("f.yaml:15:", format!("write it in quotes, '{text}'"));
        assert!(messages.len() == 2 && messages[0].starts_with(place), "{text}: {messages:#?}");
        assert!(messages[0].ends_with(&expected), "{text}: {messages:#?}");
        // kubectl reads no numbers to the base of 60.
        assert!(text != "12:30" || messages[0].contains("to the base of 60 for some readers"), "{messages:#?}");
        assert_eq!(checked(&named(&format!("'{text}'"))).diagnostics, [], "{text}");
        assert_eq!(checked(&named(&format!("\"{text}\" # a comment"))).diagnostics, [], "{text}");
    }
}

#[test]
fn a_label_that_looks_like_an_annotation_of_the_operator_is_a_warning() {
    let team = TEAM.replace("metadata:\n", "metadata:\n  labels: {ping-operator.dev/external_id: t-1, app: x}\n");
    let messages = messages(&checked(&[CONFIG, &team].join("---\n"))).join("\n");
    let expected =
        "has no effect: the operator reads annotations; did you mean the annotation 'ping-operator.dev/external-id'?";
    assert!(messages.contains(expected) && messages.ends_with("0 errors, 1 warning"), "{messages}");
}

#[test]
fn a_place_in_standard_input_has_the_number_of_the_document() {
    let (mut all, mut malformed) = (Vec::new(), Vec::new());
    super::parse("-", &set("kind: [\n").replace("kind: Team", "kind: Teem"), &mut all, &mut malformed);
    let report = super::check(&all, malformed, "default", false).unwrap();
    let messages = messages(&report).join("\n");
    assert!(
        messages.contains("-:11:1: error: Teem default/payments: kind: ") && messages.contains("(document 2)"),
        "{messages}"
    );
    assert!(messages.contains("(document 5)"), "{messages}");
}

#[test]
fn a_field_without_a_value_is_absent_as_for_the_api_server_unless_it_is_unknown() {
    let team = TEAM
        .replace("  members:\n  - email: ada@example.com\n    role: manager\n", "  members:\n  adoptionPolicy: null\n");
    assert_eq!(checked(&[CONFIG, &team].join("---\n")).diagnostics, []);
    let messages = messages(&checked(&[CONFIG, &team.replace("  members:", "  memebrs:")].join("---\n")));
    assert!(messages[0].contains("did you mean 'members'?"), "{messages:?}");
}

#[test]
fn a_key_or_a_value_of_a_label_that_the_api_server_refuses_is_told_with_what_is_allowed() {
    for (metadata, expected) in [
        ("labels: {'two words': x}", "the key 'two words' must be letters, digits"),
        ("labels: {Example.com/x: x}", "the key 'Example.com/x' must be"),
        ("labels: {app: two words}", "which 'two words' does not: letters, digits, '-', '_' and '.', 63 at most"),
        ("annotations: {a/b/c: x}", "the key 'a/b/c' must be"),
        ("colour: blue", "no field 'colour' is known here"),
    ] {
        let team = TEAM.replace("metadata:\n", &format!("metadata:\n  {metadata}\n"));
        let messages = messages(&checked(&[CONFIG, &team].join("---\n")));
        assert!(messages[0].starts_with("f.yaml:13:") && messages[0].contains(expected), "{expected}: {messages:#?}");
    }
    let team = TEAM.replace(
        "metadata:\n",
        "metadata:\n  annotations: {Example.com/x: two words}\n  labels: {app.k8s.io/x_y: ''}\n",
    );
    assert_eq!(checked(&[CONFIG, &team].join("---\n")).diagnostics, []);
}
