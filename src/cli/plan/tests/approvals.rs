//! What a plan says of approvals, and what `--write-approvals` writes.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::plan::tests::bench::{Bench, Planned, SECRET, file};
use crate::cli::plan::write_approvals::{self, ApproveOn};

const TEAM: &str = "{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {name: platform}, spec: {name: Platform, members: \
                    [{email: ada@example.com}, {email: bob@example.com, role: manager}]}}";
const PHONE: &str = "{apiVersion: ping-operator.dev/v1alpha1, kind: NotificationChannel, metadata: {name: phone}, spec: {owner: \
                     {teamRef: {name: platform}}, type: sms, value: '+994551234567'}}";
const SERVICE: &str = "{apiVersion: ping-operator.dev/v1alpha1, kind: Service, metadata: {name: web}, spec: {name: Web, teamRef: \
                       {name: platform}}}";

/// A config that requires approvals.
fn strict(bench: &Bench) -> String {
    bench.config("default").replace("spec: {", "spec: {approval: Required, ")
}

async fn planned(bench: &Bench, config: &str, manifests: &[&str], flags: &[&str]) -> Planned {
    bench.plan(&[&[config, SECRET], manifests].concat(), flags).await.unwrap()
}

fn json_of(planned: &Planned) -> Value {
    serde_json::to_value(&planned.report).unwrap()
}

/// The plan's word on one resource: its hash, and whether it needs an approval.
fn said(planned: &Planned, name: &str) -> (String, bool) {
    let report = json_of(planned);
    let object = report["objects"].as_array().unwrap().iter().find(|object| object["name"] == name).unwrap();
    (object["hash"].as_str().unwrap().to_owned(), object["needsApproval"].as_bool().unwrap())
}

fn approved(manifest: &str, hash: &str) -> String {
    manifest.replacen(
        "metadata: {",
        &format!("metadata: {{annotations: {{ping-operator.dev/approved-plan: '{hash}'}}, "),
        1,
    )
}

#[tokio::test]
async fn a_plan_says_what_needs_an_approval_and_plans_what_follows_it() {
    let bench = Bench::start().await;
    let all = planned(&bench, &strict(&bench), &[TEAM, PHONE, SERVICE], &[]).await;
    let ((team, needs), (_, phone), (_, service)) = (said(&all, "platform"), said(&all, "phone"), said(&all, "web"));
    assert_eq!((needs, phone, service), (true, true, false));
    assert!(
        all.text.contains(&format!("    needs approval: ping-operator.dev/approved-plan: {team}\n")),
        "{}",
        all.text
    );
    assert!(all.total().ends_with("5 calls, 2 need approval"), "{}", all.text);
    let listed =
        format!("**Needs approval** (2)\n\n- `Team default/platform`: `ping-operator.dev/approved-plan: {team}`\n");
    assert!(all.markdown.contains(&listed), "{}", all.markdown);
    // The annotation alone is not enough for another resource, and another person is another plan.
    let given = planned(&bench, &strict(&bench), &[&approved(TEAM, &team), PHONE], &[]).await;
    assert_eq!((said(&given, "platform"), said(&given, "phone").1), ((team.clone(), false), true));
    let more = TEAM.replace("bob@example.com, role: manager", "eve@example.com, role: manager");
    let (other, needs) = said(&planned(&bench, &strict(&bench), &[&approved(&more, &team)], &[]).await, "platform");
    assert!(needs && other != team);
}

#[tokio::test]
async fn a_plan_has_hashes_where_nothing_waits_too() {
    let bench = Bench::start().await;
    let free = planned(&bench, &bench.config("default"), &[TEAM, SERVICE], &[]).await;
    let strict = planned(&bench, &strict(&bench), &[TEAM, SERVICE], &[]).await;
    assert_eq!(said(&free, "platform").0, said(&strict, "platform").0);
    assert_eq!((said(&free, "platform").1, free.total().ends_with("4 calls")), (false, true));
    let (one, other) = (json_of(&free), json_of(&strict));
    assert!(one["hash"] == other["hash"] && one["hash"].as_str().is_some_and(|hash| hash.len() == 64), "{one}");
    assert_ne!(json_of(&planned(&bench, &bench.config("default"), &[SERVICE], &[]).await)["hash"], one["hash"]);
}

