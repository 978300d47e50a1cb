//! The copy, and when the old resource may be let go.

use clap::Parser;
use serde_json::{Value, json};

use super::Args;
use crate::api::kinds::Kind;
use crate::cli::kubectl::check::answers::cluster;
use crate::cli::kubectl::relocate::copy::{CopyProgress, copy, is_copy_of, progress, secrets, steps};
use crate::cli::kubectl::resource::ClusterResource;

fn old(change: impl Fn(&mut Value)) -> ClusterResource {
    let mut value = json!({
        "apiVersion": "ping-operator.dev/v1alpha1",
        "metadata": {
            "namespace": "a", "name": "t", "uid": "u", "finalizers": ["f"],
            "labels": { "tier": "gold", "app.kubernetes.io/instance": "x" },
            "annotations": {
                "note": "mine", "kubectl.kubernetes.io/last-applied-configuration": "{}", "argocd.argoproj.io/tracking-id": "x",
                "ping-operator.dev/create-intent": "{}", "ping-operator.dev/reconcile-requested-at": "1",
            },
        },
        "spec": { "name": "T", "valueFrom": { "secretKeyRef": { "name": "s", "key": "k" } } },
        "status": { "externalId": "7", "accountId": "acc" },
    });
    change(&mut value);
    ClusterResource::new(Kind::Team, value)
}

fn new(ready: [&str; 2], message: &str, status: &Value, stalled: &str) -> ClusterResource {
    let condition = |type_: &str, status: &str, reason: &str, message: &str| {
        json!({
            "type": type_, "status": status, "reason": reason, "message": message, "observedGeneration": 1,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        })
    };
    let conditions =
        [condition("Ready", ready[0], ready[1], message), condition("Stalled", stalled, ready[1], "see Ready")];
    let mut status = status.clone();
    status["conditions"] = json!(conditions);
    let metadata = json!({ "namespace": "b", "name": "t", "generation": 1 });
    ClusterResource::new(Kind::Team, json!({ "metadata": metadata, "status": status }))
}

#[test]
fn a_copy_has_the_spec_and_nothing_by_which_another_tool_knows_it() {
    let copied = copy(&old(|_| ()), "b").unwrap();
    assert_eq!(
        copied["metadata"],
        json!({
            "name": "t", "namespace": "b", "labels": { "tier": "gold" },
            "annotations": { "note": "mine", "ping-operator.dev/moved-from": "a/t" },
        })
    );
    assert_eq!((&copied["spec"]["name"], copied.get("status")), (&json!("T"), None));
    assert!(is_copy_of(&ClusterResource::new(Kind::Team, copied), &old(|_| ()).key));
    assert_eq!(secrets(&old(|_| ())), ["s"]);
    assert!(steps(&old(|_| ()), "b").contains("object '7' stays as it is"));
    assert!(copy(&old(|value| value["status"]["externalId"] = json!("webhook:x")), "b").is_ok());
}

