//! Two configs whose tokens open one account, and a config that is for another one.

use ping_emulator::{Edit, Fault, Trouble};

use crate::api::reason::Reason;
use crate::cli::plan::report::PlannedAction;
use crate::cli::plan::show;
use crate::cli::plan::tests::trial::{Trial, actions, blocked, resource, team, text};

/// A Team that uses the other config.
fn of_other(name: &str, metadata: &str, called: &str, more: &str) -> String {
    resource("Team", name, metadata, &format!("name: {called}, providerConfigRef: {{name: other}}{more}"))
}

#[tokio::test]
async fn two_configs_of_one_account_are_one_account_and_it_is_read_once() {
    let trial = Trial::start().await;
    let id = trial.make_team("Platform");
    let mine =
        resource("Team", "mine", &format!(", annotations: {{ping-operator.dev/external-id: {id}}}"), "name: Platform");
    let manifests = [trial.config("other", "token-a2", ""), mine, of_other("theirs", "", "Platform", "")];
    let report = trial.plan(&manifests, &[]).await;
    let why = blocked(&report);
    assert!(why.len() == 1 && why[0].contains("theirs: NameTaken"), "{why:?}");
    assert!(why[0].contains("which the resource 'default/mine' claims"), "{why:?}");
    let lists = trial.reads().into_iter().filter(|read| read.ends_with("/v1/teams")).count();
    assert_eq!(lists, 1, "{:?}", trial.reads());
}

#[tokio::test]
async fn a_person_moves_between_teams_of_two_configs_of_one_account() {
    let trial = Trial::start().await;
    let (from, to) = (trial.make_team("From"), trial.make_team("To"));
    let body = serde_json::json!({ "channel_value": "ada@example.com", "channel_type": "email" });
    trial.make(&format!("/customer-cmd/v1/team/{from}/invitation"), body, "");
    trial.emulator.answer("token-a", &from, "ada@example.com", true);
    let named = |id: &str| format!(", annotations: {{ping-operator.dev/external-id: {id}}}");
    let ada = ", members: [{email: ada@example.com}]";
    let before = resource("Team", "from", &named(&from), &format!("name: From{ada}"));
    let old = trial.file("old.yaml", &[before]);
    let now = [
        resource("Team", "from", &named(&from), "name: From, members: []"),
        of_other("to", &named(&to), "To", ada),
        trial.config("other", "token-a2", ""),
    ];
    let report = trial.plan(&now, &["--prune-from", text(&old)]).await;
    let calls: Vec<_> = report.objects.iter().flat_map(|object| &object.calls).collect();
    assert_eq!(calls.len(), 1, "{}", super::trial::shown(&report));
    assert!(calls[0].method == "PATCH" && calls[0].body.to_string().contains(&to), "{}", super::trial::shown(&report));
}

#[tokio::test]
async fn a_config_for_another_account_is_told_and_nothing_of_it_is_read() {
    let trial = Trial::start().await;
    let pinned = trial.config("other", "token-b", ", annotations: {ping-operator.dev/external-id: someone-else}");
    let report = trial.plan(&[pinned, of_other("theirs", "", "Platform", ""), team("mine", "Mine", "")], &[]).await;
    let [mine, theirs] =
        ["mine", "theirs"].map(|name| report.objects.iter().find(|object| object.name == name).unwrap());
    assert_eq!(mine.action, PlannedAction::Create);
    let why = theirs.blocked.as_ref().unwrap();
    assert!(why.reason == Reason::AccountChanged && why.message.contains("'someone-else'"), "{}", why.message);
}

#[tokio::test]
async fn the_object_of_a_manifest_that_goes_is_left_to_the_one_that_claims_it() {
    let trial = Trial::start().await;
    let id = trial.make_team("Platform");
    let old = trial.file("old.yaml", &[team("platform", "Platform", "")]);
    let named = format!(", annotations: {{ping-operator.dev/external-id: {id}}}");
    let new = resource("Team", "core", &named, "name: Platform");
    let report = trial.plan(&[new], &["--prune-from", text(&old)]).await;
    assert_eq!((report.totals.calls, report.totals.blocked), (0, 0), "{}", super::trial::shown(&report));
    assert_eq!(actions(&report), [("core", PlannedAction::Unchanged), ("platform", PlannedAction::Unchanged)]);
}

#[tokio::test]
async fn a_channel_that_is_renamed_in_git_is_taken_over_without_a_call() {
    let trial = Trial::start().await;
    let customer = trial.emulator.state("token-a")["customer"]["id"].as_str().unwrap().to_owned();
    let body = serde_json::json!({ "type": "webhook", "value": "https://example.com/a" });
    trial.make(&format!("/customer-cmd/v1/customer/{customer}/notification-channel"), body, "");
    let channel = |name: &str| {
        let spec = "owner: {customer: {}}, type: webhook, value: 'https://example.com/a'";
        resource("NotificationChannel", name, "", spec)
    };
    let old = trial.file("old.yaml", &[channel("a")]);
    let report = trial.plan(&[channel("b")], &["--prune-from", text(&old)]).await;
    assert_eq!((report.totals.calls, blocked(&report)), (0, Vec::new()), "{}", super::trial::shown(&report));
}

