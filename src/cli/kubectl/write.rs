//! Writes to a resource that a person was shown: only while it is as it was shown.

#[cfg(test)]
mod tests;

use serde_json::json;

use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::kubectl::resource::ClusterResource;

/// How often a deletion is tried while others, such as the operator, write the resource.
const TRIES: usize = 20;

/// Writes one annotation, if the resource is still as it was shown; returns what it is then.
///
/// # Errors
/// Somebody changed it meanwhile, or the API server refuses it.
pub(crate) async fn annotate_as_shown(
    cluster: &ClusterObjects,
    shown: &ClusterResource,
    key: &str,
    value: &str,
) -> Result<ClusterResource, String> {
    let version = shown.text("/metadata/resourceVersion");
    let patch = json!({ "metadata": { "resourceVersion": version, "annotations": { key: value } } });
    match cluster.patch(&shown.key, &patch).await {
        Ok(object) => Ok(ClusterResource::new(shown.key.kind, object)),
        Err(trouble) if trouble.is_conflict() => {
            Err(format!("{} changed after it was shown: nothing is written; look at it again", shown.title()))
        }
        Err(trouble) => Err(trouble.to_string()),
    }
}

/// Deletes a resource, as long as it is the same one and `still` holds of it.
///
/// # Errors
/// It does not hold any more, or the API server refuses the deletion.
pub(crate) async fn delete_while(
    cluster: &ClusterObjects,
    first: &ClusterResource,
    still: impl Fn(&ClusterResource) -> bool,
) -> Result<(), String> {
    let mut current = first.clone();
    for _ in 0..TRIES {
        if current.text("/metadata/uid") != first.text("/metadata/uid") || !still(&current) {
            return Err(format!("somebody changed {} meanwhile: it is not deleted", first.title()));
        }
        match cluster.delete(&current.key, &current.value, false).await {
            Ok(()) => return Ok(()),
            Err(trouble) if trouble.is_conflict() => {}
            Err(trouble) if trouble.is_not_found() => return Ok(()),
            Err(trouble) => return Err(trouble.to_string()),
        }
        let found = cluster.get(&first.key).await.map_err(|trouble| trouble.to_string())?;
        let Some(found) = found else { return Ok(()) };
        current = ClusterResource::new(first.key.kind, found);
    }
    Err(format!("{} changes all the time: it is not deleted", first.title()))
}
