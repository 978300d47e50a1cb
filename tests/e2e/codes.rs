//! Codes, switches and test messages of channels: each reaches somebody, and each goes out once.

use ping_emulator::{Fault, Settings, Trouble};
use serde_json::Value;

use crate::harness::world::TOKEN;
use crate::harness::{Setup, World, condition, reason};
use crate::lifecycle::channel;

/// A webhook of the token's customer whose code comes from the Secret `codes`.
pub(crate) fn verified(name: &str, value: &str) -> String {
    channel(name, "{customer: {}}", "webhook", value)
        .replace("spec: {", "spec: {verification: {codeSecretRef: {name: codes, key: code}}, ")
}

/// The code that was sent to the address of the customer's only channel last.
pub(crate) fn code(world: &World) -> String {
    world.emulator.state(TOKEN)["customer"]["channels"][0]["code"].as_str().unwrap_or_default().to_owned()
}

async fn until_verified(world: &World, expected: &str) -> Value {
    world.until("pingnc/hook", &format!("is {expected}"), |object| reason(object, "Verified") == expected).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_submitted_once_and_a_wrong_one_waits_for_another() {
    let mut world = World::new().await;
    world.apply(&verified("hook", "https://example.com/a"));
    let object = world.ready("pingnc/hook").await;
    assert_eq!(reason(&object, "Verified"), "CodeAwaited");
    world.secret_with("codes", "code", "000000");
    let object = until_verified(&world, "CodeRejected").await;
    assert_eq!(condition(&object, "Ready")["status"], "True");
    world.restart().await;
    world.look_again("pingnc/hook").await;
    assert_eq!(world.count(&["PATCH", "/verification"]), 1, "{:?}", world.writes());
    world.secret_with("codes", "code", &code(&world));
    let object = until_verified(&world, "Verified").await;
    assert_eq!(condition(&object, "Verified")["status"], "True");
    assert_eq!(world.count(&["PATCH", "/verification"]), 2, "{:?}", world.writes());
    let text = world.kubectl(&["get", "pingnc/hook", "-o", "yaml"], "").1;
    assert!(!text.contains(&code(&world)), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_is_unverified_again_and_takes_another_code() {
    let world = World::new().await;
    world.apply(&verified("hook", "https://example.com/a"));
    world.ready("pingnc/hook").await;
    world.secret_with("codes", "code", &code(&world));
    until_verified(&world, "Verified").await;
    world.apply(&verified("hook", "https://example.com/b"));
    until_verified(&world, "CodeAwaited").await;
    world.look_again("pingnc/hook").await;
    assert_eq!(world.count(&["PATCH", "/verification"]), 1, "a code for the former address: {:?}", world.writes());
    world.secret_with("codes", "code", &code(&world));
    until_verified(&world, "Verified").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_in_the_secret_before_the_channel_was_created_is_not_sent() {
    let mut world = World::new().await;
    world.secret_with("codes", "code", "000000");
    world.apply(&verified("hook", "https://example.com/a"));
    world.ready("pingnc/hook").await;
    world.restart().await;
    let object = world.look_again("pingnc/hook").await;
    assert_eq!(reason(&object, "Verified"), "CodeAwaited");
    assert_eq!(world.count(&["PATCH", "/verification"]), 0, "{:?}", world.writes());
    world.secret_with("codes", "code", &code(&world));
    until_verified(&world, "Verified").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_may_not_be_enabled_unverified_waits_for_its_code_without_asking_again() {
    let settings = Settings { refuse_enabling_unverified: true, disable_on_change: true, ..Settings::default() };
    let world = Setup { settings, ..Setup::default() }.build().await;
    world.apply(&verified("hook", "https://example.com/a"));
    world.ready("pingnc/hook").await;
    world.apply(&verified("hook", "https://example.com/b"));
    let object = world.says("pingnc/hook", "VerificationRequired").await;
    assert_eq!(condition(&object, "Reconciling")["status"], "True");
    world.look_again("pingnc/hook").await;
    world.says("pingnc/hook", "VerificationRequired").await;
    let before = world.count(&["PUT", "/enabled"]);
    world.secret_with("codes", "code", &code(&world));
    let object = world.ready("pingnc/hook").await;
    assert_eq!(object["status"]["enabled"], true);
    assert_eq!(world.count(&["PUT", "/enabled"]), before + 1, "{:?}", world.writes());
    assert!(before <= 2, "once, and once more because a person asked: {:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_message_goes_out_once_for_each_new_value_of_the_annotation() {
    let mut world = World::new().await;
    world.apply(&channel("hook", "{customer: {}}", "webhook", "https://example.com/a"));
    world.ready("pingnc/hook").await;
    let ask = |world: &World, token: &str| {
        let annotation = format!("ping-operator.dev/test-requested-at={token}");
        let (done, text) = world.kubectl(&["annotate", "--overwrite", "pingnc/hook", &annotation], "");
        assert!(done, "{text}");
    };
    let until_tested = async |world: &World, token: &str, result: &str| {
        world
            .until("pingnc/hook", &format!("has tested {token}"), |object| {
                object["status"]["lastHandledTestAt"] == token && object["status"]["lastTestResult"] == result
            })
            .await
    };
    ask(&world, "one");
    until_tested(&world, "one", "Sent").await;
    world.restart().await;
    world.look_again("pingnc/hook").await;
    assert_eq!(world.count(&["POST", "/test"]), 1);
    world.emulator.fault(Fault::new("POST", "/test", 1, Trouble::Before { status: 422 }));
    ask(&world, "two");
    let object = until_tested(&world, "two", "Refused").await;
    assert_eq!(condition(&object, "Ready")["status"], "True");
    world.emulator.fault(Fault::new("POST", "/test", 1, Trouble::DropAfter));
    ask(&world, "three");
    until_tested(&world, "three", "Unknown").await;
    world.look_again("pingnc/hook").await;
    assert_eq!(world.count(&["POST", "/test"]), 3);
    world.emulator.fault(Fault::new("POST", "/test", 1, Trouble::TooMany { retry_after: Some("1".to_owned()) }));
    ask(&world, "four");
    until_tested(&world, "four", "Sent").await;
    assert_eq!(world.count(&["POST", "/test"]), 5, "a 429 did nothing, and is asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_from_a_secret_follows_the_secret_and_is_checked_without_being_shown() {
    let world = Setup { resync: 1, ..Setup::default() }.build().await;
    world.secret_with("hooks", "url", "https://example.com/one");
    world.apply(
        "{apiVersion: ping-operator.dev/v1alpha1, kind: NotificationChannel, metadata: {name: hook}, spec: {\
         owner: {customer: {}}, type: webhook, valueFrom: {secretKeyRef: {name: hooks, key: url}}}}",
    );
    world.ready("pingnc/hook").await;
    world.secret_with("hooks", "url", "https://example.com/two");
    crate::harness::wait::until("the channel follows", async || {
        world.emulator.state(TOKEN)["customer"]["channels"][0]["value"] == "https://example.com/two"
    })
    .await;
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
    world.secret_with("hooks", "url", "http://example.com/c4n4ry");
    let object = world.says("pingnc/hook", "Invalid").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    assert!(!object["status"].to_string().contains("c4n4ry"), "{object}");
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_flag_a_secret_is_used_for_addresses_and_codes_only_if_it_carries_the_label() {
    let world = Setup { flags: vec!["--require-secret-label".to_owned()], ..Setup::default() }.build().await;
    let label = |name: &str| {
        let (labelled, text) = world.kubectl(&["label", "secret", name, "ping-operator.dev/usable=true"], "");
        assert!(labelled, "{text}");
    };
    world.secret_with("hooks", "url", "https://example.com/a");
    world.apply(
        "{apiVersion: ping-operator.dev/v1alpha1, kind: NotificationChannel, metadata: {name: hook}, spec: {owner: {customer: {}}, \
         type: webhook, valueFrom: {secretKeyRef: {name: hooks, key: url}}, verification: {codeSecretRef: {name: codes, key: code}}}}",
    );
    let object = world.says("pingnc/hook", "SecretNotFound").await;
    let told = condition(&object, "Ready")["message"].to_string();
    assert!(told.contains("Secret 'hooks'") && told.contains("ping-operator.dev/usable"), "{told}");
    assert_eq!(world.writes(), Vec::<String>::new());
    label("hooks");
    world.ready("pingnc/hook").await;

    world.secret_with("codes", "code", &code(&world));
    world
        .until("pingnc/hook", "waits for the label of the code", |object| {
            condition(object, "Ready")["message"].to_string().contains("Secret 'codes'")
        })
        .await;
    assert_eq!(world.count(&["PATCH", "/verification"]), 0, "{:?}", world.writes());
    label("codes");
    until_verified(&world, "Verified").await;

    // A deletion needs no label, neither of the address nor of the code.
    for secret in ["hooks", "codes"] {
        let (unlabelled, text) = world.kubectl(&["label", "secret", secret, "ping-operator.dev/usable-"], "");
        assert!(unlabelled, "{text}");
    }
    world.delete("pingnc/hook");
    world.gone("pingnc/hook").await;
    assert_eq!(world.count(&["DELETE"]), 1, "{:?}", world.writes());
}