#[tokio::test]
async fn a_token_for_configs_of_both_providers_is_sent_to_neither() {
    let trial = Trial::start().await;
    let nodeping = format!(
        "{{apiVersion: ping-operator.dev/v1alpha1, kind: ProviderConfig, metadata: {{name: default, namespace: np}}, spec: {{provider: NodePing, \
         credentials: {{secretRef: {{name: np, key: token}}}}, endpoints: {{api: 'http://{}/nodeping'}}}}}}",
        trial.emulator.address()
    );
    // Some variable that is set wherever tests run.
    let manifests = [team("platform", "Platform", ""), nodeping, trial.config("default", "token-a", "")];
    let Err(errors) = trial.try_plan(&manifests, &["--token", "default=PATH"]).await else { panic!("planned") };
    assert!(errors[0].contains("write NAMESPACE/NAME=ENV") && errors[0].contains("NodePing"), "{errors:?}");
    assert_eq!(trial.reads(), Vec::<String>::new());
    let Err(errors) = trial.try_plan(&manifests, &["--token", "np/default=NOT_SET_ANYWHERE"]).await else {
        panic!("planned")
    };
    assert!(errors[0].contains("NOT_SET_ANYWHERE"), "{errors:?}");
}

#[tokio::test]
async fn a_token_that_only_stands_for_another_one_is_sent_nowhere() {
    let trial = Trial::start().await;
    for stands in ["'${PINGHOME}'", "'<path:secret/data/ping#token>'", "REPLACE_ME", "'token: ENC[AES256_GCM,data:x]'"]
    {
        let config = trial.config("default", stands, "");
        let report = trial.try_plan(&[team("platform", "Platform", ""), config], &[]).await.unwrap();
        assert!(blocked(&report)[0].contains("SecretNotFound"), "{stands}: {:?}", blocked(&report));
        assert_eq!(trial.reads(), Vec::<String>::new(), "{stands}");
    }
}

#[tokio::test]
async fn a_suspended_team_keeps_its_team_and_its_services_are_planned() {
    let trial = Trial::start().await;
    let id = trial.make_team("Platform");
    trial.make_service(&id, "checkout");
    let service = resource("Service", "checkout", "", "teamRef: {name: platform}, name: checkout");
    let suspended = team("platform", "Platform", ", suspend: true");
    let old = trial.file("old.yaml", &[suspended.clone(), service.clone()]);
    let twin = team("twin", "Platform", ", adoptionPolicy: IfUnique, membershipPolicy: Authoritative");
    for flags in [&[][..], &["--prune-from", text(&old)]] {
        let report = trial.plan(&[suspended.clone(), service.clone()], flags).await;
        assert_eq!((report.totals.calls, blocked(&report)), (0, Vec::new()), "{flags:?}");
    }
    let report = trial.plan(&[suspended, twin], &["--prune-from", text(&old)]).await;
    assert!(blocked(&report)[0].contains("twin: NameTaken"), "{:?}", blocked(&report));
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_no_plan_without_a_change() {
    let trial = Trial::start().await;
    trial.make_team("Third");
    trial.make_team("Other");
    let edits = vec![Edit::new("\"Other\"", "{}")];
    trial.emulator.fault(Fault::new("GET", "/v1/teams", Fault::FOREVER, Trouble::Edited { edits }));
    let report = trial.plan(&[team("platform", "Platform", "")], &[]).await;
    assert!(
        blocked(&report).len() == 1 && blocked(&report)[0].contains("ProviderUnavailable"),
        "{:?}",
        blocked(&report)
    );
}

#[tokio::test]
async fn what_a_provider_says_stays_in_its_line() {
    let trial = Trial::start().await;
    let id = trial.make_team("Platform");
    let wicked = "eve@example.com\n``````\n</details>@everyone\u{1b}[31m";
    let body = serde_json::json!({ "channel_value": wicked, "channel_type": "email" });
    trial.make(&format!("/customer-cmd/v1/team/{id}/invitation"), body, "");
    let named = format!(", annotations: {{ping-operator.dev/external-id: {id}}}");
    let mine = resource("Team", "platform", &named, "name: Platform, members: [], membershipPolicy: Authoritative");
    let report = trial.plan(&[mine], &[]).await;
    for shown in [super::trial::shown(&report), show::markdown::markdown(&report)] {
        assert!(shown.contains("eve@example.com") && !shown.contains("\n``````\n</details>@"), "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }
}
