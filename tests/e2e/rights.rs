//! One right of the shipped role is missing: that is told, everything else goes on, and nothing is written outside twice.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::wait::within;
use crate::harness::world::TEAM;
use crate::harness::{Operator, Setup, World, all, condition};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT, channel};

/// How long it may take until something is told.
const TOLD: Duration = Duration::from_secs(10);
/// How long a busy machine may take beside.
const SLOW: Duration = Duration::from_mins(1);

/// The rights of an operator: the rules that hold in all namespaces, and those of its own.
#[derive(Clone)]
pub(crate) struct Rights {
    cluster: Vec<Value>,
    own: Vec<Value>,
}

impl Rights {
    /// The shipped ones.
    pub(crate) fn shipped(world: &World) -> Self {
        let rules = |kind: &str| {
            let (found, text) = world.kubectl(&["-n", "ping-operator", "get", kind, "ping-operator", "-o", "json"], "");
            assert!(found, "{text}");
            let role: Value = serde_json::from_str(&text).expect("a role");
            role["rules"].as_array().cloned().unwrap_or_default()
        };
        Self { cluster: rules("clusterrole"), own: rules("role") }
    }

    /// Without the rules about a resource.
    pub(crate) fn without(mut self, resource: &str) -> Self {
        for rule in self.cluster.iter_mut().chain(&mut self.own) {
            remove(&mut rule["resources"], resource);
        }
        self.cluster.retain(|rule| rule["resources"] != json!([]));
        self.own.retain(|rule| rule["resources"] != json!([]));
        self
    }

    /// Without a verb of the rules about a resource.
    pub(crate) fn without_verb(mut self, resource: &str, verb: &str) -> Self {
        let rules = self.cluster.iter_mut().chain(&mut self.own);
        let about =
            rules.filter(|rule| rule["resources"].as_array().is_some_and(|list| list.iter().any(|it| it == resource)));
        about.for_each(|rule| remove(&mut rule["verbs"], verb));
        self
    }

    /// Gives them to a user of the world, in place of those that it had; returns the user's kubeconfig.
    pub(crate) fn give(&self, world: &World) -> PathBuf {
        let name = format!("user-{}", world.namespace);
        let role = |kind: &str, rules: &[Value]| {
            let bound = format!("{kind}Binding");
            let subject = json!({ "kind": "ServiceAccount", "name": name, "namespace": "ping-operator" });
            let (group, version) = ("rbac.authorization.k8s.io", "rbac.authorization.k8s.io/v1");
            let role = json!({ "apiVersion": version, "kind": kind, "metadata": { "name": name }, "rules": rules });
            let reference = json!({ "apiGroup": group, "kind": kind, "name": name });
            let binding = json!({ "apiVersion": version, "kind": bound, "metadata": { "name": name }, "roleRef": reference, "subjects": [subject] });
            format!("{role}\n---\n{binding}\n")
        };
        world.apply(&format!("{}---\n{}", role("ClusterRole", &self.cluster), role("Role", &self.own)));
        let admin = std::fs::read_to_string(world.cluster.admin()).expect("a kubeconfig");
        let user = format!("user: {{as: 'system:serviceaccount:ping-operator:{name}', token:");
        let path = world.cluster.admin().with_file_name(format!("{name}.kubeconfig"));
        std::fs::write(&path, admin.replace("user: {token:", &user)).expect("a kubeconfig");
        path
    }
}

fn remove(list: &mut Value, item: &str) {
    list.as_array_mut().expect("a list").retain(|other| other != item);
}

/// What is missing in one row.
#[derive(Debug)]
struct Missing {
    /// Whether the rule is one of the own namespace.
    is_own: bool,
    rule: usize,
    /// The verb, or else the resource, that the rule lacks.
    verb: Option<String>,
    resource: Option<String>,
}

impl Missing {
    fn from(&self, shipped: &Rights) -> Rights {
        let mut rights = shipped.clone();
        let rules = if self.is_own { &mut rights.own } else { &mut rights.cluster };
        if let Some(verb) = &self.verb {
            remove(&mut rules[self.rule]["verbs"], verb);
        }
        if let Some(resource) = &self.resource {
            remove(&mut rules[self.rule]["resources"], resource);
        }
        rules.retain(|rule| rule["verbs"] != json!([]));
        rights
    }

