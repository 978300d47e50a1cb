//! Bad input: refused at apply with the field and what is allowed, or told in status. No write in any of these.

use crate::account::account;
use crate::customer::customer;
use crate::harness::world::TEAM;
use crate::harness::{World, condition};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT, channel};
use crate::members::team;
use crate::validate::validate;

#[tokio::test(flavor = "multi_thread")]
async fn manifests_that_make_no_sense_are_refused_at_apply_and_by_validate() {
    let world = World::new().await;
    let hook = channel("hook", "{customer: {}}", "webhook", "https://example.com/a");
    for (manifest, expected) in [
        (TEAM.replace("name: Platform", "name: ''"), "spec.name"),
        (TEAM.replace("name: Platform", &format!("name: {}", "x".repeat(129))), "may not be more than 128"),
        (TEAM.replace("spec: {", "spec: {deletionPolicy: Never, "), "supported values: \"Delete\", \"Orphan\""),
        (TEAM.replace("spec: {", "spec: {colour: blue, "), "unknown field \"spec.colour\""),
        (SERVICE.replace(", teamRef: {name: platform}", ""), "exactly one of `teamRef` and `team` must be set"),
        (
            SERVICE.replace("teamRef:", "team: {externalId: x}, teamRef:"),
            "exactly one of `teamRef` and `team` must be set",
        ),
        (SERVICE.replace("name: platform", "name: ../teams"), "spec.teamRef.name"),
        (hook.replace("{customer: {}}", "{}"), "exactly one of `teamRef` and `customer` must be set"),
        (
            hook.replace("value: 'https://example.com/a'", "enabled: true"),
            "exactly one of `value` and `valueFrom` must be set",
        ),
        (hook.replace("type: webhook", "type: WebHook"), "spec.type"),
        (SUB_ACCOUNT.replace("'-7'", "'15'"), "must be a GMT offset in hours from '-12' to '14'"),
        (SUB_ACCOUNT.replace("location: eur", "location: mars"), "\"nam\", \"lam\", \"eur\", \"eao\", \"wlw\""),
        (SUB_ACCOUNT.replace("joe@example.com", "joe"), "spec.email"),
        (account("timezone: '15'"), "must be a GMT offset in hours from '-12' to '14'"),
        (account("location: mars"), "\"nam\", \"lam\", \"eur\", \"eao\", \"wlw\""),
        (team("{email: a@x.org}, {email: A@X.org}"), "each `email` must be listed once"),
        (team("{email: a@x.org}, {email: a@x.org}"), "Duplicate value"),
        (team("{email: a@x.org, role: root}"), "supported values: \"user\", \"manager\""),
        (team("{email: nobody}"), "spec.members[0].email"),
        (hook.replace("https://", "http://"), "must be an https URL"),
        (channel("sms", "{customer: {}}", "sms", "055 123"), "must be a phone number in E.164 form"),
        (channel("mail", "{customer: {}}", "email", "nobody"), "must be an e-mail address"),
        (customer("deletionPolicy: CloseAccount"), "`closure` must be set"),
        (customer("deletionPolicy: CloseAccount, closure: {reason: x}"), "spec.closure.confirmUsername"),
    ] {
        let (accepted, text) = world.kubectl(&["apply", "-f", "-"], &manifest);
        assert!(!accepted && text.contains(expected), "{manifest}\n{text}\nexpected: {expected}");
        let offline = validate(&manifest, &["--partial"]);
        assert_eq!(offline.status.code(), Some(1), "{manifest}\n{}", String::from_utf8_lossy(&offline.stdout));
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_renamed_in_git_is_warned_of_and_taken_over_without_a_call() {
    let world = World::new().await;
    world.apply(&channel("first", "{customer: {}}", "email", "ops@example.com"));
    let before = world.ready("pingnc/first").await;
    world.second_after("pingnc/first").await;
    let (accepted, text) =
        world.kubectl(&["apply", "-f", "-"], &channel("second", "{customer: {}}", "email", "Ops@Example.com"));
    assert!(accepted && text.contains("the NotificationChannel 'first' stands for this address"), "{text}");
    // Another address, type or owner is another channel.
    for another in [
        channel("third", "{customer: {}}", "email", "duty@example.com"),
        channel("third", "{teamRef: {name: platform}}", "email", "ops@example.com").replace("third", "fourth"),
    ] {
        let (accepted, text) = world.kubectl(&["apply", "-f", "-"], &another);
        assert!(accepted && !text.contains("Warning"), "{text}");
    }
    world.says("pingnc/second", "Conflict").await;
    world.ready("pingnc/third").await;
    let writes = world.writes();
    world.delete("pingnc/first");
    world.gone("pingnc/first").await;
    let after = world.ready("pingnc/second").await;
    assert_eq!(after["status"]["priority"], before["status"]["priority"]);
    assert_eq!(world.writes(), writes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_channel_of_the_same_address_is_a_conflict_and_deleting_it_deletes_nothing() {
    let world = World::new().await;
    world.apply(&channel("first", "{customer: {}}", "email", "ops@example.com"));
    world.ready("pingnc/first").await;
    world.second_after("pingnc/first").await;
    world.secret_with("addresses", "ops", "Ops@Example.com");
    world.apply(
        &channel("second", "{customer: {}}", "email", "x@example.com")
            .replace("value: 'x@example.com'", "valueFrom: {secretKeyRef: {name: addresses, key: ops}}"),
    );
    let object = world.says("pingnc/second", "Conflict").await;
    assert!(condition(&object, "Ready")["message"].as_str().unwrap_or_default().contains("/first'"), "{object}");
    world.delete("pingnc/second");
    world.gone("pingnc/second").await;
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_change_is_refused_with_what_to_do() {
    let world = World::new().await;
    world.apply(SUB_ACCOUNT);
    world.apply(&channel("hook", "{customer: {}}", "webhook", "https://example.com/a"));
    world.ready("pingsub/acme").await;
    for (resource, patch, expected) in [
        ("pingsub/acme", r#"{"email": "other@example.com"}"#, "`email` must not change"),
        ("pingsub/acme", r#"{"contactName": "Other"}"#, "`contactName` must not change"),
        ("pingsub/acme", r#"{"providerConfigRef": {"name": "other"}}"#, "`providerConfigRef` must not change"),
        ("pingnc/hook", r#"{"type": "email"}"#, "`type` must not change"),
        ("pingnc/hook", r#"{"owner": {"customer": null, "teamRef": {"name": "x"}}}"#, "`owner` must not change"),
        ("pingpc/default", r#"{"provider": "NodePing"}"#, "`provider` must not change"),
    ] {
        let patch = format!(r#"{{"spec": {patch}}}"#);
        let (accepted, text) = world.kubectl(&["patch", resource, "--type=merge", "-p", &patch], "");
        assert!(!accepted && text.contains(expected), "{resource} {patch}\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_value_of_an_annotation_stops_writes() {
    let world = World::new().await;
    world.apply(&TEAM.replace("metadata: {", "metadata: {annotations: {ping-operator.dev/allow-deletion: 'yes'}, "));
    let object = world.says("pingteam/platform", "InvalidPolicy").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    let message = condition(&object, "Ready")["message"].as_str().unwrap_or_default();
    assert!(message.contains("'true' or 'orphan', not 'yes'"), "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
    world.kubectl(&["annotate", "pingteam/platform", "ping-operator.dev/allow-deletion-"], "");
    world.ready("pingteam/platform").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_was_not_allowed_gets_no_request() {
    let world = World::new().await;
    world.apply(&world.config("other", "Pinghome").replace("http://127.0.0.1:", "http://localhost:"));
    world.apply(&TEAM.replace("spec: {", "spec: {providerConfigRef: {name: other}, "));
    for resource in ["pingteam/platform", "pingpc/other"] {
        let object = world.says(resource, "EndpointNotAllowed").await;
        assert_eq!(condition(&object, "Stalled")["status"], "True");
        let message = condition(&object, "Ready")["message"].as_str().unwrap_or_default();
        assert!(message.contains("--allow-endpoint localhost"), "{message}");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_of_the_other_provider_is_told() {
    let world = World::new().await;
    world.apply(&TEAM.replace("spec: {", "spec: {providerConfigRef: {name: nodeping}, "));
    let object = world.says("pingteam/platform", "WrongProvider").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    assert_eq!(world.writes(), Vec::<String>::new());
}
