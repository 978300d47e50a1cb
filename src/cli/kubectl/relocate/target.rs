//! The Teams that the other namespace must have before a copy is made in it, and whether the copy is there already.

use crate::api::kinds::Kind;
use crate::api::object;
use crate::api::resource_key::ResourceKey;
use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::kubectl::relocate::copy::is_copy_of;
use crate::cli::kubectl::resource::{ClusterResource, title};
use crate::cli::kubectl::wanted::{Wanted, one};

/// What to do about a reference to a Team, which does not leave its namespace.
pub(crate) fn advice(kind: Kind) -> &'static str {
    // Of the kinds that refer to a Team only this one has no field for its id.
    if kind == Kind::NotificationChannel {
        "a NotificationChannel leaves its Team's namespace by `kubectl ping orphan`, and is bound again when it is applied beside its Team in the other namespace"
    } else {
        "a reference does not leave its namespace: let it name the team by its id (`team.externalId`) before it moves"
    }
}

/// Passes if each Team that a resource refers to is known to stand for the same object in the other namespace: the copy refers to that one.
///
/// # Errors
/// A Team is not there, or stands for another object, or that cannot be seen.
pub(crate) async fn check_teams(
    cluster: &ClusterObjects,
    old: &ClusterResource,
    namespace: &str,
) -> Result<(), String> {
    for name in object::teams(&old.value) {
        let here = ResourceKey { kind: Kind::Team, namespace: old.key.namespace.clone(), name: name.to_owned() };
        let there = ResourceKey { namespace: namespace.to_owned(), ..here.clone() };
        let advice = advice(old.key.kind);
        let (here_title, there_title) = (title(&here), title(&there));
        let Some(found) = get(cluster, &there).await? else {
            let (old, cluster) = (old.title(), &cluster.cluster);
            return Err(format!("{old} refers to {here_title}, and {cluster} has no {there_title}: {advice}"));
        };
        let Some(other) = present(found.external_id()) else {
            return Err(format!(
                "{there_title} has no object yet, and {} refers to {here_title}: {advice}",
                old.title()
            ));
        };
        let here = get(cluster, &here).await?;
        // Of a service it is known in which team it is, whatever became of the Team.
        let own = present(old.text("/status/teamExternalId")).map(|id| (format!("{} is in the team", old.title()), id));
        let of_team = present(here.as_ref().and_then(ClusterResource::external_id));
        let Some((whose, id)) = own.or(of_team.map(|id| (format!("{here_title} stands for"), id))) else {
            return Err(format!(
                "{here_title} is not there or has no object, so it cannot be seen whether {there_title} stands for the same: {advice}"
            ));
        };
        if id != other {
            return Err(format!(
                "{there_title} stands for '{other}', and {whose} '{id}': the copy of {} would be in another team; {advice}",
                old.title()
            ));
        }
    }
    Ok(())
}

fn present(id: Option<&str>) -> Option<&str> {
    id.filter(|id| !id.is_empty())
}

/// What is told of a move that was finished before; `None`: it was not.
///
/// # Errors
/// The copy has no object yet, or the API server does not show it.
pub(crate) async fn moved_already(
    cluster: &ClusterObjects,
    word: &str,
    namespace: &str,
) -> Result<Option<String>, String> {
    let Wanted::One(kind, name) = one(word)? else { return Ok(None) };
    let old = ResourceKey { kind, namespace: cluster.namespace.clone(), name };
    if kind.is_cluster_scoped() || get(cluster, &old).await?.is_some() {
        return Ok(None);
    }
    let new_key = ResourceKey { namespace: namespace.to_owned(), ..old.clone() };
    let Some(copy) = get(cluster, &new_key).await?.filter(|found| is_copy_of(found, &old)) else { return Ok(None) };
    match copy.external_id() {
        Some(id) => Ok(Some(format!("moved already: {} has the object '{id}'", title(&new_key)))),
        None => Err(format!(
            "{} is gone, and {} takes its place and has no object yet: `kubectl ping status -n {namespace}` tells why",
            title(&old),
            title(&new_key)
        )),
    }
}

async fn get(cluster: &ClusterObjects, key: &ResourceKey) -> Result<Option<ClusterResource>, String> {
    let found = cluster.get(key).await.map_err(|trouble| trouble.to_string())?;
    Ok(found.map(|object| ClusterResource::new(key.kind, object)))
}
