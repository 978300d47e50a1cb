//! What a report has. No IO.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use kube::api::DynamicObject;
use serde::Serialize;
use serde_json::{Value, json};

use crate::api::GROUP;
use crate::cli::kubectl::bundle::veil::Veil;
use crate::cli::kubectl::check::line::CheckLine;
use crate::cli::kubectl::events::story::line;
use crate::cli::kubectl::resource::ClusterResource;

/// What was read for a report.
#[derive(Default)]
pub(crate) struct BundleInput {
    /// The version of the API server.
    pub(crate) api_server: String,
    /// What `check` says.
    pub(crate) checks: Vec<CheckLine>,
    /// The resources of all kinds.
    pub(crate) resources: Vec<ClusterResource>,
    /// Events, also those about other things.
    pub(crate) events: Vec<Event>,
    /// The pods of the operator.
    pub(crate) pods: Vec<DynamicObject>,
    /// The entries of the orphans `ConfigMap`s.
    pub(crate) orphans: BTreeMap<String, String>,
    /// What could not be read, and why.
    pub(crate) unseen: Vec<String>,
}

/// A report, without secrets.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bundle {
    version: u32,
    command: &'static str,
    time: Timestamp,
    api_server: String,
    checks: Vec<CheckLine>,
    unseen: Vec<String>,
    pods: Vec<Value>,
    resources: Vec<Value>,
    events: Vec<Value>,
    orphans: Vec<Value>,
}

impl Bundle {
    /// The report of what was read.
    pub(crate) fn of(input: BundleInput, veil: &mut Veil) -> Self {
        let BundleInput { api_server, mut checks, resources, events, pods, orphans, unseen } = input;
        // First, so that the texts after it are searched for what is hidden in it.
        let resources: Vec<_> = resources.iter().map(|resource| veil.resource(resource)).collect();
        let resources = resources.into_iter().map(|resource| veil.messages(resource)).collect();
        for check in &mut checks {
            check.message = veil.text(&check.message);
        }
        Self {
            version: 1,
            command: env!("CARGO_PKG_VERSION"),
            time: Timestamp::now(),
            api_server,
            checks,
            unseen: unseen.iter().map(|text| veil.text(text)).collect(),
            pods: pods.iter().map(|each| pod(each, veil)).collect(),
            resources,
            events: events.iter().filter(|event| is_ours(event)).filter_map(|each| event(each, veil)).collect(),
            orphans: orphans.values().map(|entry| orphan(entry, veil)).collect(),
        }
    }
}

/// Whether an event is about one of our kinds.
fn is_ours(event: &Event) -> bool {
    let version = event.involved_object.api_version.as_deref().unwrap_or_default();
    version.split('/').next() == Some(GROUP)
}

fn event(event: &Event, veil: &Veil) -> Option<Value> {
    let (line, about) = (line(event)?, &event.involved_object);
    Some(json!({
        "time": line.time, "kind": about.kind, "namespace": about.namespace, "name": about.name, "what": line.what,
        "reason": line.reason, "message": veil.message(&line.message), "count": line.count,
    }))
}

/// How a pod was started and how it is. Its variables may hold secrets, and are left out.
fn pod(pod: &DynamicObject, veil: &Veil) -> Value {
    let part = |name: &str| pod.data.get(name).unwrap_or(&Value::Null);
    let (spec, status) = (part("spec"), part("status"));
    let containers = items(&spec["containers"]).map(|container| {
        let args: Vec<_> = items(&container["args"]).filter_map(Value::as_str).map(|arg| veil.text(arg)).collect();
        json!({ "name": container["name"], "image": container["image"], "args": args })
    });
    let statuses = items(&status["containerStatuses"]).map(|status| {
        let ended = status["lastState"].get("terminated");
        let ended = ended.map(|ended| json!({ "exitCode": ended["exitCode"], "reason": ended["reason"] }));
        json!({ "name": status["name"], "ready": status["ready"], "restarts": status["restartCount"], "lastEnd": ended })
    });
    json!({
        "name": pod.metadata.name,
        "phase": status["phase"],
        "containers": containers.collect::<Vec<_>>(),
        "statuses": statuses.collect::<Vec<_>>(),
    })
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// An entry about an orphan, with the fields that the operator writes.
fn orphan(entry: &str, veil: &Veil) -> Value {
    let entry: Value = serde_json::from_str(entry).unwrap_or_default();
    let fields = ["kind", "namespace", "name", "externalId", "account", "time", "why"];
    let shown = |field: &str, text: &str| if field == "why" { veil.message(text) } else { veil.text(text) };
    let field = |field: &str| {
        (field.to_owned(), entry.get(field).and_then(Value::as_str).map(|text| shown(field, text)).into())
    };
    Value::Object(fields.into_iter().map(field).collect())
}
