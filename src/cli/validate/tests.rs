//! What is found in manifests, and how it is told.

mod approvals;
mod input;
mod nothing;

use super::*;
use crate::cli::manifests::read::parse;

fn checked(text: &str) -> ValidationReport {
    let (mut all, mut malformed) = (Vec::new(), Vec::new());
    parse("f.yaml", text, &mut all, &mut malformed);
    check(&all, malformed, "default", false).unwrap()
}

const CONFIG: &str = "\
apiVersion: ping-operator.dev/v1alpha1
kind: ProviderConfig
metadata:
  name: default
spec:
  provider: Pinghome
  credentials:
    secretRef: {name: pinghome, key: token}
";

const TEAM: &str = "\
apiVersion: ping-operator.dev/v1alpha1
kind: Team
metadata:
  name: payments
spec:
  name: Payments
  members:
  - email: ada@example.com
    role: manager
";

const SERVICE: &str = "\
apiVersion: ping-operator.dev/v1alpha1
kind: Service
metadata:
  name: checkout
spec:
  name: Checkout
  teamRef:
    name: payments
";

const CHANNEL: &str = "\
apiVersion: ping-operator.dev/v1alpha1
kind: NotificationChannel
metadata:
  name: hook
spec:
  owner:
    teamRef:
      name: payments
  type: webhook
  value: https://example.com/hook
";

/// A small organisation with nothing wrong in it; `more` is written after it.
fn set(more: &str) -> String {
    [CONFIG, TEAM, SERVICE, CHANNEL, more].join("---\n")
}

fn messages(report: &ValidationReport) -> Vec<String> {
    show::text(report, false).lines().map(str::to_owned).collect()
}

#[test]
fn manifests_with_nothing_wrong_are_valid() {
    let report = checked(&set("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n"));
    assert_eq!(messages(&report), ["4 manifests checked, 1 of other kinds skipped: 0 errors, 0 warnings"]);
}

#[test]
fn an_unknown_annotation_of_a_resource_or_a_config_is_found_with_the_nearest_known_one() {
    let annotated = |manifest: &str, key: &str| {
        manifest.replacen("metadata:\n", &format!("metadata:\n  annotations:\n    ping-operator.dev/{key}: x\n"), 1)
    };
    let team = annotated(TEAM, "external_id");
    let report = checked(&[annotated(CONFIG, "externalID"), team].join("---\n"));
    let messages = messages(&report);
    let hint = "is unknown: did you mean 'ping-operator.dev/external-id'?";
    assert_eq!(report.count(Level::Error), 2);
    for place in ["f.yaml:5:", "f.yaml:16:"] {
        assert!(messages.iter().any(|line| line.starts_with(place) && line.ends_with(hint)), "{messages:#?}");
    }
}

#[test]
fn the_namespace_that_kustomize_writes_into_a_cluster_scoped_config_is_ignored_as_by_the_api_server() {
    let cluster_config = CONFIG
        .replace("kind: ProviderConfig", "kind: ClusterProviderConfig")
        .replace("  name: default\n", "  name: shared\n  namespace: monitoring\n")
        .replace("name: pinghome,", "name: pinghome, namespace: tokens,");
    let team = format!("{TEAM}  providerConfigRef: {{kind: ClusterProviderConfig, name: shared}}\n");
    let report = checked(&[cluster_config, team].join("---\n"));
    assert_eq!(messages(&report), ["2 manifests checked, 0 of other kinds skipped: 0 errors, 0 warnings"]);
}

