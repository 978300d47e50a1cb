//! What is told of resources in each situation.

use serde_json::{Value, json};

use super::*;
use crate::api::kinds::Kind;

fn condition(type_: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({
        "type": type_, "status": status, "reason": reason, "message": message, "observedGeneration": 1,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    })
}

fn team(generation: i64, extra: &Value, conditions: &[Value]) -> ClusterResource {
    let mut metadata = json!({ "namespace": "n", "name": "t", "generation": generation });
    if let (Some(metadata), Some(extra)) = (metadata.as_object_mut(), extra.as_object()) {
        metadata.extend(extra.clone());
    }
    ClusterResource::new(
        Kind::Team,
        json!({ "metadata": metadata, "spec": {}, "status": { "conditions": conditions } }),
    )
}

fn told(resource: &ClusterResource) -> [String; 4] {
    let state = ResourceState::of(resource, None);
    let next = state.next_try.map(|next| next.to_string()).unwrap_or_default();
    [state.ready.to_owned(), state.reason, state.message, next]
}

#[test]
fn a_resource_is_ready_only_if_its_present_spec_is() {
    let ready = [condition("Ready", "True", "Available", "equal")];
    assert_eq!(told(&team(1, &json!({}), &ready)), ["True", "Available", "equal", ""]);
    let [status, reason, message, next] = told(&team(2, &json!({}), &ready));
    assert_eq!([status, reason, next], ["Unknown", "Progressing", "by itself"]);
    assert!(message.contains("last change"), "{message}");
    let [status, reason, ..] = told(&team(1, &json!({}), &[]));
    assert_eq!([status, reason], ["Unknown", "NotReconciled"]);
}

#[test]
fn what_a_person_must_do_and_when_the_operator_tries_again_is_told() {
    let failed = |stalled| {
        let ready = condition("Ready", "False", "SecretNotFound", "the Secret 's' does not exist");
        team(1, &json!({}), &[ready, condition("Stalled", stalled, "SecretNotFound", "see Ready")])
    };
    let state = ResourceState::of(&failed("False"), None);
    assert_eq!(state.action, Some(Reason::SecretNotFound.action()));
    assert_eq!(state.page, Some(Reason::SecretNotFound.section()));
    assert_eq!(state.next_try, Some(NextTry::ByItself));
    let until: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
    assert_eq!(ResourceState::of(&failed("False"), Some(until)).next_try, Some(NextTry::At(until)));
    assert_eq!(ResourceState::of(&failed("True"), Some(until)).next_try, Some(NextTry::OnChange));
}

#[test]
fn a_deleted_resource_is_not_ready_and_says_what_holds_it() {
    let conditions = [
        condition("Ready", "True", "Available", "equal"),
        condition("Reconciling", "True", "HasDependents", "the Service 's' refers to it"),
        condition("Stalled", "False", "HasDependents", "see Ready"),
    ];
    let deleted = json!({ "deletionTimestamp": "2026-01-03T00:00:00Z" });
    let state = ResourceState::of(&team(1, &deleted, &conditions), None);
    assert_eq!((state.ready, state.reason.as_str()), ("False", "HasDependents"));
    assert_eq!(state.since.map(|since| since.to_string()).as_deref(), Some("2026-01-03T00:00:00Z"));
    assert_eq!(state.action, Some(Reason::HasDependents.action()));
}

#[test]
fn a_suspended_resource_is_as_ready_as_before_with_a_note() {
    let conditions =
        [condition("Ready", "True", "Available", "equal"), condition("Suspended", "True", "Suspended", "suspended")];
    let mut resource = team(2, &json!({}), &conditions);
    resource.value["spec"]["suspend"] = json!(true);
    let state = ResourceState::of(&resource, None);
    assert!(state.is_ready(), "{state:?}");
    assert_eq!(state.notes.len(), 1);
}

#[test]
fn the_pause_of_a_config_counts_while_it_lasts() {
    let config = |until: &str| {
        let value =
            json!({ "metadata": { "namespace": "n", "name": "default" }, "status": { "throttledUntil": until } });
        [ClusterResource::new(Kind::ProviderConfig, value)]
    };
    let (resource, now) = (team(1, &json!({}), &[]), "2026-01-01T00:00:00Z".parse().unwrap());
    assert!(paused_until(&resource, &config("2026-01-01T00:01:00Z"), now).is_some());
    assert!(paused_until(&resource, &config("2025-12-31T00:00:00Z"), now).is_none());
}

#[test]
fn what_is_suspended_waits_for_a_person_and_says_so_once() {
    let conditions = [
        condition("Ready", "Unknown", "Suspended", "see Suspended"),
        condition("Suspended", "True", "Suspended", "`suspend` is true"),
    ];
    let mut resource = team(1, &json!({}), &conditions);
    resource.value["spec"]["suspend"] = json!(true);
    assert_eq!(told(&resource), ["Unknown", "Suspended", "`suspend` is true", "on a change"]);
    // A deletion goes on.
    resource.value["metadata"]["deletionTimestamp"] = json!("2026-01-03T00:00:00Z");
    assert_eq!(told(&resource)[3], "by itself");
}

#[test]
fn a_suspension_that_the_operator_has_not_seen_yet_is_told() {
    let mut resource = team(2, &json!({}), &[condition("Ready", "True", "Available", "equal")]);
    resource.value["spec"]["suspend"] = json!(true);
    assert!(ResourceState::of(&resource, None).suspended);
}

#[test]
fn the_verb_that_does_what_is_to_be_done_can_be_copied() {
    let command = |reason: &str| {
        ResourceState::of(&team(1, &json!({}), &[condition("Ready", "False", reason, "")]), None).command
    };
    for (reason, expected) in [
        ("ApprovalRequired", Some("kubectl ping approve team/t -n n")),
        ("NameTaken", Some("kubectl ping adopt team/t ID -n n")),
        ("Suspended", Some("kubectl ping resume team/t -n n")),
        ("SecretNotFound", None),
    ] {
        assert_eq!(command(reason).as_deref(), expected, "{reason}");
    }
}