#[tokio::test]
async fn an_approval_of_what_is_there_names_who_is_removed_and_what_is_deleted() {
    let bench = Bench::start().await;
    for name in ["Platform", "Gone"] {
        bench.human("POST", "/customer-cmd/v1/team", json!({ "name": name }));
    }
    let gone = "{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {name: gone}, spec: {name: Gone}}";
    let before = file(&[&strict(&bench), TEAM, gone].join("\n---\n"));
    let flags = ["--prune-from", before.to_str().unwrap()];
    let all = planned(&bench, &strict(&bench), &[TEAM], &flags).await;
    assert!(said(&all, "gone").1, "{}", all.text);
    let again = planned(&bench, &strict(&bench), &[TEAM], &flags).await;
    assert_eq!(said(&all, "gone"), said(&again, "gone"));
    std::fs::remove_file(before).unwrap();
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("ping-operator-{name}-{}", std::process::id()));
    drop(std::fs::remove_dir_all(&folder));
    folder
}

#[tokio::test]
async fn approvals_are_written_as_patches_and_those_of_an_earlier_plan_go() {
    let (bench, folder) = (Bench::start().await, folder("approvals"));
    let all = planned(&bench, &strict(&bench), &[TEAM, PHONE, SERVICE], &[]).await;
    write_approvals::write(&all.report, &folder, ApproveOn::Resources).unwrap();
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let patch = text("team-default-platform.yaml");
    let expected = format!(
        "apiVersion: ping-operator.dev/v1alpha1\nkind: Team\nmetadata:\n  namespace: default\n  name: platform\n  annotations:\n    \
         ping-operator.dev/approved-plan: {}\n",
        said(&all, "platform").0
    );
    assert!(patch.ends_with(&expected), "{patch}");
    let component = text("kustomization.yaml");
    assert!(
        component.contains("kind: Component") && component.contains("- path: team-default-platform.yaml\n"),
        "{component}"
    );
    std::fs::write(folder.join("mine.yaml"), "a: b\n").unwrap();
    // With the approval in the manifest nothing is needed, and it is written all the same: the manifest has it from there.
    let given = planned(&bench, &strict(&bench), &[&approved(TEAM, &said(&all, "platform").0)], &[]).await;
    write_approvals::write(&given.report, &folder, ApproveOn::Resources).unwrap();
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["kustomization.yaml", "mine.yaml", "team-default-platform.yaml"]);
    std::fs::write(folder.join("kustomization.yaml"), "resources: []\n").unwrap();
    assert!(
        write_approvals::write(&given.report, &folder, ApproveOn::Resources)
            .unwrap_err()
            .contains("is another file: move it")
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn the_approvals_of_all_resources_of_a_config_are_one_patch_and_count_from_its_list() {
    let (bench, folder) = (Bench::start().await, folder("config-approvals"));
    let all = planned(&bench, &strict(&bench), &[TEAM, PHONE, SERVICE], &[]).await;
    write_approvals::write(&all.report, &folder, ApproveOn::Configs).unwrap();
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let mut hashes = [said(&all, "platform").0, said(&all, "phone").0];
    hashes.sort();
    let [one, other] = &hashes;
    let expected = format!(
        "apiVersion: ping-operator.dev/v1alpha1\nkind: ProviderConfig\nmetadata:\n  namespace: default\n  name: default\n  annotations:\n    \
         ping-operator.dev/approved-plan: >-\n      {one}\n      {other}\n"
    );
    let patch = text("providerconfig-default-default.yaml");
    assert!(patch.ends_with(&expected), "{patch}");
    let target = "- path: providerconfig-default-default.yaml\n  target: {group: ping-operator.dev, kind: ProviderConfig, name: 'default'}\n";
    assert!(text("kustomization.yaml").ends_with(&format!("patches:\n{target}")), "{}", text("kustomization.yaml"));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
    // What is in the list needs nothing more, and the rest does.
    for (list, phone) in [(format!("{one}, {other}"), false), (said(&all, "platform").0, true)] {
        let given = planned(&bench, &approved(&strict(&bench), &list), &[TEAM, PHONE, SERVICE], &[]).await;
        assert_eq!((said(&given, "platform").1, said(&given, "phone").1), (false, phone), "{list}");
        write_approvals::write(&given.report, &folder, ApproveOn::Configs).unwrap();
        assert_eq!(text("providerconfig-default-default.yaml"), patch);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_patch_says_the_namespace_where_another_one_has_the_name_that_needs_no_approval() {
    let (bench, folder) = (Bench::start().await, folder("namesakes"));
    let mut all = planned(&bench, &strict(&bench), &[TEAM, SERVICE], &[]).await;
    let other = all.report.objects.iter_mut().find(|object| object.kind == "Service").unwrap();
    (other.kind, other.namespace, other.name) = ("Team".to_owned(), "other".to_owned(), "platform".to_owned());
    write_approvals::write(&all.report, &folder, ApproveOn::Resources).unwrap();
    let component = std::fs::read_to_string(folder.join("kustomization.yaml")).unwrap();
    assert!(component.ends_with("kind: Team, name: 'platform', namespace: default}\n"), "{component}");
    std::fs::remove_dir_all(folder).unwrap();
}