#[test]
fn each_slip_is_told_with_its_line_and_what_to_write_instead() {
    let again = CHANNEL.replace("name: hook", "name: other").replace("com/hook", "com/another");
    for (slip, correction, line, expected) in [
        ("kind: Team", "kind: Teem", 11, "did you mean 'Team'?"),
        (
            "operator.dev/v1alpha1\nkind: Team",
            "operator.dev/v1beta1\nkind: Team",
            10,
            "must be 'ping-operator.dev/v1alpha1'",
        ),
        (
            "operator.dev/v1alpha1\nkind: Team",
            "operater.dev/v1alpha1\nkind: Team",
            10,
            "must be 'ping-operator.dev/v1alpha1'",
        ),
        (
            "  members:",
            "  memebrs:",
            16,
            "no field 'memebrs' is known here; did you mean 'members'? Allowed: adoptionPolicy,",
        ),
        (
            "role: manager",
            "role: Manager",
            18,
            "must be one of 'user', 'manager', not 'Manager'; did you mean 'manager'?",
        ),
        ("ada@example.com", "ada", 17, "which 'ada' does not: the e-mail address of the person"),
        ("name: Payments", "name: 5", 15, "must be a text, not 5: write it in quotes, '5'"),
        ("  name: Payments\n", "", 14, "spec.name: must be set: the name of the team at Pinghome, 1 to 128 characters"),
        ("  name: payments\nspec:\n", "  name: Payments\nspec:\n", 13, "not: lower-case letters, digits, '-' and '.'"),
        (
            "  teamRef:\n    name: payments",
            "  teamRef:\n    name: payment",
            27,
            "the Team 'payment' is not among the manifests; did you mean 'payments'?",
        ),
        ("  teamRef:\n    name: payments", "  foo: 1", 26, "no field 'foo' is known here. Allowed: "),
        ("  teamRef:\n    name: payments\n", "", 24, "exactly one of `teamRef` and `team` must be set"),
        ("https://example.com", "http://example.com", 38, "must be an https URL, such as"),
        (
            "name: default",
            "name: defualt",
            14,
            "the config 'default' is not among the manifests; did you mean 'defualt'?",
        ),
        (
            "provider: Pinghome",
            "provider: NodePing",
            14,
            "the config 'default' is for NodePing, and this kind needs one for Pinghome",
        ),
        (
            "  name: hook\n",
            "  name: hook\n  annotations: {ping-operator.dev/allow-deletion: 'yes'}\n",
            33,
            "must be 'true' or 'orphan', not 'yes'",
        ),
        (
            "  - email: ada@example.com",
            "  - email: ada@example.com\n  - email: ADA@example.com",
            16,
            "each `email` must be listed once",
        ),
        ("metadata:\n  name: hook", "metadata:\n  name: hook\n name: x", 33, "did not find expected key"),
    ] {
        let text = set(&again).replacen(slip, correction, 1);
        assert_ne!(text, set(&again), "{slip}");
        let messages = messages(&checked(&text));
        let start = format!("f.yaml:{line}:");
        let found = messages.iter().any(|said| said.starts_with(&start) && said.contains(expected));
        assert!(found, "{correction:?}: {start} … {expected}\n{}", messages.join("\n"));
    }
}

#[test]
fn two_that_mean_one_object_are_told_with_both_places() {
    let adopted = |name: &str| {
        TEAM.replace("name: payments", &format!("name: {name}\n  annotations: {{ping-operator.dev/external-id: t-1}}"))
    };
    let channel = CHANNEL.replace("name: hook", "name: other");
    let text = set(&[TEAM, &adopted("one"), &adopted("two"), &channel].join("---\n"));
    let messages = messages(&checked(&text)).join("\n");
    for expected in [
        "f.yaml:43:3: error: Team default/payments: metadata.name: the Team 'default/payments' is written at f.yaml:10:1, too",
        "external-id']: Team 'default/one' has the same at f.yaml:54:17: an object is managed by one resource",
        "NotificationChannel default/other: spec.value: NotificationChannel 'default/hook' has the same at f.yaml:38:3",
        "warning: Team default/one: spec.members[0].email: Team 'default/payments' has the same at f.yaml:17:5",
    ] {
        assert!(messages.contains(expected), "{expected}\n{messages}");
    }
}

#[test]
fn two_of_one_name_are_no_error_where_a_tool_writes_their_namespaces() {
    let kustomize =
        Diagnostic::of_file("kustomization.yaml".to_owned(), Check::Rendering, "built".to_owned()).warning();
    let (mut all, mut malformed) = (Vec::new(), vec![kustomize]);
    parse("f.yaml", &[CONFIG, TEAM, CHANNEL, TEAM, CHANNEL].join("---\n"), &mut all, &mut malformed);
    let report = check(&all, malformed, "default", false).unwrap();
    assert_eq!((report.count(Level::Error), report.count(Level::Warning)), (0, 3), "{:#?}", messages(&report));
}