    /// Verb and resource as they are told; any of them is enough.
    fn words(&self, shipped: &Rights) -> Vec<String> {
        let rule = if self.is_own { &shipped.own[self.rule] } else { &shipped.cluster[self.rule] };
        let texts = |list: &Value| -> Vec<String> {
            list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let verbs = self.verb.clone().map_or_else(|| texts(&rule["verbs"]), |verb| vec![verb]);
        let resources = self.resource.clone().map_or_else(|| texts(&rule["resources"]), |resource| vec![resource]);
        verbs.iter().flat_map(|verb| resources.iter().map(move |resource| format!("{verb} {resource}"))).collect()
    }

    /// What becomes Ready all the same.
    fn rest(&self) -> &'static [&'static str] {
        let all = &["pingteam/platform", "pingsub/acme", "pingteam/shared", "pingteam/leaving", "pingteam/going"];
        match (self.words_of_resource(), self.verb.as_deref()) {
            ("leases" | "secrets", _) | ("status" | "kinds", Some(_)) => &[],
            ("subaccounts" | "accounts" | "subaccounts/status" | "accounts/status", _) => {
                &["pingteam/platform", "pingteam/shared"]
            }
            ("providerconfigs" | "providerconfigs/status", _) => &["pingteam/shared"],
            ("namespaces" | "clusterproviderconfigs" | "clusterproviderconfigs/status", _) => {
                &["pingteam/platform", "pingsub/acme"]
            }
            ("teams" | "teams/status", _) => &["pingsub/acme"],
            _ => all,
        }
    }

    fn words_of_resource(&self) -> &str {
        match (&self.resource, self.is_own, self.rule) {
            (Some(resource), ..) => resource,
            (None, false, 0) => "kinds",
            (None, false, 1) => "status",
            (None, false, 2) => "secrets",
            (None, false, 3) => "namespaces",
            (None, false, 4) => "customresourcedefinitions",
            (None, false, _) => "events",
            (None, true, 0 | 1) => "configmaps",
            (None, true, _) => "leases",
        }
    }
}

/// Whether all namespaces have a right, so that the rule of the own one is not needed for it.
fn is_given_everywhere(shipped: &Rights, own: &Value, verb: &str) -> bool {
    let has = |rule: &Value, field: &str, item: &str| {
        rule[field].as_array().is_some_and(|list| list.iter().any(|it| it == item))
    };
    let resources = own["resources"].as_array().cloned().unwrap_or_default();
    resources
        .iter()
        .filter_map(Value::as_str)
        .all(|resource| shipped.cluster.iter().any(|rule| has(rule, "resources", resource) && has(rule, "verbs", verb)))
}

/// Whether a rule is needed with `--shards` only: see `shards::rights`.
fn is_for_shards(rule: &Value) -> bool {
    rule["resources"] == json!(["leases"]) && rule["verbs"] == json!(["list", "delete"])
}

/// A row for each verb of each rule, and one for each resource of a rule about several.
fn rows(shipped: &Rights) -> Vec<Missing> {
    let mut rows = Vec::new();
    for (is_own, rules) in [(false, &shipped.cluster), (true, &shipped.own)] {
        for (rule, content) in rules.iter().enumerate().filter(|(_, content)| !is_for_shards(content)) {
            let texts = |field: &str| content[field].as_array().cloned().unwrap_or_default();
            let text = |value: Value| value.as_str().map(str::to_owned);
            let is_missed = |verb: &String| !is_own || !is_given_everywhere(shipped, content, verb);
            let verbs = texts("verbs").into_iter().filter_map(text).filter(is_missed);
            rows.extend(verbs.map(|verb| Missing { is_own, rule, verb: Some(verb), resource: None }));
            if texts("resources").len() > 1 {
                let row = |resource| Missing { is_own, rule, verb: None, resource: text(resource) };
                rows.extend(texts("resources").into_iter().map(row));
            }
        }
    }
    rows
}

