//! Approvals: what `plan` says needs one waits with the same hash, and is then carried out as planned.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{plan_with, printed, told, world};
use crate::harness::world::id_of;
use crate::harness::{World, condition, reason};
use crate::lifecycle::SERVICE;
use crate::members::team;

const PHONE: &str = "{apiVersion: ping-operator.dev/v1alpha1, kind: NotificationChannel, metadata: {name: phone}, spec: {owner: \
                     {teamRef: {name: platform}}, type: sms, value: '+994551234567'}}";

/// A world whose config of Pinghome requires approvals.
async fn strict() -> World {
    let world = world().await;
    world.patch("pingpc/default", r#"{"spec": {"approval": "Required"}}"#);
    world
}

/// What `plan` says in JSON, of these manifests under the same configs.
fn planned(world: &World, manifests: &str, flags: &[&str]) -> Value {
    let config = world.config("default", "Pinghome").replace("spec: {", "spec: {approval: Required, ");
    let configs = [config, world.config("nodeping", "NodePing")];
    let output = plan_with(world, &configs, manifests, &[&["-o", "json"], flags].concat());
    serde_json::from_str(&printed(&output)).unwrap_or_else(|error| panic!("{error}: {}", told(&output)))
}

/// What a plan says of one resource: the hash, and the calls that need an approval.
fn asked(plan: &Value, name: &str) -> (String, Vec<String>) {
    let objects = plan["objects"].as_array().expect("objects");
    let object = objects.iter().find(|object| object["name"] == name).unwrap_or_else(|| panic!("{name}: {plan}"));
    let calls = object["calls"].as_array().expect("calls").iter().filter(|call| call["weight"] != "plain");
    let calls = calls.map(|call| call["reason"].as_str().unwrap_or_default().to_owned()).collect();
    (object["hash"].as_str().unwrap_or_default().to_owned(), calls)
}

/// Waits until a resource waits for an approval, and returns what it asks for.
async fn waiting(world: &World, resource: &str) -> (String, Vec<String>) {
    let object = world.says(resource, "ApprovalRequired").await;
    assert_eq!(
        (&condition(&object, "Ready")["status"], &condition(&object, "Stalled")["status"]),
        (&json!("False"), &json!("True"))
    );
    let pending = &object["status"]["pendingPlan"];
    let calls = pending["calls"].as_array().map(Vec::as_slice).unwrap_or_default();
    let calls = calls.iter().map(|call| call.as_str().unwrap_or_default().to_owned()).collect();
    (pending["hash"].as_str().unwrap_or_default().to_owned(), calls)
}

fn approve(world: &World, resource: &str, hash: &str) {
    let annotation = format!("ping-operator.dev/approved-plan={hash}");
    let (accepted, text) = world.kubectl(&["annotate", "--overwrite", resource, &annotation], "");
    assert!(accepted, "{text}");
}

/// Approves these hashes, and no others, on the config.
fn approve_on_config(world: &World, hashes: &[&str]) {
    approve(world, "pingpc/default", &hashes.join(","));
}

fn folder(world: &World, name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", world.namespace));
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The calls of a plan as the provider receives them, but for ids.
fn lines(plan: &Value) -> Vec<String> {
    let objects = plan["objects"].as_array().expect("objects").iter();
    let calls = objects.flat_map(|object| object["calls"].as_array().expect("calls").clone());
    calls
        .map(|call| {
            format!("{} {}", call["method"].as_str().unwrap_or_default(), call["path"].as_str().unwrap_or_default())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_an_approval_waits_with_the_hash_of_the_plan_and_is_then_done_as_planned() {
    let world = strict().await;
    let manifests =
        [&team("{email: ada@example.com}, {email: bob@example.com, role: manager}"), PHONE, SERVICE].join("\n---\n");
    let plan = planned(&world, &manifests, &[]);
    let ((people, invitations), (phone, code)) = (asked(&plan, "platform"), asked(&plan, "phone"));
    assert_eq!((invitations.len(), code.len()), (2, 1), "{plan}");
    world.apply(&manifests);
    assert_eq!(waiting(&world, "pingteam/platform").await, (people.clone(), invitations));
    // The team is there: that needs no approval.
    assert_eq!(world.writes(), [r#"POST /v1/team {"name":"Platform"}"#]);
    approve(&world, "pingteam/platform", &phone);
    world.look_again("pingteam/platform").await;
    assert_eq!(world.writes().len(), 1, "another hash approves nothing");
    approve(&world, "pingteam/platform", &people);
    let object = world.ready("pingteam/platform").await;
    assert_eq!(
        (&object["status"]["pendingPlan"], &object["status"]["approvedPlan"]),
        (&Value::Null, &json!({ "hash": people }))
    );
    assert_eq!(waiting(&world, "pingnc/phone").await, (phone.clone(), code));
    world.ready("pingsvc/checkout").await;
    approve(&world, "pingnc/phone", &phone);
    world.ready("pingnc/phone").await;
    let id = id_of(&object);
    let made: Vec<_> = world
        .writes()
        .iter()
        .map(|line| line.split(" {").next().unwrap_or_default().replace(&id, "(known after apply)"))
        .collect();
    let mut expected = lines(&plan);
    // The service needed no approval.
    let at = |lines: &[String], path: &str| lines.iter().position(|line| line.contains(path)).expect("it is called");
    let (from, to) = (at(&expected, "/service"), at(&made, "/service"));
    let service = expected.remove(from);
    expected.insert(to, service);
    assert_eq!(made, expected);
    let (_, events) =
        world.kubectl(&["get", "events", "-o", "jsonpath={range .items[*]}{.reason} {.message}{\"\\n\"}{end}"], "");
    for (reason, hash) in [
        ("ApprovalRequired", &people),
        ("UsedApproval", &people),
        ("ApprovalRequired", &phone),
        ("UsedApproval", &phone),
    ] {
        let told = events.lines().filter(|line| line.starts_with(reason) && line.contains(hash.as_str())).count();
        assert_eq!(told, 1, "{reason} {hash}: {events}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn approvals_that_plan_writes_are_merged_with_the_change_and_nothing_waits() {
    let world = strict().await;
    let manifests = [&team("{email: ada@example.com}"), PHONE, SERVICE].join("\n---\n");
    let folder = folder(&world, "approved");
    let written = folder.join("approvals");
    planned(&world, &manifests, &["--write-approvals", &written.to_string_lossy()]);
    std::fs::write(folder.join("all.yaml"), format!("---\n{manifests}\n")).expect("a file");
    std::fs::write(folder.join("kustomization.yaml"), "resources: [all.yaml]\ncomponents: [approvals]\n")
        .expect("a file");
    let (built, text) = world.kubectl(&["kustomize", &folder.to_string_lossy()], "");
    assert!(built && text.matches("ping-operator.dev/approved-plan").count() == 2, "{text}");
    world.apply(&text);
    for resource in ["pingteam/platform", "pingnc/phone", "pingsvc/checkout"] {
        world.ready(resource).await;
    }
    let (_, events) = world.kubectl(&["get", "events", "-o", "jsonpath={.items[*].reason}"], "");
    assert!(events.contains("UsedApproval") && !events.contains("ApprovalRequired"), "{events}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_for_one_set_of_people_and_is_used_once() {
    let world = strict().await;
    let list = team("").replace("spec: {", "spec: {membershipPolicy: Authoritative, ");
    world.apply(&list);
    let id = id_of(&world.ready("pingteam/platform").await);
    let invite = |email: &str| {
        let body = json!({ "channel_value": email, "channel_type": "email" });
        world.human("POST", &format!("/customer-cmd/v1/team/{id}/invitation"), body);
    };
    let kubeconfig = world.cluster.admin().to_string_lossy().into_owned();
    let live = ["--live", "--kubeconfig", &kubeconfig];
    invite("eve@example.com");
    world.look_again("pingteam/platform").await;
    let first = waiting(&world, "pingteam/platform").await;
    assert_eq!(asked(&planned(&world, &list, &live), "platform"), first);
    invite("mallory@example.com");
    approve(&world, "pingteam/platform", &first.0);
    world.look_again("pingteam/platform").await;
    let both = waiting(&world, "pingteam/platform").await;
    assert!(both.0 != first.0 && both.1.len() == 2, "{both:?}");
    assert_eq!(world.count(&["DELETE"]), 0);
    approve(&world, "pingteam/platform", &both.0);
    world.ready("pingteam/platform").await;
    assert_eq!(world.count(&["DELETE"]), 2);
    // The annotation is still there.
    invite("eve@example.com");
    invite("mallory@example.com");
    world.look_again("pingteam/platform").await;
    let again = waiting(&world, "pingteam/platform").await;
    assert!(again.0 != both.0 && again.1 == both.1, "{again:?} {both:?}");
    assert_eq!(asked(&planned(&world, &list, &live), "platform"), again);
    assert_eq!(world.count(&["DELETE"]), 2);
    approve(&world, "pingteam/platform", &again.0);
    world.ready("pingteam/platform").await;
    assert_eq!(world.count(&["DELETE"]), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_waits_for_its_approval_and_an_unknown_word_is_refused() {
    let world = strict().await;
    let list = team("");
    world.apply(&list);
    let id = id_of(&world.ready("pingteam/platform").await);
    let (_, old) = world.kubectl(&["get", "pingteam", "-o", "yaml"], "");
    let path = folder(&world, "deleted").join("old.yaml");
    std::fs::write(&path, old).expect("a file");
    let plan = planned(&world, "", &["--prune-from", &path.to_string_lossy()]);
    world.delete("pingteam/platform");
    let asked_for = waiting(&world, "pingteam/platform").await;
    assert_eq!(asked_for, asked(&plan, "platform"));
    assert_eq!(asked_for.1, ["delete Team platform"]);
    let object = world.get("pingteam/platform").await.unwrap_or_default();
    assert_eq!(reason(&object, "DeletionHeld"), "ApprovalRequired");
    approve(&world, "pingteam/platform", "yes");
    let object = world.says("pingteam/platform", "InvalidPolicy").await;
    assert!(condition(&object, "Ready")["message"].as_str().unwrap_or_default().contains("approved-plan"), "{object}");
    assert_eq!(world.count(&["DELETE"]), 0);
    approve(&world, "pingteam/platform", &asked_for.0);
    world.gone("pingteam/platform").await;
    assert_eq!(world.count(&["DELETE", &id]), 1);
    let (accepted, text) =
        world.kubectl(&["patch", "pingpc/default", "--type=merge", "-p", r#"{"spec": {"approval": "Maybe"}}"#], "");
    assert!(!accepted && text.contains("spec.approval"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_on_the_config_approves_plans_of_its_resources_once_and_wakes_who_waits() {
    let world = strict().await;
    let people = team("{email: ada@example.com}");
    let manifests = [&people, PHONE].join("\n---\n");
    let plan = planned(&world, &manifests, &[]);
    let (invite, code) = (asked(&plan, "platform").0, asked(&plan, "phone").0);
    world.apply(&manifests);
    assert_eq!(waiting(&world, "pingteam/platform").await.0, invite);
    approve_on_config(&world, &[&code]);
    world.look_again("pingteam/platform").await;
    assert_eq!(world.count(&["POST", "/invitation"]), 0, "the hash is another resource's");
    approve_on_config(&world, &[&code, &invite]);
    for resource in ["pingteam/platform", "pingnc/phone"] {
        let object = world.ready(resource).await;
        assert_eq!(object["metadata"]["annotations"]["ping-operator.dev/approved-plan"], Value::Null);
    }
    assert_eq!(world.count(&["POST", "/invitation"]), 1);
    // A used hash stays in the list, and approves nothing again, whatever is approved meanwhile.
    world.apply(&team(""));
    let withdraw = waiting(&world, "pingteam/platform").await.0;
    approve_on_config(&world, &[&code, &invite, &withdraw]);
    world.ready("pingteam/platform").await;
    world.apply(&people);
    let again = waiting(&world, "pingteam/platform").await.0;
    assert!(again != invite, "{again}");
    approve_on_config(&world, &[&code, &invite, &withdraw, &again]);
    world.ready("pingteam/platform").await;
    assert_eq!((world.count(&["POST", "/invitation"]), world.count(&["DELETE"])), (2, 1));
    approve_on_config(&world, &[&code, "yes"]);
    let config = world.says("pingpc/default", "InvalidPolicy").await;
    let told = condition(&config, "Ready")["message"].as_str().unwrap_or_default().to_owned();
    assert!(told.contains("approved-plan") && told.ends_with("not 'yes'"), "{told}");
    approve_on_config(&world, &[]);
    world.ready("pingpc/default").await;
}
