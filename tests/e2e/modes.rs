//! What does not write tells nothing as done: `managementPolicy: Observe` and `--dry-run`.

use serde_json::{Value, json};

use crate::customer::customer;
use crate::harness::world::TOKEN;
use crate::harness::{Setup, World, condition, reason};
use crate::lifecycle::channel;
use crate::members::team;

fn message<'a>(object: &'a Value, type_: &str) -> &'a str {
    condition(object, type_)["message"].as_str().unwrap_or_default()
}

/// The same manifest, observed only.
fn observed(manifest: &str) -> String {
    manifest.replace("spec: {", "spec: {managementPolicy: Observe, ")
}

/// Waits until the change of the username is asked for and recorded; it is asked for once.
async fn asks_once(world: &World) {
    let asks = async || world.count(&["PUT", "/customer/username"]) > 0;
    crate::harness::wait::until("the change is asked for", asks).await;
    let object = world.look_again("pingcust/me").await;
    assert_eq!(object["status"]["pendingUsername"], "new@example.com", "{object}");
    assert_eq!(world.count(&["PUT", "/customer/username"]), 1, "{:?}", world.writes());
}

fn renamed() -> String {
    customer("username: new@example.com, usernameVerification: {codeSecretRef: {name: codes, key: code}}")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observed_customer_records_no_change_of_the_username_and_sends_it_when_it_is_managed() {
    let mut world = World::new().await;
    world.secret_with("codes", "code", "000000");
    world.apply(&observed(&renamed()));
    let object =
        world.until("pingcust/me", "tells the difference", |o| condition(o, "Drifted")["status"] == "True").await;
    world.restart().await;
    let later = world.look_again("pingcust/me").await;
    for object in [object, later] {
        assert_eq!(object["status"].get("pendingUsername"), None, "{object}");
        assert_eq!(condition(&object, "UsernameVerificationPending"), &Value::Null);
        let told = message(&object, "Ready");
        assert!(told.contains("Observe") && told.contains("new@example.com"), "{told}");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
    world.apply(&renamed().replace("spec: {", "spec: {managementPolicy: Manage, "));
    asks_once(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_records_no_change_of_the_username_and_the_next_operator_sends_it() {
    let mut world = Setup { flags: vec!["--dry-run".to_owned()], ..Setup::default() }.build().await;
    world.apply(&renamed());
    let object =
        world.until("pingcust/me", "tells the difference", |o| condition(o, "Drifted")["status"] == "True").await;
    assert_eq!(object["status"].get("pendingUsername"), None, "{object}");
    assert!(message(&object, "Ready").contains("--dry-run"), "{object}");
    assert_eq!(world.writes(), Vec::<String>::new());
    world.restart_without_flags().await;
    asks_once(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observed_team_tells_who_is_not_in_it_and_invites_when_it_is_managed() {
    let world = World::new().await;
    let made = world.human("POST", "/customer-cmd/v1/team", json!({"name": "Platform"}));
    let id = made["team_id"].as_str().unwrap_or_default();
    let adopting = |manifest: String| {
        manifest.replace("metadata: {", &format!("metadata: {{annotations: {{ping-operator.dev/external-id: {id}}}, "))
    };
    world.human("POST", &format!("/customer-cmd/v1/team/{id}/invitation"), json!({"channel_value": "b@x.org"}));
    world.apply(&adopting(observed(&team("{email: a@x.org}, {email: b@x.org}"))));
    let object = world.ready("pingteam/platform").await;
    let told = message(&object, "Ready");
    assert!(["Observe", "a@x.org", "not in the team"].iter().all(|word| told.contains(word)), "{told}");
    assert_eq!(crate::members::state(&object, "a@x.org"), "-", "{object}");
    assert_eq!(crate::members::state(&object, "b@x.org"), "Invited", "it was seen: {object}");
    world.look_again("pingteam/platform").await;
    let later = world.look_again("pingteam/platform").await;
    assert_eq!(later["status"]["members"], object["status"]["members"]);
    assert_eq!(later["status"]["conditions"], object["status"]["conditions"]);
    assert_eq!(world.writes(), Vec::<String>::new());
    world.patch("pingteam/platform", r#"{"spec": {"managementPolicy": "Manage"}}"#);
    let invites = async || world.count(&["POST", "/invitation", "a@x.org"]) == 1;
    crate::harness::wait::until("the person is invited", invites).await;
    let object = world.ready("pingteam/platform").await;
    assert_eq!(crate::members::state(&object, "a@x.org"), "Invited", "{object}");
    assert_eq!(world.count(&["POST", "/invitation"]), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observed_channel_records_no_test_and_no_code() {
    let world = World::new().await;
    let own = world.emulator.state(TOKEN)["customer"]["id"].as_str().unwrap_or_default().to_owned();
    let path = format!("/customer-cmd/v1/customer/{own}/notification-channel");
    world.human("POST", &path, json!({"type": "webhook", "value": "https://example.com/a"}));
    let hook = channel("hook", "{customer: {}}", "webhook", "https://example.com/a")
        .replace("spec: {", "spec: {verification: {codeSecretRef: {name: codes, key: code}}, ")
        .replace("metadata: {", "metadata: {annotations: {ping-operator.dev/test-requested-at: now}, ");
    world.secret_with("codes", "code", "000000");
    world.apply(&observed(&hook));
    world.until("pingnc/hook", "tells the difference", |o| condition(o, "Drifted")["status"] == "True").await;
    let object = world.look_again("pingnc/hook").await;
    for field in ["lastHandledTestAt", "lastTestResult", "submittedCode"] {
        assert_eq!(object["status"].get(field), None, "{object}");
    }
    assert_eq!(reason(&object, "Verified"), "CodeAwaited");
    assert_eq!(world.writes(), Vec::<String>::new());
    world.patch("pingnc/hook", r#"{"spec": {"managementPolicy": "Manage"}}"#);
    world.until("pingnc/hook", "sent the test", |object| object["status"]["lastTestResult"] == "Sent").await;
    let tests = world.emulator.state(TOKEN)["customer"]["channels"][0]["tests"].clone();
    assert_eq!((tests, world.count(&["PATCH", "/verification"])), (json!(1), 1), "{:?}", world.writes());
}