#[test]
fn what_is_missing_from_a_part_or_from_git_is_no_error() {
    let secret =
        CHANNEL.replace("value: https://example.com/hook", "valueFrom: {secretKeyRef: {name: hook, key: url}}");
    let (mut all, mut malformed) = (Vec::new(), Vec::new());
    parse("f.yaml", &[SERVICE, &secret].join("---\n"), &mut all, &mut malformed);
    let part = check(&all, Vec::new(), "default", true).unwrap();
    assert_eq!(part.diagnostics, []);
    let whole = check(&all, Vec::new(), "default", false).unwrap();
    assert_eq!(whole.count(Level::Error), 4, "{:?}", messages(&whole));
    let other_key = set(&[
        secret.replace("name: hook\n", "name: secret\n"),
        "apiVersion: v1\nkind: Secret\nmetadata: {name: hook}\nstringData: {uri: x}\n".to_owned(),
    ]
    .join("---\n"));
    let messages = messages(&checked(&other_key));
    assert!(messages[0].contains("the Secret 'hook' has no key 'url'"), "{messages:?}");
    assert!(!messages[0].contains("uri: x"), "{messages:?}");
}

#[test]
fn what_is_encrypted_is_no_error_and_a_key_that_is_not_there_is_one() {
    let channel =
        CHANNEL.replace("value: https://example.com/hook", "valueFrom: {secretKeyRef: {name: hook, key: url}}");
    let text = [CONFIG, TEAM, &channel].join("---\n");
    let encrypted = |fields: &str| {
        format!(
            "{text}---\napiVersion: v1\nkind: Secret\nmetadata: {{name: hook}}\n{fields}\nsops: {{version: 3.9.0}}\n"
        )
    };
    for fields in ["data: {url: 'ENC[AES256_GCM,data:x]'}", "stringData: {url: 'ENC[AES256_GCM,data:x]'}"] {
        assert_eq!(checked(&encrypted(fields)).diagnostics, [], "{fields}");
    }
    let messages = messages(&checked(&encrypted("data: {uri: 'ENC[AES256_GCM,data:x]'}")));
    assert!(messages[0].contains("the Secret 'hook' has no key 'url'"), "{messages:?}");
}

#[test]
fn an_address_from_a_secret_is_checked_and_not_shown() {
    let secret =
        "apiVersion: v1\nkind: Secret\nmetadata: {name: hook}\nstringData: {url: 'http://canary.example.com'}\n";
    let channel =
        CHANNEL.replace("value: https://example.com/hook", "valueFrom: {secretKeyRef: {name: hook, key: url}}");
    let text = [CONFIG, TEAM, &channel, secret].join("---\n");
    let messages = messages(&checked(&text)).join("\n");
    assert!(messages.contains("the channel's address must be an https URL"), "{messages}");
    assert!(!messages.contains("canary"), "{messages}");
}

#[test]
fn a_secret_whose_values_are_no_strings_is_refused_and_not_shown() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: hook}\nstringData:\n  code: 424242\n";
    let messages = messages(&checked(&[CONFIG, secret].join("---\n"))).join("\n");
    assert!(messages.contains("stringData.code: the values of a Secret are strings"), "{messages}");
    assert!(!messages.contains("424242"), "{messages}");
}

#[test]
fn findings_have_three_forms() {
    let text = set("kind: [\n").replace("kind: Team", "kind: Teem").replace("type: webhook", "type: 5");
    let report = checked(&text);
    insta::assert_snapshot!("text", show::text(&report, false));
    insta::assert_snapshot!("colours", show::text(&report, true));
    insta::assert_snapshot!("json", format!("{:#}", show::json(&report)));
    let sarif = format!("{:#}", show::sarif(&report)).replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!("sarif", sarif);
}

#[test]
fn a_kind_that_is_registered_by_one_line_is_validated() {
    let probe = |name: &str, spec: &str| {
        let metadata = format!("{{name: {name}, annotations: {{ping-operator.dev/external-id: a-1}}}}");
        format!("---\napiVersion: ping-operator.dev/v1alpha1\nkind: Probe\nmetadata: {metadata}\nspec: {spec}\n")
    };
    let config = CONFIG.replace("Pinghome", "NodePing");
    let text =
        format!("{config}{}{}{}", probe("one", "{name: One}"), probe("two", "{name: Two}"), probe("long", "{nam: x}"));
    let messages = messages(&checked(&text)).join("\n");
    for expected in ["an object is managed by one resource", "no field 'nam' is known here; did you mean 'name'?"] {
        assert!(messages.contains(expected), "{messages}");
    }
    let wrong = messages_of_wrong_provider(&text);
    assert!(wrong.contains("is for Pinghome, and this kind needs one for NodePing"), "{wrong}");
}

fn messages_of_wrong_provider(text: &str) -> String {
    messages(&checked(&text.replace("provider: NodePing", "provider: Pinghome"))).join("\n")
}
