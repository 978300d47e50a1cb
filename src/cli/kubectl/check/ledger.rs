//! What was let go and may still exist at the providers: the orphans `ConfigMap`s.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use serde_json::Value;

use crate::api::kinds::Kind;
use crate::api::orphans::{FIRST, MOST, name};
use crate::cli::cluster::objects::{ClusterObjects, Where};
use crate::cli::cluster::trouble::{ClusterRequest, ClusterTrouble};
use crate::cli::kubectl::check::line::{CheckLine, CheckResult};
use crate::cli::kubectl::resource::ClusterResource;
use crate::cli::kubectl::words::count;

const TOPIC: &str = "orphans";
/// So many of the newest are named.
const NAMED: usize = 3;

/// How many objects were let go that no resource has now, and the newest of them.
pub(crate) async fn line(cluster: &ClusterObjects, namespace: &str) -> CheckLine {
    let entries: Vec<Value> = match entries(cluster, namespace).await {
        Ok(entries) => entries.values().filter_map(|entry| serde_json::from_str(entry).ok()).collect(),
        Err(trouble) => return CheckLine::unseen(TOPIC, &trouble),
    };
    match managed(cluster, &entries).await {
        Ok(managed) => told(&abandoned(entries, &managed), namespace, None),
        Err(trouble) => told(&abandoned(entries, &KnownObjects::new()), namespace, Some(&trouble)),
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

/// What a resource has now.
type KnownObjects = BTreeSet<KnownObject>;

/// An object at a provider.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct KnownObject {
    kind: String,
    id: String,
    /// The account; `None`: it is not known.
    account: Option<String>,
}

/// The objects that resources of the kinds of these entries have now; `Err`: not all can be seen, and why.
async fn managed(cluster: &ClusterObjects, entries: &[Value]) -> Result<KnownObjects, ClusterTrouble> {
    let kinds: BTreeSet<_> = entries.iter().filter_map(|entry| Kind::parse(entry.get("kind")?.as_str()?)).collect();
    let mut managed = KnownObjects::new();
    for kind in kinds {
        let listed = cluster.list(kind, Where::default()).await?;
        managed.extend(listed.into_iter().filter_map(|object| {
            let resource = ClusterResource::new(kind, object);
            let account = resource.text("/status/accountId").map(str::to_owned);
            Some(KnownObject { kind: kind.to_string(), id: resource.external_id()?.to_owned(), account })
        }));
    }
    Ok(managed)
}

/// The entries that still count, the newest first: each object once, and none that a resource has now. An object of which the account
/// is not known is held to be the one of that id: nobody must be told to delete what is in use.
fn abandoned(mut entries: Vec<Value>, managed: &KnownObjects) -> Vec<Value> {
    let mut told: Vec<KnownObject> = Vec::new();
    entries.sort_by_key(|entry| std::cmp::Reverse(field(entry, "time").to_owned()));
    entries.retain(|entry| {
        let Some(object) = object(entry) else { return true };
        let is_left = !managed.iter().chain(&told).any(|other| is_same(&object, other));
        told.extend(is_left.then_some(object));
        is_left
    });
    entries
}

fn is_same(left: &KnownObject, right: &KnownObject) -> bool {
    let is_same_account = match (&left.account, &right.account) {
        (Some(left), Some(right)) => left == right,
        (None, _) | (_, None) => true,
    };
    left.kind == right.kind && left.id == right.id && is_same_account
}

/// The object of an entry; `None`: its id is not known.
fn object(entry: &Value) -> Option<KnownObject> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(KnownObject { kind: text("kind")?, id: text("externalId")?, account: text("account") })
}

fn field<'a>(entry: &'a Value, name: &str) -> &'a str {
    entry.get(name).and_then(Value::as_str).unwrap_or("?")
}

/// What is told of the entries that still count. `unseen`: why it cannot be known what resources have now.
fn told(abandoned: &[Value], namespace: &str, unseen: Option<&ClusterTrouble>) -> CheckLine {
    if abandoned.is_empty() {
        return CheckLine::ok(TOPIC, "no object was let go that no resource manages now");
    }
    let newest = abandoned.iter().take(NAMED).map(|entry| {
        let [kind, namespace, name, id] = ["kind", "namespace", "name", "externalId"].map(|name| field(entry, name));
        format!("{kind} {namespace}/{name} (object '{id}')")
    });
    let unseen = unseen.map(|trouble| format!("; some may be managed again, which cannot be seen: {trouble}"));
    let message = format!(
        "{} let go and may still exist; the newest: {}{}",
        count(abandoned.len(), "object"),
        newest.collect::<Vec<_>>().join(", "),
        unseen.unwrap_or_default()
    );
    let action = format!(
        "`kubectl -n {namespace} get configmap {FIRST} -o yaml`: let a resource take over what is needed (`kubectl ping adopt KIND/NAME ID`), \
         delete at the provider what nobody needs; then delete the entry"
    );
    CheckLine::bad(TOPIC, CheckResult::Warning, message, &action)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(name: &str, id: &str, account: Option<&str>, time: &str) -> Value {
        json!({ "kind": "Team", "namespace": "n", "name": name, "externalId": id, "account": account, "time": time })
    }

    #[test]
    fn the_newest_orphans_are_named() {
        let entries = [("a", "1"), ("b", "4"), ("c", "2"), ("d", "3")];
        let entries = entries.map(|(name, time)| entry(name, time, None, time)).to_vec();
        let line = told(&abandoned(entries, &KnownObjects::new()), "operator", None);
        assert!(line.message.starts_with("4 objects let go"), "{line:?}");
        assert!(
            line.message.ends_with("Team n/b (object '4'), Team n/d (object '3'), Team n/c (object '2')"),
            "{line:?}"
        );
        assert!(line.action.is_some_and(|action| action.contains("kubectl ping adopt")));
        assert_eq!(told(&[], "operator", None).result, CheckResult::Ok);
    }

    #[test]
    fn an_object_that_a_resource_has_now_is_no_orphan_and_none_is_told_twice() {
        let managed = |account: Option<&str>| {
            let account = account.map(str::to_owned);
            KnownObjects::from([KnownObject { kind: "Team".to_owned(), id: "7".to_owned(), account }])
        };
        let names = |entries: &[Value], managed: &KnownObjects| {
            let left = abandoned(entries.to_vec(), managed);
            left.iter().map(|entry| field(entry, "name").to_owned()).collect::<Vec<_>>()
        };
        let twice = [entry("old", "7", Some("a"), "1"), entry("new", "7", Some("a"), "2")];
        assert_eq!(names(&twice, &KnownObjects::new()), ["new"]);
        let somewhere = [entry("old", "7", Some("a"), "1"), entry("new", "7", None, "2")];
        assert_eq!(names(&somewhere, &KnownObjects::new()), ["new"]);
        let other = [entry("old", "7", Some("a"), "1"), entry("new", "7", Some("b"), "2")];
        assert_eq!(names(&other, &KnownObjects::new()), ["new", "old"]);
        assert_eq!(names(&twice, &managed(Some("a"))), [""; 0]);
        assert_eq!(names(&twice, &managed(None)), [""; 0]);
        assert_eq!(names(&twice, &managed(Some("b"))), ["new"]);
        let service = json!({ "kind": "Service", "name": "s", "externalId": "7", "account": "a" });
        assert_eq!(names(&[service], &managed(Some("a"))), ["s"]);
        let unknown = json!({ "kind": "Team", "name": "t", "account": "a" });
        assert_eq!(names(&[unknown.clone(), unknown], &managed(Some("a"))), ["t", "t"]);
    }
}