/// Resources of most kinds, two of which go.
fn manifests(world: &World) -> String {
    let (shared, config) = world.cluster_config(&format!("kubernetes.io/metadata.name: {}", world.namespace));
    let team = |name: &str, fields: &str| {
        format!(
            "{{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {{name: {name}}}, spec: {{name: {name}, {fields}}}}}"
        )
    };
    [
        config,
        team("shared", &format!("providerConfigRef: {{kind: ClusterProviderConfig, name: {shared}}}")),
        team("leaving", "deletionPolicy: Orphan"),
        team("going", "deletionPolicy: Delete"),
        TEAM.to_owned(),
        SERVICE.to_owned(),
        SUB_ACCOUNT.to_owned(),
        channel("hook", "{teamRef: {name: platform}}", "webhook", "https://example.com/a"),
        "{apiVersion: ping-operator.dev/v1alpha1, kind: Customer, metadata: {name: me}, spec: {name: Ada}}".to_owned(),
        "{apiVersion: ping-operator.dev/v1alpha1, kind: Account, metadata: {name: primary}, spec: {providerConfigRef: {name: nodeping}, name: Primary}}".to_owned(),
    ]
    .join("\n---\n")
}

/// Everything that a person can look at.
pub(crate) async fn told(world: &World, operator: &Operator) -> String {
    let (_, resources) = world.kubectl(&["get", "ping,ping-cluster", "-o", "json"], "");
    let (_, events) = world.kubectl(&["get", "events", "-o", "json"], "");
    let readyz = operator.get("/readyz?verbose").await.unwrap_or_default().1;
    [resources, events, readyz, operator.log()].concat()
}

fn is_ready(object: &Value) -> bool {
    condition(object, "Ready")["status"] == "True"
}

async fn rest_goes_on(world: &World, missing: &Missing) {
    within(SLOW, &format!("{missing:?}: the rest goes on"), async || {
        for name in missing.rest() {
            if !world.get(name).await.is_some_and(|object| is_ready(&object)) {
                return false;
            }
        }
        true
    })
    .await;
}

/// Events are patched only when they repeat.
async fn an_event_repeats(world: &World) {
    for _ in 0..2 {
        let (noted, text) = world.kubectl(&["annotate", "pingteam/platform", "ping-operator.dev/unknown=x"], "");
        assert!(noted, "{text}");
        world.says("pingteam/platform", "InvalidPolicy").await;
        world.kubectl(&["annotate", "pingteam/platform", "ping-operator.dev/unknown-"], "");
        world.ready("pingteam/platform").await;
    }
}

async fn plays(missing: Missing) {
    let flags = vec!["--leader-elect".to_owned()];
    let world = Setup { flags, is_home: true, is_started: false, ..Setup::default() }.build().await;
    let shipped = Rights::shipped(&world);
    let words = missing.words(&shipped);
    world.apply(&manifests(&world));
    let kubeconfig = missing.from(&shipped).give(&world);
    let operator = world.spawn_through(&kubeconfig);
    let told_already = async || {
        let told = told(&world, &operator).await;
        words.iter().any(|words| told.contains(words.as_str()))
    };
    rest_goes_on(&world, &missing).await;
    // Some rights are needed for a deletion only.
    for name in ["leaving", "going"] {
        world.kubectl(&["delete", &format!("pingteam/{name}"), "--wait=false"], "");
    }
    if words == ["patch events"] {
        an_event_repeats(&world).await;
    }
    let begun = std::time::Instant::now();
    within(TOLD, &format!("{missing:?}: one of {words:?} is told"), told_already).await;
    eprintln!("[rights] {words:?} told after {:.1} s", begun.elapsed().as_secs_f64());
    shipped.give(&world);
    for name in [
        "pingteam/platform",
        "pingteam/shared",
        "pingsvc/checkout",
        "pingnc/hook",
        "pingsub/acme",
        "pingcust/me",
        "pingacct/primary",
    ] {
        world.ready(name).await;
    }
    world.gone("pingteam/leaving").await;
    world.gone("pingteam/going").await;
    let writes = world.writes();
    let once: BTreeSet<_> = writes.iter().collect();
    assert_eq!(once.len(), writes.len(), "{missing:?}: {writes:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_right_that_is_missing_is_told_and_the_rest_goes_on_and_it_heals_by_itself() {
    let world = Setup { with_configs: false, is_started: false, ..Setup::default() }.build().await;
    let rows = rows(&Rights::shipped(&world));
    assert!(rows.len() > 25, "{rows:?}");
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| all(rows, |missing| runtime.block_on(plays(missing))));
}
