//! `plan` through the real binary: what it prints is what the operator then calls.

mod approvals;
mod edits;
mod pull_request;
mod same_calls;

use std::io::Write;
use std::process::{Command, Output, Stdio};

use ping_emulator::{Fault, Trouble};
use serde_json::{Value, json};

use crate::harness::world::{TEAM, TOKEN};
use crate::harness::{Setup, World, binary};
use crate::lifecycle::SERVICE;

/// Runs `plan` on manifests and the world's configs.
fn plan(world: &World, manifests: &str, flags: &[&str]) -> Output {
    plan_with(world, &[world.config("default", "Pinghome"), world.config("nodeping", "NodePing")], manifests, flags)
}

/// Runs `plan` on manifests and these configs, `default` and `nodeping`.
fn plan_with(world: &World, configs: &[String], manifests: &str, flags: &[&str]) -> Output {
    let configs = configs.join("\n---\n");
    let mut child = Command::new(binary())
        .args(["plan", "-f", "-", "--namespace", &world.namespace])
        .args(["--allow-endpoint", &world.emulator.address().to_string()])
        .args(["--token", "default=THE_TOKEN", "--token", "nodeping=THE_TOKEN"])
        .args(flags)
        .env("THE_TOKEN", TOKEN)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    write!(child.stdin.take().expect("its input"), "{manifests}\n---\n{configs}\n").expect("the manifests");
    child.wait_with_output().expect("its output")
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A world whose operator has seen nothing but its configs.
async fn world() -> World {
    let world = Setup { read_lag: 1, ..Setup::default() }.build().await;
    world.ready("pingpc/default").await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_prints_each_call_and_why_and_exits_with_what_it_found() {
    let world = world().await;
    let team = TEAM.replace("spec: {", "spec: {members: [{email: ada@example.com}], ");
    let output = plan(&world, &[&team, SERVICE].join("\n---\n"), &[]);
    let text = printed(&output).replace(&world.emulator.address().to_string(), "HOST").replace(&world.namespace, "NS");
    assert_eq!(
        text,
        "+ create Team NS/platform\n    \
         members: (nobody) → ada@example.com (invitation)\n    \
         POST HOST/v1/team {\"name\":\"Platform\"}\n        \
         create Team platform\n    \
         POST HOST/v1/team/(known after apply)/invitation {\"channel_type\":\"email\",\"channel_value\":\"ada@example.com\"}\n        \
         invite ada@example.com (sends an e-mail)\n\n\
         + create Service NS/checkout\n    \
         POST HOST/v1/service {\"name\":\"checkout\",\"team_id\":\"(known after apply)\"}\n        \
         create Service checkout\n\n\
         2 to create, 0 to change, 0 to delete, 0 unchanged, 3 calls\n"
    );
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert_eq!(plan(&world, &team, &["--detailed-exitcode"]).status.code(), Some(2));
    assert_eq!(plan(&world, &team, &["--detailed-exitcode", "--colour"]).status.code(), Some(1));
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_json_for_machines_and_markdown_for_a_comment() {
    let world = world().await;
    let made = world.human("POST", "/customer-cmd/v1/team", json!({ "name": "Old" }));
    let id = made["team_id"].as_str().unwrap_or_default();
    let named = format!("metadata: {{annotations: {{ping-operator.dev/external-id: {id}}}, ");
    let team = TEAM.replace("metadata: {", &named);
    let same = |text: String| {
        text.replace(&world.emulator.address().to_string(), "HOST").replace(&world.namespace, "NS").replace(id, "ID")
    };
    let json = same(printed(&plan(&world, &team, &["-o", "json"])));
    let expected = json!({
        "version": 1,
        "objects": [{
            "kind": "Team", "namespace": "NS", "name": "platform", "action": "change",
            "changes": [{"field": "name", "old": "Old", "new": "Platform"}],
            "calls": [{
                "method": "PUT", "host": "HOST", "path": "/v1/team/ID", "query": {}, "body": {"name": "Platform"},
                "reason": "rename Team platform: Old → Platform", "weight": "plain",
            }],
            "needsApproval": false,
        }],
        "totals": {"create": 0, "change": 1, "delete": 0, "unchanged": 0, "calls": 1, "blocked": 0, "unknown": 0, "notLookedAt": 0, "needsApproval": 0},
    });
    let mut seen: Value = serde_json::from_str(&json).expect("JSON");
    // Both depend on the namespace.
    let whole = seen.as_object_mut().and_then(|report| report.remove("hash"));
    let hash = seen["objects"][0].as_object_mut().and_then(|object| object.remove("hash"));
    assert!(
        [whole, hash].iter().all(|hash| hash.as_ref().and_then(Value::as_str).is_some_and(|hash| hash.len() == 64))
    );
    assert_eq!(seen, expected);
    assert_eq!(
        same(printed(&plan(&world, &team, &["-o", "markdown"]))),
        "**0 to create, 1 to change, 0 to delete, 0 unchanged, 1 calls**\n\n<details><summary>All calls</summary>\n\n``````diff\n! change Team NS/platform\n    name: Old → Platform\n    \
         PUT HOST/v1/team/ID {\"name\":\"Platform\"}\n        rename Team platform: Old → Platform\n``````\n</details>\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_old_manifests_have_is_planned_to_be_deleted() {
    let mut world = world().await;
    world.apply(&[TEAM, SERVICE].join("\n---\n"));
    world.ready("pingsvc/checkout").await;
    world.stop().await;
    let (_, old) = world.kubectl(&["get", "pingsvc,pingteam", "-o", "yaml"], "");
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("old-{}.yaml", world.namespace));
    std::fs::write(&path, &old).expect("a file");
    let (_, kept) = world.kubectl(&["get", "pingteam", "-o", "yaml"], "");
    let output = plan(&world, &kept, &["--prune-from", &path.to_string_lossy()]);
    let text = printed(&output);
    assert!(text.contains(&format!("- delete Service {}/checkout", world.namespace)), "{text}{}", told(&output));
    assert!(text.ends_with("0 to create, 0 to change, 1 to delete, 1 unchanged, 1 calls\n"), "{text}");
    assert!(text.contains("DELETE") && text.contains("delete Service checkout"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_deletes_what_is_suspended_and_keeps_what_is_observed_or_orphaned_as_the_operator_does() {
    let world = world().await;
    let names = ["suspended", "observed", "orphaned"];
    let services = names.map(|name| SERVICE.replace("checkout", name));
    world.apply(&[&[TEAM.to_owned()][..], &services].concat().join("\n---\n"));
    for name in names {
        world.ready(&format!("pingsvc/{name}")).await;
    }
    world.patch("pingsvc/suspended", r#"{"spec": {"suspend": true}}"#);
    world.patch("pingsvc/observed", r#"{"spec": {"managementPolicy": "Observe"}}"#);
    world.patch("pingsvc/orphaned", r#"{"metadata": {"annotations": {"ping-operator.dev/allow-deletion": "orphan"}}}"#);
    let (_, old) = world.kubectl(&["get", "pingsvc,pingteam", "-o", "yaml"], "");
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("policies-{}.yaml", world.namespace));
    std::fs::write(&path, &old).expect("a file");
    let (_, kept) = world.kubectl(&["get", "pingteam", "-o", "yaml"], "");
    let output = plan(&world, &kept, &["--prune-from", &path.to_string_lossy()]);
    let text = printed(&output);
    let planned: Vec<_> = text.lines().filter_map(|line| line.trim().strip_prefix("DELETE ")).collect();
    let before = world.writes().len();
    for name in names {
        world.delete(&format!("pingsvc/{name}"));
        world.gone(&format!("pingsvc/{name}")).await;
    }
    let deleted = world.writes().split_off(before);
    assert_eq!((planned.len(), deleted.len()), (1, 1), "{text}{}{deleted:?}", told(&output));
    let id = planned.first().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    assert!(text.contains("- delete Service") && deleted.iter().all(|call| call.contains(id)), "{text}{deleted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_made_is_known_by_the_old_manifests_or_presumed_and_said_so() {
    let mut world = world().await;
    world.apply(&[TEAM, SERVICE].join("\n---\n"));
    world.ready("pingsvc/checkout").await;
    world.stop().await;
    let old = [TEAM, SERVICE].join("\n---\n");
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("before-{}.yaml", world.namespace));
    std::fs::write(&path, &old).expect("a file");
    let new = old.replace("name: Platform", "name: Core");
    let output = plan(&world, &new, &["--prune-from", &path.to_string_lossy()]);
    let text = printed(&output);
    assert_eq!(output.status.code(), Some(1), "{text}{}", told(&output));
    assert!(text.contains("rename Team platform: Platform → Core"), "{text}");
    assert!(text.ends_with("0 to create, 1 to change, 0 to delete, 1 unchanged, 1 calls\n"), "{text}");
    let output = plan(&world, &old, &[]);
    assert_eq!(output.status.code(), Some(0), "{}{}", printed(&output), told(&output));
    assert!(
        printed(&output).contains("2 resources are presumed to own the object of their name"),
        "{}",
        printed(&output)
    );
    let output = plan(&world, &old, &["--strict-ownership"]);
    assert_eq!(output.status.code(), Some(2), "{}", printed(&output));
    let errors = told(&output);
    assert!(errors.contains("Team ") && errors.contains("NameTaken"), "{errors}");
    assert!(errors.ends_with("name what is applied by --prune-from or --live\n"), "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_used_in_a_plan_and_never_printed() {
    let world = world().await;
    let secret =
        "{apiVersion: v1, kind: Secret, metadata: {name: hooks}, stringData: {url: 'https://example.com/SECRET-PATH'}}";
    let hook = "{apiVersion: ping-operator.dev/v1alpha1, kind: NotificationChannel, metadata: {name: hook}, \
                spec: {owner: {customer: {}}, type: webhook, valueFrom: {secretKeyRef: {name: hooks, key: url}}}}";
    for form in ["text", "json", "markdown"] {
        let output = plan(&world, &[secret, hook].join("\n---\n"), &["-o", form]);
        let text = printed(&output) + &told(&output);
        assert!(text.contains("(secret)"), "{text}");
        assert!(!text.contains("SECRET-PATH") && !text.contains(TOKEN), "{text}");
    }
    let output = plan(&world, hook, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let text = printed(&output);
    assert!(
        text.contains("spec.valueFrom: (known when applied): the Secret 'hooks' is not among the manifests"),
        "{text}"
    );
    assert!(text.ends_with("0 calls, 1 known when applied\n"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_planned_is_told_with_its_place_and_the_rest_is_planned() {
    let world = world().await;
    world.human("POST", "/customer-cmd/v1/team", json!({ "name": "Platform" }));
    let manifests =
        [TEAM, &SERVICE.replace("platform", "nobody"), &TEAM.replace("platform", "other").replace("Platform", "Other")];
    let output = plan(&world, &manifests.join("\n---\n"), &["--strict-ownership"]);
    let (text, errors) = (printed(&output), told(&output));
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("-:1:1: Team") && errors.contains("NameTaken: the name 'Platform' is borne by"),
        "{errors}"
    );
    assert!(errors.contains("-:3:1: Service") && errors.contains("ReferenceNotFound: the Team 'nobody'"), "{errors}");
    assert!(
        text.contains("+ create Team")
            && text.ends_with("1 to create, 0 to change, 0 to delete, 0 unchanged, 1 calls, 2 blocked\n"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_in_manifests_are_all_told_with_file_line_and_column() {
    let world = world().await;
    let wrong = TEAM.replace("spec: {", "spec: {adoptionPolicy: Sometimes, ");
    let output = plan(
        &world,
        &[&wrong, SERVICE, &SERVICE.replace("spec: {", "spec: {deletionPolicy: 7, ")].join("\n---\n"),
        &[],
    );
    let errors = told(&output);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert_eq!(errors.lines().count(), 2, "{errors}");
    assert!(errors.contains("error: -:1:") && errors.contains("error: -:5:"), "{errors}");
    assert!(errors.contains("Sometimes") && errors.contains("IfUnique"), "{errors}");
    let output = plan(&world, TEAM, &["-f", "nowhere.yaml"]);
    assert!(told(&output).contains("nowhere.yaml:1:1: cannot be read"), "{}", told(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_cannot_be_read_is_an_error_and_no_plan() {
    let world = world().await;
    world.emulator.fault(Fault::new("GET", "/v1/", 9, Trouble::Before { status: 401 }));
    let output = plan(&world, TEAM, &[]);
    assert_eq!((output.status.code(), printed(&output)), (Some(2), String::new()));
    assert!(told(&output).contains("refused the credential"), "{}", told(&output));
}
