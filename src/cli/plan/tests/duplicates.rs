//! Manifests that mean one object.

use crate::cli::plan::tests::trial::{Trial, resource, team};

#[tokio::test]
async fn two_manifests_of_one_name_and_two_channels_of_one_address_are_refused() {
    let trial = Trial::start().await;
    let channel = |name: &str| {
        resource(
            "NotificationChannel",
            name,
            "",
            "owner: {customer: {}}, type: webhook, value: 'https://example.com/x'",
        )
    };
    let manifests = [team("platform", "Platform", ""), team("platform", "Core", ""), channel("one"), channel("two")];
    let Err(refused) = trial.try_plan(&manifests, &[]).await else { panic!("planned") };
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(refused[0].contains("new.yaml:3:") && refused[0].contains("only the last would be applied"), "{refused:?}");
    assert!(refused[1].contains("an owner has an address once"), "{refused:?}");
    assert_eq!(trial.reads(), Vec::<String>::new());
}

#[tokio::test]
async fn a_person_in_two_teams_is_a_warning() {
    let trial = Trial::start().await;
    let people = ", members: [{email: ada@example.com}]";
    let report = trial.plan(&[team("one", "One", people), team("two", "Two", people)], &[]).await;
    assert_eq!(report.totals.create, 2);
}
