//! The primary NodePing account, always addressed by its own id; and what suppression may move.

use ping_emulator::{Edit, Fault, Settings, Trouble};
use serde_json::{Value, json};

use crate::harness::world::{TOKEN, id_of};
use crate::harness::{Setup, World, condition};
use crate::lifecycle::SUB_ACCOUNT;

/// An Account resource with these fields.
pub(crate) fn account(fields: &str) -> String {
    format!(
        "{{apiVersion: ping-operator.dev/v1alpha1, kind: Account, metadata: {{name: primary}}, \
         spec: {{providerConfigRef: {{name: nodeping}}, {fields}}}}}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_spec_names_is_changed_and_every_call_names_the_account() {
    let world = World::new().await;
    let id = world.emulator.state(TOKEN)["primary"].as_str().unwrap_or_default().to_owned();
    world.human("PUT", &format!("/nodeping/accounts?customerid={id}&emailme=yes"), json!(null));
    world.apply(&account("name: Primary"));
    let object = world.ready("pingacct/primary").await;
    assert_eq!(id_of(&object), id);
    assert_eq!(world.writes(), Vec::<String>::new());
    for (fields, expected) in [
        ("name: Main", format!("PUT /accounts?customerid={id}&name=Main&timezone=0.0&location=nam&emailme=yes")),
        (
            "name: Main, timezone: '-7'",
            format!("PUT /accounts?customerid={id}&name=Main&timezone=-7&location=nam&emailme=yes"),
        ),
        (
            "location: eur, emailMe: false",
            format!("PUT /accounts?customerid={id}&name=Main&timezone=-7.0&location=eur&emailme=no"),
        ),
        (
            "autoDiagNotifications: true",
            format!(
                "PUT /accounts?customerid={id}&name=Main&timezone=-7.0&location=eur&autodiagnotifications=true&emailme=no"
            ),
        ),
        ("suppressNotifications: true", format!("PUT /accounts?accountsuppressall=true&customerid={id}")),
    ] {
        world.emulator.clear_journal();
        world.apply(&account(fields));
        world.ready("pingacct/primary").await;
        world.look_again("pingacct/primary").await;
        assert_eq!(world.writes(), [expected], "{fields}");
    }
    world.emulator.clear_journal();
    world.delete("pingacct/primary");
    world.gone("pingacct/primary").await;
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_suppression_moves_is_put_back() {
    let settings = Settings { put_resets: true, suppress_resets: true, ..Settings::default() };
    let world = Setup { settings, ..Setup::default() }.build().await;
    world.apply(&SUB_ACCOUNT.replace("location: eur", "location: eur, emailMe: true"));
    let id = id_of(&world.ready("pingsub/acme").await);
    world.emulator.clear_journal();
    world.patch("pingsub/acme", r#"{"spec": {"suppressNotifications": true}}"#);
    world.ready("pingsub/acme").await;
    let state = &world.emulator.state(TOKEN)["accounts"][&id];
    assert_eq!((&state["suppressed"], &state["email_me"]), (&json!(true), &json!(true)), "{:?}", world.writes());
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
    world.look_again("pingsub/acme").await;
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_reaches_the_primary_account_by_a_missing_id() {
    let world = World::new().await;
    let before = world.emulator.state(TOKEN)["accounts"]
        [world.emulator.state(TOKEN)["primary"].as_str().unwrap_or_default()]
    .clone();
    world.apply(&SUB_ACCOUNT.replace("spec: {", "spec: {deletionPolicy: Delete, "));
    world.ready("pingsub/acme").await;
    for patch in [r#"{"name": "B"}"#, r#"{"status": "Suspend"}"#, r#"{"suppressNotifications": true}"#] {
        world.patch("pingsub/acme", &format!(r#"{{"spec": {patch}}}"#));
        world.ready("pingsub/acme").await;
    }
    world.delete("pingsub/acme");
    world.gone("pingsub/acme").await;
    let writes = world.writes();
    let unnamed: Vec<_> =
        writes.iter().filter(|call| !call.starts_with("POST") && !call.contains("customerid=20")).collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
    let state = world.emulator.state(TOKEN);
    let after = &state["accounts"][state["primary"].as_str().unwrap_or_default()];
    assert_eq!(*after, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_another_id_is_told_and_not_touched() {
    let world = World::new().await;
    world.apply(
        &account("name: Main").replace("metadata: {", "metadata: {annotations: {ping-operator.dev/external-id: X1}, "),
    );
    let object = world.says("pingacct/primary", "ExternalNotFound").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_account_could_not_be_read_is_asked_again() {
    let mut world = World::new().await;
    world.apply(SUB_ACCOUNT);
    world.ready("pingsub/acme").await;
    world.stop().await;
    let edits = vec![Edit::new(r#""name":"Primary""#, r#""name":7"#)];
    world.emulator.fault(Fault::new("GET", "/accounts$", Fault::FOREVER, Trouble::Edited { edits }));
    world.start().await;
    world.until("pingpc/nodeping", "is not Ready", |object| condition(object, "Ready")["status"] == "False").await;
    world.patch("pingsub/acme", r#"{"spec": {"name": "Acme 2"}}"#);
    let told = |object: &Value| condition(object, "Ready")["message"].as_str().unwrap_or_default().contains("account");
    let object = world.until("pingsub/acme", "says what cannot be read", told).await;
    world.emulator.clear_faults();
    world.ready("pingpc/nodeping").await;
    world.ready("pingsub/acme").await;
    let message = condition(&object, "Ready")["message"].as_str().unwrap_or_default();
    assert!(message.contains("cannot be read"), "{message}");
}
