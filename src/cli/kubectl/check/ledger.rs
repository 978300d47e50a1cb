//! What was let go and may still exist at the providers: the orphans `ConfigMap`s.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use serde_json::Value;

use crate::api::orphans::{FIRST, MOST, name};
use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::cluster::trouble::{ClusterRequest, ClusterTrouble};
use crate::cli::kubectl::check::line::{CheckLine, CheckResult};
use crate::cli::kubectl::words::count;

const TOPIC: &str = "orphans";
/// So many of the newest are named.
const NAMED: usize = 3;

/// How many objects were let go, and the newest of them.
pub(crate) async fn line(cluster: &ClusterObjects, namespace: &str) -> CheckLine {
    match entries(cluster, namespace).await {
        Ok(entries) => told(&entries, namespace),
        Err(trouble) => CheckLine::unseen(TOPIC, &trouble),
    }
}

/// The entries of all `ConfigMap`s.
///
/// # Errors
/// The API server does not show them.
pub(crate) async fn entries(
    cluster: &ClusterObjects,
    namespace: &str,
) -> Result<BTreeMap<String, String>, ClusterTrouble> {
    let api = Api::<ConfigMap>::namespaced(cluster.client.clone(), namespace);
    let mut entries = BTreeMap::new();
    for full in 0..MOST {
        let name = name(full);
        let request = ClusterRequest::new("get", "configmaps", Some(namespace)).about(&name);
        let Some(found) = cluster.check(request, api.get_opt(&name).await)? else { break };
        entries.extend(found.data.unwrap_or_default());
    }
    Ok(entries)
}

fn told(entries: &BTreeMap<String, String>, namespace: &str) -> CheckLine {
    if entries.is_empty() {
        return CheckLine::ok(TOPIC, "no object was let go");
    }
    let mut read: Vec<Value> = entries.values().filter_map(|entry| serde_json::from_str(entry).ok()).collect();
    let text = |entry: &Value, field: &str| entry.get(field).and_then(Value::as_str).unwrap_or("?").to_owned();
    read.sort_by_key(|entry| text(entry, "time"));
    let newest = read.iter().rev().take(NAMED).map(|entry| {
        let [kind, namespace, name, id] = ["kind", "namespace", "name", "externalId"].map(|field| text(entry, field));
        format!("{kind} {namespace}/{name} (object '{id}')")
    });
    let message = format!(
        "{} let go and may still exist; the newest: {}",
        count(entries.len(), "object"),
        newest.collect::<Vec<_>>().join(", ")
    );
    let action = format!(
        "`kubectl -n {namespace} get configmap {FIRST} -o yaml`: delete at the provider what nobody needs, or adopt it; then delete the entry"
    );
    CheckLine::bad(TOPIC, CheckResult::Warning, message, &action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_orphans_are_named() {
        let entry = |name: &str, time: &str| {
            let entry =
                serde_json::json!({ "kind": "Team", "namespace": "n", "name": name, "externalId": "7", "time": time });
            (name.to_owned(), entry.to_string())
        };
        let entries: BTreeMap<_, _> = [entry("a", "1"), entry("b", "4"), entry("c", "2"), entry("d", "3")].into();
        let line = told(&entries, "operator");
        assert!(line.message.starts_with("4 objects let go"), "{line:?}");
        assert!(
            line.message.ends_with("Team n/b (object '7'), Team n/d (object '7'), Team n/c (object '7')"),
            "{line:?}"
        );
        assert_eq!(told(&BTreeMap::new(), "operator").result, CheckResult::Ok);
    }
}
