//! The copy of a resource for another namespace, and when the old one may be let go. No IO.

use serde_json::{Map, Value, json};

use crate::api::annotations::{EXTERNAL_ID, MOVED_FROM, is_ours};
use crate::api::conditions::{ConditionStatus, ConditionType};
use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::cli::kubectl::resource::ClusterResource;

/// How the labels and annotations begin by which other tools know what is theirs. On a copy they would be wrong: the tool would delete it.
const MARKS: [&str; 7] = [
    "app.kubernetes.io/instance",
    "applyset.kubernetes.io/",
    "argocd.argoproj.io/",
    "helm.toolkit.fluxcd.io/",
    "kubectl.kubernetes.io/last-applied-configuration",
    "kustomize.toolkit.fluxcd.io/",
    "meta.helm.sh/",
];

/// The copy of a resource in another namespace: the same spec, labels and annotations, without the marks of other tools and without
/// this operator's annotations. It names the resource whose object and record it takes over; the operator copies both.
///
/// # Errors
/// The resource has no object, or hands none over now.
pub(crate) fn copy(resource: &ClusterResource, namespace: &str) -> Result<Value, String> {
    check_movable(resource)?;
    let mut annotations = kept(resource, "annotations");
    annotations.insert(MOVED_FROM.to_owned(), json!(resource.key.to_string()));
    Ok(json!({
        "apiVersion": resource.part("apiVersion"),
        "kind": resource.key.kind.as_str(),
        "metadata": {
            "name": resource.key.name, "namespace": namespace, "labels": kept(resource, "labels"), "annotations": annotations,
        },
        "spec": resource.part("spec"),
    }))
}

/// Passes if the resource has an object to hand over.
fn check_movable(resource: &ClusterResource) -> Result<(), String> {
    let title = resource.title();
    if resource.is_deleted() {
        return Err(format!("{title} is being deleted"));
    }
    if resource.is_suspended() {
        return Err(format!("{title} is suspended, and so its copy would never be Ready: resume it first"));
    }
    let found = resource.external_id().map(drop);
    found.ok_or_else(|| {
        format!("{title} has no object at the provider yet: there is nothing to move; create it in the other namespace")
    })
}

/// The labels or annotations that a copy keeps.
fn kept(resource: &ClusterResource, field: &str) -> Map<String, Value> {
    let all = resource.value.pointer(&format!("/metadata/{field}")).and_then(Value::as_object);
    let is_kept = |key: &str| !is_ours(key) && !MARKS.iter().any(|mark| key.starts_with(mark));
    all.into_iter().flatten().filter(|(key, _)| is_kept(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The names of the Secrets that a spec refers to.
pub(crate) fn secrets(resource: &ClusterResource) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), vec![resource.part("spec")]);
    while let Some(value) = rest.pop() {
        for (field, value) in value.as_object().into_iter().flatten() {
            let is_secret = field.to_lowercase().contains("secret");
            let name = value.get("name").and_then(Value::as_str);
            found.extend(name.filter(|_| is_secret).map(str::to_owned));
            rest.push(value);
        }
        rest.extend(value.as_array().into_iter().flatten());
    }
    found.sort();
    found.dedup();
    found
}

/// How far the copy is.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum CopyProgress {
    /// It is Ready with the object: the old one is no longer needed.
    HasObject,
    /// It has found the object in the same account, and waits for nothing but the old one.
    AwaitsOld,
    /// It is on its way, or says what it waits for.
    Underway(String),
    /// It cannot go on.
    Stuck(String),
}

/// How far the copy is. The old one may be let go only if the copy has the object, or waits for nothing but the old one.
pub(crate) fn progress(copy: &ClusterResource, old: &ClusterResource) -> CopyProgress {
    let Some(ready) = copy.condition(ConditionType::Ready) else {
        return CopyProgress::Underway("nobody has looked at it".to_owned());
    };
    let is_current = copy.generation().is_none_or(|generation| ready.observed_generation >= generation);
    let has_object = copy.external_id().is_some() && copy.external_id() == old.external_id();
    let message = format!("{}: {}", ready.reason, ready.message);
    if !is_current {
        return CopyProgress::Underway(message);
    }
    if ready.status == ConditionStatus::True {
        return if has_object {
            CopyProgress::HasObject
        } else {
            CopyProgress::Stuck(format!("it has another object: {message}"))
        };
    }
    let account = |resource: &ClusterResource| resource.text("/status/accountId").map(str::to_owned);
    let is_same_account = account(copy).is_some() && account(copy) == account(old);
    let names_old = ready.message.contains(&format!("'{}'", old.key));
    if ready.reason() == Some(Reason::Conflict) && names_old {
        match copy.annotation(EXTERNAL_ID) {
            // An earlier version made it: it claims the object by its id.
            Some(_) if is_same_account => return CopyProgress::AwaitsOld,
            // The consent of the old one may not be seen yet; without it the old one must not go.
            None => return CopyProgress::Underway(message),
            Some(_) => {}
        }
    }
    let is_stalled =
        copy.condition(ConditionType::Stalled).is_some_and(|stalled| stalled.status == ConditionStatus::True);
    if is_stalled { CopyProgress::Stuck(message) } else { CopyProgress::Underway(message) }
}

/// Whether a resource in the other namespace is a copy that an earlier move made.
pub(crate) fn is_copy_of(resource: &ClusterResource, old: &ResourceKey) -> bool {
    resource.annotation(MOVED_FROM) == Some(old.to_string().as_str())
}

/// What moving means, step by step.
pub(crate) fn steps(old: &ClusterResource, namespace: &str) -> String {
    let (title, name) = (old.title(), &old.key.name);
    let (kind, id) = (old.key.kind, old.external_id().unwrap_or_default());
    let secrets = secrets(old);
    let secrets = if secrets.is_empty() {
        String::new()
    } else {
        format!("  It refers to Secrets, which '{namespace}' must have: {}.\n", secrets.join(", "))
    };
    format!(
        "{title} moves to {namespace}/{name}. Its object '{id}' stays as it is: the provider gets no write.\n  \
         1. create {kind} {namespace}/{name} with the same spec, labels and annotations, and the annotation moved-from; {title} gets moved-to\n  \
         2. wait until it has recorded the object, and what is known of people, codes and the create\n  \
         3. delete {title}: the operator leaves the object to {namespace}/{name}\n  \
         4. wait until {namespace}/{name} is Ready with '{id}'\n{secrets}  \
         If the manifest is in Git, suspend its delivery, move it there, too, and let it go on.\n"
    )
}
