//! Which object belongs to which manifest: recorded, found by the manifests before, or presumed by its name.

use serde_json::{Value, json};

use crate::cli::plan::report::{PlanReport, PlannedAction};
use crate::cli::plan::tests::trial::{Trial, actions, blocked, resource, shown, team, text};

fn json_of(report: &PlanReport) -> Value {
    serde_json::to_value(report).unwrap()
}

/// Manifests of a Team with a Service, both made from them.
async fn made() -> (Trial, Vec<String>) {
    let trial = Trial::start().await;
    let id = trial.make_team("Platform");
    trial.make_service(&id, "checkout");
    let service = resource("Service", "checkout", "", "teamRef: {name: platform}, name: checkout");
    (trial, vec![team("platform", "Platform", ""), service])
}

#[tokio::test]
async fn a_plan_of_what_is_applied_and_made_finds_nothing_to_do_and_says_what_it_presumes() {
    let (trial, manifests) = made().await;
    let report = trial.plan(&manifests, &[]).await;
    assert_eq!(blocked(&report), Vec::<String>::new());
    assert_eq!(actions(&report), [("platform", PlannedAction::Unchanged), ("checkout", PlannedAction::Unchanged)]);
    let text = shown(&report);
    assert!(
        text.ends_with(
            "2 unchanged, 0 calls\n2 resources are presumed to own the object of their name; name what is applied by \
             --prune-from or --live, or refuse that by --strict-ownership\n"
        ),
        "{text}"
    );
    assert_eq!(json_of(&report)["objects"][0]["presumed"], json!(true));
}

#[tokio::test]
async fn strict_ownership_presumes_nothing() {
    let (trial, manifests) = made().await;
    let report = trial.plan(&manifests, &["--strict-ownership"]).await;
    let why = blocked(&report);
    assert!(why[0].starts_with("platform: NameTaken") && why.len() == 2, "{why:?}");
    assert_eq!(json_of(&report)["objects"][0].get("presumed"), None);
}

#[tokio::test]
async fn an_edit_of_what_is_presumed_is_planned_for_its_object() {
    let (trial, manifests) = made().await;
    let mut edited = manifests.clone();
    edited[0] = team("platform", "Platform", ", members: [{email: ada@example.com}]");
    edited[1] = edited[1].replace("spec: {", "spec: {suspend: true, ");
    let report = trial.plan(&edited, &[]).await;
    assert_eq!(blocked(&report), Vec::<String>::new());
    assert_eq!(actions(&report), [("platform", PlannedAction::Change), ("checkout", PlannedAction::Unchanged)]);
    assert!(shown(&report).contains("invite ada@example.com (sends an e-mail)"), "{}", shown(&report));
}

#[tokio::test]
async fn two_objects_of_one_name_are_not_presumed() {
    let (trial, manifests) = made().await;
    trial.make_team("Platform");
    let report = trial.plan(&manifests, &[]).await;
    assert!(blocked(&report)[0].starts_with("platform: NameTaken"), "{:?}", blocked(&report));
    assert!(!shown(&report).contains("presumed"), "{}", shown(&report));
}

#[tokio::test]
async fn what_another_manifest_names_by_its_id_is_not_presumed() {
    let trial = Trial::start().await;
    let (id, manifest) = (trial.make_team("Platform"), team("platform", "Platform", ""));
    let named = format!(", annotations: {{ping-operator.dev/external-id: {id}}}");
    let other = resource("Team", "other", &named, "name: Platform");
    let report = trial.plan(&[manifest, other], &[]).await;
    assert!(blocked(&report)[0].starts_with("platform: NameTaken"), "{id}: {:?}", blocked(&report));
    assert!(!report.objects[1].presumed);
}

#[tokio::test]
async fn create_anyway_makes_another_one_and_a_status_is_believed() {
    let (trial, manifests) = made().await;
    let anyway = trial.plan(&[team("platform", "Platform", ", adoptionPolicy: CreateAnyway")], &[]).await;
    assert_eq!(actions(&anyway), [("platform", PlannedAction::Create)]);
    let unmade = manifests[0].replace("spec:", "status: {observedGeneration: -1}, spec:");
    let report = trial.plan(&[unmade], &[]).await;
    assert!(blocked(&report)[0].starts_with("platform: NameTaken"), "{:?}", blocked(&report));
}

/// As `kubectl get ping -A -o yaml` prints it.
fn list(items: &[String]) -> String {
    format!("{{apiVersion: v1, kind: List, metadata: {{resourceVersion: ''}}, items: [{}]}}", items.join(", "))
}

#[tokio::test]
async fn what_kubectl_prints_says_which_object_belongs_to_which_manifest() {
    let (trial, _) = made().await;
    let id = trial.make_team("Renamed by hand");
    let people = ", members: [{email: ada@example.com}, {email: eve@example.com}]";
    let before = team("platform", "Platform", people).replace(
        "spec:",
        &format!("status: {{externalId: {id}, observedGeneration: 1, members: [{{email: ada@example.com, state: Declined, reminders: 0}}]}}, spec:"),
    );
    let old = trial.file("old.yaml", &[list(&[before])]);
    let new = team("platform", "Platform", people);
    let report = trial.plan(&[new], &["--prune-from", text(&old)]).await;
    let text = shown(&report);
    assert!(text.contains(&format!("PUT 127.0.0.1:{}/v1/team/{id}", trial.emulator.address().port())), "{text}");
    assert!(!text.contains("ada@example.com\""), "who declined is not invited again: {text}");
    assert!(text.contains("eve@example.com\""), "who was not invited yet is: {text}");
}
