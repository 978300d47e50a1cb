//! The token's own customer: named by one PATCH, renamed with a code, closed only by double confirmation.

use ping_emulator::{CustomerFields, Edit, Fault, Settings, Trouble};

use crate::ending::orphans;
use crate::harness::wait::until;
use crate::harness::world::TOKEN;
use crate::harness::{Setup, World, condition, reason};

/// A Customer resource with these fields.
pub(crate) fn customer(fields: &str) -> String {
    format!("{{apiVersion: ping-operator.dev/v1alpha1, kind: Customer, metadata: {{name: me}}, spec: {{{fields}}}}}")
}

const WITH_CODE: &str = "usernameVerification: {codeSecretRef: {name: codes, key: code}}";

fn code(world: &World) -> String {
    world.emulator.state(TOKEN)["customer"]["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_one_patch_however_the_profile_is_shown() {
    for customer_fields in [CustomerFields::Plain, CustomerFields::Full, CustomerFields::Nested] {
        let settings = Settings { customer_fields, ..Settings::default() };
        let world = Setup { settings, ..Setup::default() }.build().await;
        world.apply(&customer("name: Ada, surname: Lovelace"));
        let object = world.ready("pingcust/me").await;
        assert_eq!(world.writes(), Vec::<String>::new(), "{customer_fields:?}: it is so already");
        assert_eq!(object["status"]["username"], "owner-0@example.com");
        world.apply(&customer("name: Grace, surname: Hopper"));
        world.ready("pingcust/me").await;
        world.look_again("pingcust/me").await;
        assert_eq!(
            world.writes(),
            [r#"PATCH /v1/customer {"name":"Grace","surname":"Hopper"}"#],
            "{customer_fields:?}"
        );
        world.delete("pingcust/me");
        world.gone("pingcust/me").await;
        assert_eq!(world.writes().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_username_is_asked_for_once_and_confirmed_with_its_code_once() {
    let mut world = World::new().await;
    world.apply(&customer(&format!("username: Owner-0@example.com, {WITH_CODE}")));
    let object = world.ready("pingcust/me").await;
    assert_eq!(condition(&object, "UsernameVerificationPending"), &serde_json::Value::Null);
    world.apply(&customer(&format!("username: new@example.com, {WITH_CODE}")));
    let pending = |expected: &'static str| {
        move |object: &serde_json::Value| reason(object, "UsernameVerificationPending") == expected
    };
    let object = world.until("pingcust/me", "awaits a code", pending("CodeAwaited")).await;
    assert_eq!(object["status"]["pendingUsername"], "new@example.com");
    assert_eq!(condition(&object, "Ready")["status"], "True");
    world.restart().await;
    world.look_again("pingcust/me").await;
    world.secret_with("codes", "code", "000000");
    world.until("pingcust/me", "rejects a code", pending("CodeRejected")).await;
    world.look_again("pingcust/me").await;
    world.secret_with("codes", "code", &code(&world));
    world.until("pingcust/me", "is renamed", |object| object["status"]["username"] == "new@example.com").await;
    world.until("pingcust/me", "waits no more", |object| object["status"].get("pendingUsername").is_none()).await;
    world.look_again("pingcust/me").await;
    let puts = world.count(&["PUT", "/customer/username"]);
    assert_eq!((puts, world.count(&["PATCH", "/customer/username"])), (1, 2), "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_username_without_a_place_for_its_code_is_refused_or_told() {
    let world = World::new().await;
    world.apply(&customer("username: other@example.com"));
    let object = world.says("pingcust/me", "Invalid").await;
    assert!(condition(&object, "Ready")["message"].as_str().unwrap_or_default().contains("usernameVerification"));
    let (accepted, text) = world.kubectl(&["apply", "-f", "-"], &customer("username: third@example.com"));
    assert!(!accepted && text.contains("`usernameVerification` must be set"), "{text}");
    let closing = customer("deletionPolicy: CloseAccount");
    let (accepted, text) = world.kubectl(&["apply", "-f", "-"], &closing);
    assert!(!accepted && text.contains("`closure` must be set"), "{text}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_closed_only_by_the_policy_and_the_very_username() {
    let closing = |email: &str| {
        customer(&format!("deletionPolicy: CloseAccount, closure: {{reason: poor-features, confirmUsername: {email}}}"))
    };
    // How often the account is closed, and what the ledger says of one that is kept.
    for (manifest, expected, kept) in [
        (closing("somebody@example.com"), 0, Some("is not the username")),
        (closing("Owner-0@example.com"), 0, Some("is not the username")),
        (customer("closure: {reason: poor-features, confirmUsername: owner-0@example.com}"), 0, Some("deletionPolicy")),
        (closing("owner-0@example.com"), 1, None),
    ] {
        let world = World::new().await;
        world.apply(&manifest);
        world.ready("pingcust/me").await;
        world.delete("pingcust/me");
        world.gone("pingcust/me").await;
        let closed = world.count(&["DELETE", r#"/v1/customer {"reason":"poor-features"}"#]);
        assert_eq!((closed, world.writes().len()), (expected, expected), "{manifest}: {:?}", world.writes());
        assert_eq!(world.emulator.state(TOKEN)["customer"]["closed"], expected == 1);
        let told: Vec<_> = orphans(&world).into_iter().map(|line| line["why"].to_string()).collect();
        assert_eq!(told.len(), usize::from(kept.is_some()), "{told:?}");
        assert!(kept.is_none_or(|part| told[0].contains(part)), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_closure_was_not_answered_is_gone_when_its_token_is_refused() {
    let mut world = World::new().await;
    let closing =
        "deletionPolicy: CloseAccount, closure: {reason: poor-features, confirmUsername: owner-0@example.com}";
    world.apply(&customer(closing));
    world.ready("pingcust/me").await;
    world.emulator.fault(Fault::new("DELETE", "/v1/customer", 1, Trouble::DropAfter));
    world.delete("pingcust/me");
    until("the account is closed", async || world.emulator.state(TOKEN)["customer"]["closed"] == true).await;
    world.restart().await;
    world.gone("pingcust/me").await;
    assert_eq!(world.count(&["DELETE"]), 1, "{:?}", world.writes());
    assert_eq!(orphans(&world).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_customers_of_one_account_the_older_wins() {
    let world = World::new().await;
    world.apply(&customer("name: Ada, surname: Lovelace"));
    world.ready("pingcust/me").await;
    world.second_after("pingcust/me").await;
    world.apply(&customer("name: Grace, surname: Hopper").replace("name: me", "name: second"));
    let object = world.says("pingcust/second", "Conflict").await;
    assert!(condition(&object, "Ready")["message"].as_str().unwrap_or_default().contains("/me'"), "{object}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_username_that_pinghome_shows_in_another_form_is_told_and_asked_for_once() {
    let world = Setup { read_lag: 1, ..Setup::default() }.build().await;
    let edits = vec![Edit::new("a.d.a@gmail.com", "ada@gmail.com")];
    world.emulator.fault(Fault::new("GET", "/v1/customer$", Fault::FOREVER, Trouble::Edited { edits }));
    world.apply(&customer(&format!("username: a.d.a@gmail.com, {WITH_CODE}")));
    let pending = |object: &serde_json::Value| reason(object, "UsernameVerificationPending") == "CodeAwaited";
    world.until("pingcust/me", "awaits a code", pending).await;
    world.secret_with("codes", "code", &code(&world));
    let object = world.says("pingcust/me", "NotConverging").await;
    let message = condition(&object, "Ready")["message"].as_str().unwrap_or_default();
    assert!(message.contains("'ada@gmail.com'") && message.contains("'a.d.a@gmail.com'"), "{message}");
    assert_eq!(condition(&object, "UsernameVerificationPending"), &serde_json::Value::Null);
    world.secret_with("codes", "code", "123123");
    for _ in 0..3 {
        let object = world.look_again("pingcust/me").await;
        assert_eq!(reason(&object, "Ready"), "NotConverging");
    }
    let puts = world.count(&["PUT", "/customer/username"]);
    assert_eq!((puts, world.count(&["PATCH", "/customer/username"])), (1, 1), "{:?}", world.writes());
    world.apply(&customer(&format!("username: ada@gmail.com, {WITH_CODE}")));
    world.ready("pingcust/me").await;
    assert_eq!(world.count(&["/customer/username"]), 2, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_for_an_earlier_username_is_never_sent_for_the_next_one() {
    let mut world = World::new().await;
    let awaits = |object: &serde_json::Value| reason(object, "UsernameVerificationPending") == "CodeAwaited";
    world.apply(&customer(&format!("username: first@example.com, {WITH_CODE}")));
    world.until("pingcust/me", "awaits a code", awaits).await;
    world.secret_with("codes", "code", &code(&world));
    world.until("pingcust/me", "is renamed", |object| object["status"]["username"] == "first@example.com").await;
    world.apply(&customer(&format!("username: next@example.com, {WITH_CODE}")));
    world.until("pingcust/me", "awaits a code", awaits).await;
    world.look_again("pingcust/me").await;
    world.restart().await;
    let object = world.look_again("pingcust/me").await;
    assert_eq!(reason(&object, "UsernameVerificationPending"), "CodeAwaited");
    assert_eq!(world.count(&["PATCH", "/customer/username"]), 1, "{:?}", world.writes());
    world.secret_with("codes", "code", &code(&world));
    world.until("pingcust/me", "is renamed", |object| object["status"]["username"] == "next@example.com").await;
    assert_eq!(world.count(&["/customer/username"]), 4, "{:?}", world.writes());
}
