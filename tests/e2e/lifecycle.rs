//! Each kind from apply to delete: every field's change is the expected calls, and no other.

use serde_json::Value;

use crate::harness::{Setup, World, condition, wait, world::TEAM, world::id_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_team_is_one_post_when_made_one_put_when_renamed_and_one_delete_when_deleted() {
    let world = World::new().await;
    world.apply(TEAM);
    let team = world.ready("pingteam/platform").await;
    let id = id_of(&team);
    assert_eq!(world.writes(), [r#"POST /v1/team {"name":"Platform"}"#]);
    assert_eq!(team["status"]["memberCount"], 1);
    world.emulator.clear_journal();

    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes(), [format!(r#"PUT /v1/team/{id} {{"name":"Platform 2"}}"#)]);
    world.emulator.clear_journal();

    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    assert_eq!(world.writes(), [format!("DELETE /v1/team/{id}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_made_renamed_and_deleted_by_one_call_each() {
    let world = World::new().await;
    world.apply(TEAM);
    let team = id_of(&world.ready("pingteam/platform").await);
    world.emulator.clear_journal();
    world.apply(SERVICE);
    let service = world.ready("pingsvc/checkout").await;
    let id = id_of(&service);
    assert_eq!(world.writes(), [format!(r#"POST /v1/service {{"name":"checkout","team_id":"{team}"}}"#)]);
    assert_eq!(service["status"]["teamExternalId"], team.as_str());
    world.emulator.clear_journal();

    world.patch("pingsvc/checkout", r#"{"spec": {"name": "checkout 2"}}"#);
    let service = world.ready("pingsvc/checkout").await;
    assert_eq!(service["status"]["resourceCount"], 0);
    assert_eq!(world.writes(), [format!(r#"PUT /v1/service/{id} {{"name":"checkout 2"}}"#)]);
    world.emulator.clear_journal();

    world.delete("pingsvc/checkout");
    world.gone("pingsvc/checkout").await;
    assert_eq!(world.writes(), [format!("DELETE /v1/service/{id}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_of_a_team_changes_its_address_and_its_switch_by_one_put_each() {
    let world = World::new().await;
    world.apply(TEAM);
    let team = id_of(&world.ready("pingteam/platform").await);
    world.emulator.clear_journal();
    world.apply(&channel("hook", "{teamRef: {name: platform}}", "webhook", "https://example.com/a"));
    let object = world.ready("pingnc/hook").await;
    let base = format!("/v1/team/{team}/notification-channel");
    assert_eq!(world.writes(), [format!(r#"POST {base} {{"type":"webhook","value":"https://example.com/a"}}"#)]);
    assert_eq!(object["status"]["priority"], 1);
    assert_eq!(condition(&object, "Verified")["reason"], "CodeAwaited");
    assert!(!object["status"].to_string().contains("example.com"), "an address may be a secret: {}", object["status"]);
    world.emulator.clear_journal();

    world.patch("pingnc/hook", r#"{"spec": {"value": "https://example.com/b"}}"#);
    world.ready("pingnc/hook").await;
    assert_eq!(world.writes(), [format!(r#"PUT {base} {{"priority":1,"value":"https://example.com/b"}}"#)]);
    world.emulator.clear_journal();

    world.patch("pingnc/hook", r#"{"spec": {"enabled": false}}"#);
    world.ready("pingnc/hook").await;
    assert_eq!(world.writes(), [format!(r#"PUT {base}/enabled {{"enabled":false,"priority":1}}"#)]);
    world.emulator.clear_journal();

    world.delete("pingnc/hook");
    world.gone("pingnc/hook").await;
    assert_eq!(world.writes(), [format!("DELETE {base}?priority=1")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_of_the_tokens_customer_is_made_and_deleted() {
    let world = World::new().await;
    world.apply(&channel("mail", "{customer: {}}", "email", "Ops@Example.com"));
    world.ready("pingnc/mail").await;
    let customer = world.emulator.state("token-a")["customer"]["id"].as_str().unwrap_or_default().to_owned();
    let base = format!("/v1/customer/{customer}/notification-channel");
    assert_eq!(world.writes(), [format!(r#"POST {base} {{"type":"email","value":"Ops@Example.com"}}"#)]);
    world.emulator.clear_journal();

    // E-mail addresses differ by more than their case, or not at all.
    world.patch("pingnc/mail", r#"{"spec": {"value": "ops@example.com"}}"#);
    world.ready("pingnc/mail").await;
    world.look_again("pingnc/mail").await;
    assert_eq!(world.writes(), Vec::<String>::new());

    world.delete("pingnc/mail");
    world.gone("pingnc/mail").await;
    assert_eq!(world.writes(), [format!("DELETE {base}?priority=1")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_from_a_secret_is_used_and_never_shown() {
    let world = World::new().await;
    world.apply(TEAM);
    world.apply(
        "{apiVersion: v1, kind: Secret, metadata: {name: hooks}, stringData: {url: 'https://example.com/c4n4ry'}}",
    );
    world.apply(
        "{apiVersion: ping-operator.dev/v1alpha1, kind: NotificationChannel, metadata: {name: hook}, spec: {\
         owner: {teamRef: {name: platform}}, type: webhook, valueFrom: {secretKeyRef: {name: hooks, key: url}}}}",
    );
    let object = world.ready("pingnc/hook").await;
    assert!(world.writes().iter().any(|call| call.contains("c4n4ry")));
    let (_, events) = world.kubectl(&["get", "events", "-o", "yaml"], "");
    let log = world.operator.as_ref().map(crate::harness::Operator::log).unwrap_or_default();
    for text in [object["status"].to_string(), events, log] {
        assert!(!text.contains("c4n4ry"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_account_is_changed_by_one_put_with_everything_and_suppressed_by_one_of_its_own() {
    let world = World::new().await;
    world.apply(SUB_ACCOUNT);
    let account = world.ready("pingsub/acme").await;
    let id = id_of(&account);
    assert_eq!(
        world.writes(),
        ["POST /accounts?timezone=-7&name=Acme&contactname=Joe Smith&email=joe@example.com&location=eur&emailme=no"]
    );
    assert!(account["status"]["creationTime"].is_string(), "{account}");

    let put = |name: &str, zone: &str, place: &str, diag: &str, mail: &str, status: &str| {
        vec![format!(
            "PUT /accounts?customerid={id}&name={name}&timezone={zone}&location={place}&autodiagnotifications={diag}&emailme={mail}&status={status}"
        )]
    };
    let suppress = |on: bool| vec![format!("PUT /accounts?accountsuppressall={on}&customerid={id}")];
    for (patch, expected) in [
        (r#"{"name": "Acme 2"}"#, put("Acme 2", "-7", "eur", "false", "no", "Active")),
        (r#"{"timezone": "5.5"}"#, put("Acme 2", "5.5", "eur", "false", "no", "Active")),
        (r#"{"timezone": "5.50"}"#, vec![]),
        (r#"{"location": "wlw"}"#, put("Acme 2", "5.50", "wlw", "false", "no", "Active")),
        (r#"{"emailMe": true}"#, put("Acme 2", "5.50", "wlw", "false", "yes", "Active")),
        (r#"{"autoDiagNotifications": true}"#, put("Acme 2", "5.50", "wlw", "true", "yes", "Active")),
        (r#"{"status": "Suspend"}"#, put("Acme 2", "5.50", "wlw", "true", "yes", "Suspend")),
        (r#"{"suppressNotifications": true}"#, suppress(true)),
        (r#"{"suppressNotifications": false}"#, suppress(false)),
    ] {
        world.emulator.clear_journal();
        world.patch("pingsub/acme", &format!(r#"{{"spec": {patch}}}"#));
        world.ready("pingsub/acme").await;
        assert_eq!(world.writes(), expected, "{patch}");
    }
    world.emulator.clear_journal();
    world.look_again("pingsub/acme").await;
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_that_nobody_outside_sees_cause_no_call() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.emulator.clear_journal();
    for patch in
        [r#"{"deletionPolicy": "Orphan"}"#, r#"{"adoptionPolicy": "IfUnique"}"#, r#"{"driftPolicy": "Report"}"#]
    {
        world.patch("pingteam/platform", &format!(r#"{{"spec": {patch}}}"#));
        world.ready("pingteam/platform").await;
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_costs_two_kubernetes_writes_when_made_one_when_changed_and_one_when_deleted() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    assert_eq!(world.kubernetes_writes("teams"), ["patch ", "patch status"]);
    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
    world.ready("pingteam/platform").await;
    world.look_again("pingteam/platform").await;
    let echo = "patch status";
    assert_eq!(world.kubernetes_writes("teams"), ["patch ", "patch status", "patch status", echo]);
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    assert_eq!(world.kubernetes_writes("teams"), ["patch ", "patch status", "patch status", echo, "patch "]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_that_changes_nothing_writes_nothing_anywhere() {
    let world = Setup { resync: 1, ..Setup::default() }.build().await;
    world.apply(TEAM);
    let before = world.ready("pingteam/platform").await;
    let lists = || world.calls().iter().filter(|call| call.as_str() == "GET /v1/teams").count();
    let start = lists();
    wait::until("three resyncs", async || lists() >= start + 3).await;
    let after = world.get("pingteam/platform").await.unwrap_or_default();
    assert_eq!(world.writes(), [r#"POST /v1/team {"name":"Platform"}"#]);
    assert_eq!(before["metadata"]["resourceVersion"], after["metadata"]["resourceVersion"]);
}

pub(crate) const SERVICE: &str = "{apiVersion: ping-operator.dev/v1alpha1, kind: Service, metadata: {name: checkout}, \
    spec: {name: checkout, teamRef: {name: platform}}}";

pub(crate) const SUB_ACCOUNT: &str = "{apiVersion: ping-operator.dev/v1alpha1, kind: SubAccount, metadata: {name: acme}, spec: {\
    providerConfigRef: {name: nodeping}, name: Acme, contactName: Joe Smith, email: joe@example.com, timezone: '-7', location: eur}}";

pub(crate) fn channel(name: &str, owner: &str, type_: &str, value: &str) -> String {
    format!(
        "{{apiVersion: ping-operator.dev/v1alpha1, kind: NotificationChannel, metadata: {{name: {name}}}, \
         spec: {{owner: {owner}, type: {type_}, value: '{value}'}}}}"
    )
}

/// The values of one field of a list, for comparing what the provider has.
pub(crate) fn values(list: &Value, field: &str) -> Vec<String> {
    let items = list.as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item[field].as_str().map_or_else(|| item[field].to_string(), str::to_owned)).collect()
}