#[test]
fn what_cannot_be_moved_is_refused_before_anything_is_written() {
    for (change, expected) in [
        ((|value| value["status"] = json!({})) as fn(&mut Value), "no object at the provider yet"),
        (|value| value["spec"]["suspend"] = json!(true), "suspended"),
        (|value| value["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z"), "being deleted"),
    ] {
        let error = copy(&old(change), "b").unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn the_old_one_is_let_go_only_when_the_copy_has_the_object_or_waits_for_nothing_else() {
    let (same, none) = (json!({ "externalId": "7", "accountId": "acc" }), json!({ "accountId": "acc" }));
    let conflict = "the external object '7' belongs to the older resource 'a/t': delete one of the two";
    let of = |resource: &ClusterResource| progress(resource, &old(|_| ()));
    assert_eq!(of(&new(["True", "Available"], "equal", &same, "False")), CopyProgress::HasObject);
    let by_id = |mut resource: ClusterResource| {
        resource.value["metadata"]["annotations"] = json!({ "ping-operator.dev/external-id": "7" });
        resource
    };
    assert_eq!(of(&by_id(new(["False", "Conflict"], conflict, &none, "True"))), CopyProgress::AwaitsOld);
    for (resource, is_stuck) in [
        (new(["True", "Available"], "equal", &json!({ "externalId": "8" }), "False"), true),
        (new(["False", "Conflict"], &conflict.replace("a/t", "c/t"), &none, "True"), true),
        // It may not have seen the consent yet.
        (new(["False", "Conflict"], conflict, &none, "True"), false),
        (by_id(new(["False", "Conflict"], conflict, &json!({ "accountId": "other" }), "True")), true),
        (new(["False", "ExternalNotFound"], "x", &none, "True"), true),
        (new(["False", "SecretNotFound"], "x", &json!({}), "False"), false),
    ] {
        let progress = of(&resource);
        assert_eq!(matches!(progress, CopyProgress::Stuck(_)), is_stuck, "{progress:?}");
        assert!(!matches!(progress, CopyProgress::HasObject | CopyProgress::AwaitsOld), "{progress:?}");
    }
    let mut behind = new(["True", "Available"], "equal", &same, "False");
    behind.value["metadata"]["generation"] = json!(2);
    assert!(matches!(of(&behind), CopyProgress::Underway(_)));
}

#[derive(Parser)]
struct MoveLine {
    #[command(flatten)]
    args: Args,
}

/// What `move service/s --to-namespace NS --yes` says in a cluster that has these objects, and what it wrote.
async fn moved(namespace: &str, objects: Vec<(&str, Value)>) -> (Result<(), String>, Vec<String>) {
    let group = "/apis/ping-operator.dev/v1alpha1";
    let objects: Vec<_> =
        objects.into_iter().map(|(path, object)| (format!("GET {}", path.replace("GROUP", group)), object)).collect();
    let (cluster, requests) = cluster(move |asked| {
        let is_list = asked.rsplit('/').nth(1).is_some_and(|part| part == "n");
        let found = objects.iter().find(|(path, _)| path == asked).map(|(_, object)| object.clone());
        found.or_else(|| is_list.then(|| json!({ "metadata": {}, "items": [] })).filter(|_| asked.starts_with("GET")))
    });
    let line = MoveLine::parse_from(["move", "service/s", "--to-namespace", namespace, "--yes"]);
    let result = line.args.run(&cluster).await.map(drop);
    let writes = requests.lock().iter().filter(|asked| !asked.starts_with("GET")).cloned().collect();
    (result, writes)
}

fn service(namespace: &str, annotations: &Value) -> Value {
    json!({
        "metadata": { "namespace": namespace, "name": "s", "uid": "u", "annotations": annotations },
        "spec": { "name": "S", "team": { "teamRef": { "name": "t" } } }, "status": { "externalId": "7", "accountId": "acc" },
    })
}

#[tokio::test]
async fn a_move_without_its_namespace_config_or_team_there_writes_nothing_and_says_what_is_missing() {
    let team = |id: &str| json!({ "metadata": { "name": "t" }, "status": { "externalId": id } });
    let config = json!({ "metadata": { "name": "default" }, "status": { "account": { "id": "acc" } } });
    let mut objects =
        vec![("GROUP/namespaces/n/services/s", service("n", &json!({}))), ("GROUP/namespaces/n/teams/t", team("1"))];
    let (told, writes) = moved("b", objects.clone()).await;
    assert_eq!((told.unwrap_err().as_str(), writes.len()), ("the cluster 'c' has no namespace 'b'", 0));
    objects.push(("/api/v1/namespaces/b", json!({ "metadata": { "name": "b" } })));
    objects.push(("GROUP/namespaces/b/providerconfigs/default", config));
    for (other, expected) in [
        (None, "Service n/s refers to Team n/t, and the cluster 'c' has no Team b/t"),
        (Some(team("2")), "Team b/t stands for '2', and Team n/t stands for '1'"),
        (Some(team("")), "Team b/t has no object yet"),
    ] {
        let mut objects = objects.clone();
        objects.extend(other.map(|team| ("GROUP/namespaces/b/teams/t", team)));
        let (told, writes) = moved("b", objects).await;
        let told = told.unwrap_err();
        assert!(told.starts_with(expected) && writes.is_empty(), "{told} {writes:?}");
    }
}

#[tokio::test]
async fn a_move_is_refused_if_it_is_not_known_whether_the_team_there_is_the_same() {
    let team = |id: &str| json!({ "metadata": { "name": "t" }, "status": { "externalId": id } });
    let config = json!({ "metadata": { "name": "default" }, "status": { "account": { "id": "acc" } } });
    let in_team = |id: Value| {
        let mut service = service("n", &json!({}));
        service["status"]["teamExternalId"] = id;
        service
    };
    for (own, here, expected) in [
        (Value::Null, None, "Team n/t is not there or has no object"),
        (Value::Null, Some(team("")), "Team n/t is not there or has no object"),
        (json!("1"), None, "Team b/t stands for '2', and Service n/s is in the team '1'"),
        (json!("1"), Some(team("2")), "Team b/t stands for '2', and Service n/s is in the team '1'"),
        (json!("2"), None, "the cluster 'c' has a Service b/s already"),
    ] {
        let mut objects = vec![
            ("GROUP/namespaces/n/services/s", in_team(own)),
            ("/api/v1/namespaces/b", json!({ "metadata": { "name": "b" } })),
            ("GROUP/namespaces/b/providerconfigs/default", config.clone()),
            ("GROUP/namespaces/b/teams/t", team("2")),
            ("GROUP/namespaces/b/services/s", service("b", &json!({}))),
        ];
        objects.extend(here.map(|team| ("GROUP/namespaces/n/teams/t", team)));
        let (told, writes) = moved("b", objects).await;
        let told = told.unwrap_err();
        assert!(told.contains(expected) && writes.is_empty(), "{told} {writes:?}");
    }
}

#[tokio::test]
async fn a_move_that_was_finished_says_so() {
    let copy = |id: Value| {
        let mut copy = service("b", &json!({ "ping-operator.dev/moved-from": "n/s" }));
        copy["status"]["externalId"] = id;
        vec![("GROUP/namespaces/b/services/s", copy)]
    };
    assert_eq!(moved("b", copy(json!("7"))).await, (Ok(()), vec![]));
    let told = moved("b", copy(Value::Null)).await.0.unwrap_err();
    assert!(told.contains("Service b/s takes its place and has no object yet"), "{told}");
    let other = vec![("GROUP/namespaces/b/services/s", service("b", &json!({})))];
    assert_eq!(moved("b", other).await.0.unwrap_err(), "the cluster 'c' has no Service n/s");
}
