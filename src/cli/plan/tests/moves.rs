//! Resources that get another name in Git: what is told, and what the annotation `moved-from` changes.

use super::trial::{Trial, actions, blocked, resource, shown, team, text};
use crate::cli::plan::moves::{HowMoved, Move};
use crate::cli::plan::report::PlannedAction;

/// The team `Platform` under a name in the cluster, moved from another one.
fn moved(namespace: &str, name: &str, from: &str) -> String {
    let metadata = format!(", namespace: {namespace}, annotations: {{ping-operator.dev/moved-from: {from}}}");
    resource("Team", name, &metadata, "name: Platform")
}

#[tokio::test]
async fn a_resource_that_is_renamed_in_git_is_told_with_the_annotation_that_keeps_its_object() {
    let trial = Trial::start().await;
    trial.make_team("Platform");
    let old = trial.file("old.yaml", &[team("platform", "Platform", "")]);
    for policy in ["", ", adoptionPolicy: IfUnique"] {
        let report = trial.plan(&[team("core", "Platform", policy)], &["--prune-from", text(&old)]).await;
        let told = "Team default/platform moves to default/core: without a call if default/core has the annotation \
                    ping-operator.dev/moved-from: default/platform; as it is,";
        assert!(shown(&report).contains(told), "{}", shown(&report));
        assert!(blocked(&report)[0].contains("which the resource 'default/platform' claims"), "{:?}", blocked(&report));
        assert_eq!(actions(&report)[1], ("platform", PlannedAction::Delete));
    }
}

#[tokio::test]
async fn a_resource_that_says_what_it_is_moved_from_takes_over_without_a_call() {
    let trial = Trial::start().await;
    let id = trial.make_team("Platform");
    let old = trial.file("old.yaml", &[team("platform", "Platform", "")]);
    let report = trial.plan(&[moved("default", "core", "default/platform")], &["--prune-from", text(&old)]).await;
    assert_eq!((report.totals.calls, report.totals.blocked), (0, 0), "{}", shown(&report));
    assert_eq!(actions(&report), [("core", PlannedAction::Unchanged), ("platform", PlannedAction::Unchanged)]);
    assert!(
        shown(&report).contains("Team default/platform moves to default/core: without a call\n"),
        "{}",
        shown(&report)
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!((&json["moves"][0]["externalId"], &json["moves"][0]["how"]), (&id.into(), &"takenOver".into()));
}

#[tokio::test]
async fn an_old_resource_that_stays_is_told_that_another_one_takes_over() {
    let trial = Trial::start().await;
    trial.make_team("Platform");
    let both = [team("platform", "Platform", ""), moved("default", "core", "default/platform")];
    let old = trial.file("old.yaml", &both[..1]);
    let report = trial.plan(&both, &["--prune-from", text(&old)]).await;
    assert_eq!(report.totals.calls, 0, "{}", shown(&report));
    assert!(blocked(&report)[0].starts_with("platform: Conflict: 'default/core' takes over"), "{:?}", blocked(&report));
    assert_eq!(blocked(&report).len(), 1, "{}", shown(&report));
}

#[tokio::test]
async fn without_what_it_could_take_over_a_resource_is_planned_like_any_other() {
    let trial = Trial::start().await;
    let report = trial.plan(&[moved("default", "core", "default/platform")], &[]).await;
    assert_eq!(actions(&report), [("core", PlannedAction::Create)], "{}", shown(&report));
}

#[tokio::test]
async fn two_that_take_over_from_one_are_refused_and_told_of_each_other_if_one_is_applied() {
    let trial = Trial::start().await;
    trial.make_team("Platform");
    let [core, other] = ["core", "other"].map(|name| moved("default", name, "default/platform"));
    let Err(refused) = trial.try_plan(&[core.clone(), other.clone()], &[]).await else { panic!("planned") };
    assert!(refused[0].contains("one resource takes an object over"), "{refused:?}");
    let of_another = other.replace("spec: {", "spec: {providerConfigRef: {name: second}, ");
    let manifests = [core, of_another, trial.config("second", "token-a", "")];
    let old = trial.file("old.yaml", &[team("platform", "Platform", "")]);
    let report = trial.plan(&manifests, &["--prune-from", text(&old)]).await;
    assert_eq!(report.totals.calls, 0, "{}", shown(&report));
    let [told] = &blocked(&report)[..] else { panic!("{}", shown(&report)) };
    let expected = "other: Conflict: 'default/core' takes over the external object of 'default/platform', too";
    assert!(told.starts_with(expected), "{told}");
}

#[test]
fn another_namespace_is_told_of_the_consent_that_it_needs() {
    let [kind, from, to, external_id] = ["Team", "a/t", "b/t", "x"].map(str::to_owned);
    let note = Move { kind, from, to, external_id, how: HowMoved::ToNamespace }.note();
    let consent = "ping-operator.dev/moved-from: a/t, and a/t has ping-operator.dev/moved-to: b/t before it goes;";
    assert!(note.contains(consent), "{note}");
}
