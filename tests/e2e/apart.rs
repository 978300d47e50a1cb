//! One bad thing stops nothing else: a resource that cannot be read, a kind that is not defined, a right or a policy that is in the way.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use crate::ending::orphans;
use crate::harness::cluster::Cluster;
use crate::harness::wait::{until, within};
use crate::harness::world::{TEAM, id_of};
use crate::harness::{Setup, World, another_cluster, condition};
use crate::lifecycle::SUB_ACCOUNT;
use crate::rights::{Rights, told};

/// A control plane whose CRDs these tests change.
fn own_cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<&'static Cluster> = OnceLock::new();
    CLUSTER.get_or_init(another_cluster)
}

fn team(name: &str, fields: &str) -> String {
    format!(
        "{{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {{name: {name}}}, spec: {{name: {name}, {fields}}}}}"
    )
}

fn message(object: &serde_json::Value) -> &str {
    condition(object, "Ready")["message"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_that_cannot_be_read_says_so_and_all_others_go_on() {
    let mut world = Setup { cluster: Some(own_cluster()), ..Setup::default() }.build().await;
    world.apply(&team("known", ""));
    world.ready("pingteam/known").await;
    let added = r#"[{"op": "add", "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/adoptionPolicy/enum/-", "value": "FromTheFuture"}]"#;
    let (changed, text) = world.kubectl(&["patch", "crd", "teams.ping-operator.dev", "--type=json", "-p", added], "");
    assert!(changed, "{text}");
    until("the newer definition is served", async || {
        world.kubectl(&["apply", "-f", "-"], &team("future", "adoptionPolicy: FromTheFuture")).0
    })
    .await;
    let object = world.says("pingteam/future", "InvalidPolicy").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    assert!(message(&object).contains("FromTheFuture"), "{object}");
    for turn in 0..2 {
        world.apply(TEAM);
        world.ready("pingteam/platform").await;
        world.patch("pingteam/known", &format!(r#"{{"spec": {{"name": "known-{turn}"}}}}"#));
        world.ready("pingteam/known").await;
        world.apply(SUB_ACCOUNT);
        world.ready("pingsub/acme").await;
        // After a restart it is in the first list.
        world.restart().await;
    }
    let log = world.operator.as_ref().expect("the operator").log();
    assert!(log.contains("FromTheFuture") && log.contains("future"), "{log}");
    assert!(!world.writes().iter().any(|write| write.contains("future")), "{:?}", world.writes());
    becomes_unreadable_and_readable_again(&world).await;
}

async fn becomes_unreadable_and_readable_again(world: &World) {
    world.patch("pingteam/known", r#"{"spec": {"name": "New", "adoptionPolicy": "FromTheFuture"}}"#);
    world.says("pingteam/known", "InvalidPolicy").await;
    let before = id_of(&world.get("pingteam/known").await.unwrap_or_default());
    // A later change of another Team goes through, and this one was left alone.
    world.patch("pingteam/platform", r#"{"spec": {"name": "Later"}}"#);
    world.ready("pingteam/platform").await;
    assert!(!world.writes().iter().any(|write| write.contains("New")), "{:?}", world.writes());
    world.patch("pingteam/known", r#"{"spec": {"adoptionPolicy": "Never"}}"#);
    let after = world.ready("pingteam/known").await;
    assert_eq!(id_of(&after), before);
    assert_eq!(world.count(&["POST", "team"]), 2, "{:?}", world.writes());
    goes_although_it_cannot_be_read(world, &before).await;
}

/// Neither way leaves an external object behind without a line, and nothing is deleted outside.
async fn goes_although_it_cannot_be_read(world: &World, id: &str) {
    let other = id_of(&world.ready("pingteam/platform").await);
    for name in ["known", "platform"] {
        let resource = format!("pingteam/{name}");
        world.patch(&resource, r#"{"spec": {"adoptionPolicy": "FromTheFuture"}}"#);
        world.says(&resource, "InvalidPolicy").await;
        world.delete(&resource);
    }
    world.kubectl(&["annotate", "pingteam/known", "ping-operator.dev/allow-deletion=orphan"], "");
    world.gone("pingteam/known").await;
    world.patch("pingteam/platform", r#"{"metadata": {"finalizers": null}}"#);
    world.gone("pingteam/platform").await;
    within(Duration::from_secs(30), "both have a line", async || orphans(world).len() == 2).await;
    let lines = orphans(world);
    let why = |id: &str| lines.iter().find(|line| line["externalId"] == id).and_then(|line| line["why"].as_str());
    assert!(why(id).is_some_and(|why| why.contains("allow-deletion")), "{lines:?}");
    assert!(why(&other).is_some_and(|why| why.contains("finalizer")), "{lines:?}");
    assert!(!world.writes().iter().any(|write| write.contains("DELETE")), "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_that_is_not_defined_waits_alone_and_starts_when_it_is() {
    let mut world = Setup { cluster: Some(own_cluster()), is_started: false, ..Setup::default() }.build().await;
    let (deleted, text) = world.kubectl(&["delete", "crd", "subaccounts.ping-operator.dev"], "");
    assert!(deleted, "{text}");
    world.start().await;
    let operator = world.operator.as_ref().expect("the operator");
    within(Duration::from_secs(30), "the log names the kind", async || {
        operator.log().contains("SubAccount cannot be watched")
            || operator.log().contains("SubAccount in the namespace")
    })
    .await;
    let (code, readyz) = operator.get("/readyz?verbose").await.unwrap_or_default();
    assert!(code == 200 && readyz.contains("[-]SubAccount") && readyz.contains("[+]Team"), "{readyz}");
    let (_, metrics) = operator.get("/metrics").await.unwrap_or_default();
    let series = format!("ping_operator_watch_synced{{kind=\"SubAccount\",namespace=\"{}\"}} 0", world.namespace);
    assert!(metrics.contains(&series), "{metrics}");
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let crd = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/kustomize/crds/subaccounts.yaml");
    let (applied, text) = world.kubectl(&["apply", "--server-side", "-f", &crd.to_string_lossy()], "");
    assert!(applied, "{text}");
    until("the kind is defined", async || world.kubectl(&["apply", "-f", "-"], SUB_ACCOUNT).0).await;
    world.ready("pingsub/acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twelve_namespaces_become_ready_and_the_last_is_served() {
    let mut world = Setup { neighbours: 11, ..Setup::default() }.build().await;
    world.go_to(11);
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_right_to_read_secrets_is_told_on_resource_and_config_and_as_an_event() {
    let mut world = Setup { is_started: false, ..Setup::default() }.build().await;
    let shipped = Rights::shipped(&world);
    let kubeconfig = shipped.clone().without("secrets").give(&world);
    world.apply(TEAM);
    world.operator = Some(world.operator_through(&kubeconfig).await);
    for resource in ["pingteam/platform", "pingpc/default"] {
        let object = world.says(resource, "Forbidden").await;
        assert_eq!(condition(&object, "Ready")["status"], "False");
        assert_eq!(condition(&object, "Reconciling")["status"], "True");
        let expected = format!("get secrets in the namespace '{}'", world.namespace);
        assert!(message(&object).contains(&expected) && message(&object).contains("verbs [get]"), "{object}");
    }
    until("there is an event", async || {
        world.kubectl(&["get", "events", "-o", "json"], "").1.contains("\"Forbidden\"")
    })
    .await;
    assert_eq!(world.calls(), Vec::<String>::new());
    shipped.give(&world);
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}

const POLICY: &str = r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: NAME}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [ping-operator.dev], apiVersions: ["*"], operations: [CREATE, UPDATE], resources: [teams]}]
  validations:
  - {expression: "!has(object.metadata.finalizers)", message: a finalizer needs an approval of the platform team}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: NAME}
spec:
  policyName: NAME
  validationActions: [Deny]
  matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NAME}}}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_finalizer_that_a_policy_refuses_is_told_with_its_text_and_nothing_is_written_outside() {
    let mut world = Setup { is_started: false, ..Setup::default() }.build().await;
    world.apply(&POLICY.replace("NAME", &world.namespace));
    world.apply(TEAM);
    let finalizers = r#"{"metadata": {"finalizers": ["example.com/a"]}}"#;
    until("the policy is in force", async || {
        !world.kubectl(&["patch", "pingteam/platform", "--type=merge", "--dry-run=server", "-p", finalizers], "").0
    })
    .await;
    world.start().await;
    let object = world.says("pingteam/platform", "Forbidden").await;
    assert!(message(&object).contains("a finalizer needs an approval of the platform team"), "{object}");
    let operator = world.operator.as_ref().expect("the operator");
    let log = operator.log();
    assert!(log.contains("an approval of the platform team"), "{log}");
    until("there is an event", async || {
        world.kubectl(&["get", "events", "-o", "json"], "").1.contains("an approval of the platform team")
    })
    .await;
    assert_eq!(world.writes(), Vec::<String>::new());
    let (gone, text) = world.kubectl(&["delete", "validatingadmissionpolicybinding", &world.namespace], "");
    assert!(gone, "{text}");
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_resource_that_cannot_be_seen_may_hold_is_not_adopted_and_the_rest_goes_on() {
    let mut world = Setup { neighbours: 1, ..Setup::default() }.build().await;
    world.go_to(1);
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.stop().await;
    world.go_to(0);
    // Teams may be seen in the first namespace only.
    let kubeconfig = Rights::shipped(&world).without("teams").give(&world);
    world.apply(&format!(
        "{{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {{name: teams}}, rules: [{{apiGroups: [ping-operator.dev], \
         resources: [teams], verbs: [get, list, watch, patch]}}]}}\n---\n\
         {{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {{name: teams}}, roleRef: {{apiGroup: \
         rbac.authorization.k8s.io, kind: Role, name: teams}}, subjects: [{{kind: ServiceAccount, name: user-{}, namespace: ping-operator}}]}}",
        world.namespace
    ));
    world.apply(&team("thief", "").replace(
        "{name: thief}, spec",
        &format!("{{name: thief, annotations: {{ping-operator.dev/external-id: {id}}}}}, spec"),
    ));
    world.apply(&team("fresh", ""));
    world.operator = Some(world.operator_through(&kubeconfig).await);
    world.ready("pingteam/fresh").await;
    let object = world.says("pingteam/thief", "Forbidden").await;
    assert!(message(&object).contains("list teams"), "{object}");
    assert_eq!(id_of(&object), "");
    let operator = world.operator.as_ref().expect("the operator");
    assert!(told(&world, operator).await.contains("[-]Team in the namespace"));
    Rights::shipped(&world).give(&world);
    world.says("pingteam/thief", "Conflict").await;
    assert_eq!(world.count(&["PUT"]), 0, "{:?}", world.writes());
}
