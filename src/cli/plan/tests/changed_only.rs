//! `--changed-only`: a change of a few resources needs few reads, whatever else is applied.

use serde_json::json;

use crate::cli::plan::report::PlannedAction;
use crate::cli::plan::tests::trial::{Trial, actions, blocked, resource, shown, team, text};

/// So many Teams with people are applied and made, from manifests that are returned.
async fn many(count: usize) -> (Trial, Vec<String>) {
    let trial = Trial::start().await;
    let manifests = (0..count).map(|number| {
        trial.make_team(&format!("Team {number}"));
        team(&format!("team-{number}"), &format!("Team {number}"), "")
    });
    let manifests = manifests.collect();
    (trial, manifests)
}

#[tokio::test]
async fn a_change_of_three_of_a_thousand_teams_needs_ten_reads_at_most() {
    let (trial, manifests) = many(1_000).await;
    let old = trial.file("old.yaml", &manifests);
    let mut new = manifests;
    for number in [7, 70, 700] {
        new[number] = team(&format!("team-{number}"), &format!("Crew {number}"), "");
    }
    let report = trial.plan(&new, &["--prune-from", text(&old), "--changed-only"]).await;
    let reads = trial.reads();
    assert!(reads.len() <= 10, "{reads:?}");
    assert_eq!(blocked(&report), Vec::<String>::new());
    let changed = ["team-7", "team-70", "team-700"].map(|name| (name, PlannedAction::Change));
    assert_eq!(actions(&report), changed);
    assert!(shown(&report).ends_with("0 unchanged, 997 not looked at, 3 calls\n"), "{}", shown(&report));
    assert_eq!(serde_json::to_value(&report).unwrap()["totals"]["notLookedAt"], json!(997));
}

#[tokio::test]
async fn what_is_not_looked_at_keeps_what_it_claims() {
    let (trial, manifests) = many(3).await;
    let old = trial.file("old.yaml", &manifests);
    let mut new = manifests;
    new.push(team("twin", "Team 1", ", adoptionPolicy: IfUnique"));
    let report = trial.plan(&new, &["--prune-from", text(&old), "--changed-only"]).await;
    let why = blocked(&report);
    assert!(why.len() == 1 && why[0].starts_with("twin: NameTaken"), "{why:?}");
    assert!(why[0].contains("which the resource 'default/team-1' claims"), "{why:?}");
}

#[tokio::test]
async fn a_new_service_finds_the_team_that_is_not_looked_at_and_one_of_its_services_keeps_its_object() {
    let (trial, mut manifests) = many(3).await;
    let id = trial.make_team("Shop");
    trial.make_service(&id, "checkout");
    manifests.push(team("shop", "Shop", ""));
    let service = |resource_name: &str, policy: &str| {
        resource("Service", resource_name, "", &format!("teamRef: {{name: shop}}, name: checkout{policy}"))
    };
    manifests.push(service("checkout", ""));
    let old = trial.file("old.yaml", &manifests);
    manifests.push(service("twin", ", adoptionPolicy: IfUnique"));
    let report = trial.plan(&manifests, &["--prune-from", text(&old), "--changed-only"]).await;
    let why = blocked(&report);
    assert!(why.len() == 1 && why[0].contains("which the resource 'default/checkout' claims"), "{why:?}");
    assert_eq!(report.totals.not_looked_at, 5);
}

#[tokio::test]
async fn a_changed_config_or_annotation_is_a_change_and_without_what_is_applied_nothing_can_be_compared() {
    let (trial, manifests) = many(2).await;
    let old =
        [manifests.clone(), vec![trial.config("default", "token-a", "").replace("burst: 100", "burst: 50")]].concat();
    let old = trial.file("old.yaml", &old);
    let report = trial.plan(&manifests, &["--prune-from", text(&old), "--changed-only"]).await;
    assert_eq!((report.totals.not_looked_at, report.totals.unchanged), (0, 2));
    let annotated =
        manifests[0].replace("name: team-0", "name: team-0, annotations: {ping-operator.dev/allow-deletion: orphan}");
    let old = trial.file("old.yaml", &manifests);
    let report = trial.plan(&[annotated, manifests[1].clone()], &["--prune-from", text(&old), "--changed-only"]).await;
    assert_eq!((report.totals.not_looked_at, report.totals.unchanged), (1, 1));
    let Err(errors) = trial.try_plan(&manifests, &["--changed-only"]).await else { panic!("planned") };
    assert!(errors[0].starts_with("--changed-only: name what is applied by --prune-from"), "{errors:?}");
}
