//! Resources as they change: watches, and waiting until something holds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::{BoxStream, SelectAll};
use kube::api::DynamicObject;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};

use crate::api::kinds::Kind;
use crate::api::resource_key::ResourceKey;
use crate::cli::cluster::objects::{ClusterObjects, resource_name, typed};
use crate::cli::cluster::trouble::ClusterRequest;
use crate::cli::kubectl::resource::ClusterResource;

/// What is watched: a kind in a namespace, or in all.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct WatchScope {
    /// The kind.
    pub(crate) kind: Kind,
    /// The namespace; `None`: all.
    pub(crate) namespace: Option<String>,
}

type Happenings = BoxStream<'static, (WatchScope, watcher::Result<Event<DynamicObject>>)>;

/// Resources that are watched.
pub(crate) struct Followed {
    cluster: ClusterObjects,
    happenings: SelectAll<Happenings>,
    /// The scopes whose first list is not complete.
    incomplete: BTreeSet<WatchScope>,
    /// What is there now.
    pub(crate) resources: BTreeMap<ResourceKey, ClusterResource>,
}

impl Followed {
    /// Begins to watch.
    pub(crate) fn start(cluster: &ClusterObjects, scopes: BTreeSet<WatchScope>) -> Self {
        let streams = scopes.iter().cloned().map(|scope| {
            let api = cluster.api(scope.kind, scope.namespace.as_deref());
            let happenings = watcher(api, watcher::Config::default().any_semantic()).default_backoff();
            happenings.map(move |happened| (scope.clone(), happened)).boxed()
        });
        let happenings = futures::stream::select_all(streams);
        Self { cluster: cluster.clone(), happenings, incomplete: scopes, resources: BTreeMap::new() }
    }

    /// Waits for the next change; at first until everything is known.
    ///
    /// # Errors
    /// The API server refuses to show a kind.
    pub(crate) async fn next(&mut self) -> Result<(), String> {
        while let Some((scope, happened)) = self.happenings.next().await {
            let is_change = self.take(scope, happened)?;
            if is_change && self.incomplete.is_empty() {
                return Ok(());
            }
        }
        std::future::pending().await
    }

    /// Takes what happened; whether something is known now that was not before.
    fn take(&mut self, scope: WatchScope, happened: watcher::Result<Event<DynamicObject>>) -> Result<bool, String> {
        match happened {
            Ok(Event::Init) => {
                let is_here = |key: &ResourceKey| {
                    key.kind == scope.kind
                        && scope.namespace.as_ref().is_none_or(|namespace| *namespace == key.namespace)
                };
                self.resources.retain(|key, _| !is_here(key));
                self.incomplete.insert(scope);
                Ok(false)
            }
            Ok(Event::InitDone) => Ok(self.incomplete.remove(&scope)),
            Ok(Event::InitApply(object) | Event::Apply(object)) => {
                let resource = ClusterResource::new(scope.kind, typed(scope.kind, object));
                self.resources.insert(resource.key.clone(), resource);
                Ok(true)
            }
            Ok(Event::Delete(object)) => {
                let resource = ClusterResource::new(scope.kind, typed(scope.kind, object));
                Ok(self.resources.remove(&resource.key).is_some())
            }
            Err(watcher::Error::InitialListFailed(error @ kube::Error::Api(_))) => {
                let request = ClusterRequest::new("list", resource_name(scope.kind), scope.namespace.as_deref());
                self.cluster.check::<()>(request, Err(error)).map_err(|trouble| trouble.to_string())?;
                Ok(false)
            }
            // The watch begins anew by itself.
            Err(_) => Ok(false),
        }
    }
}

/// Waits until `holds` of each of the resources, which may be gone; returns those of which it does not hold after this time.
///
/// # Errors
/// The API server refuses to show a kind.
pub(crate) async fn until(
    cluster: &ClusterObjects,
    keys: &[ResourceKey],
    limit: Duration,
    holds: impl Fn(&ResourceKey, Option<&ClusterResource>) -> bool,
) -> Result<Waited, String> {
    let scope = |key: &ResourceKey| {
        let namespace = (!key.kind.is_cluster_scoped()).then(|| key.namespace.clone());
        WatchScope { kind: key.kind, namespace }
    };
    let mut followed = Followed::start(cluster, keys.iter().map(scope).collect());
    let mut waiting: Vec<_> = keys.to_vec();
    let is_over = async {
        while !waiting.is_empty() {
            followed.next().await?;
            waiting.retain(|key| !holds(key, followed.resources.get(key)));
        }
        Ok::<_, String>(())
    };
    // A time-out is no error: what still waits is told.
    tokio::time::timeout(limit, is_over).await.unwrap_or(Ok(()))?;
    Ok(Waited { waiting, left_out: Vec::new(), resources: followed.resources })
}

/// How waiting ended.
pub(crate) struct Waited {
    /// Of what it does not hold.
    pub(crate) waiting: Vec<ResourceKey>,
    /// What was chosen and not asked for, as it was.
    pub(crate) left_out: Vec<ClusterResource>,
    /// What is there now.
    pub(crate) resources: BTreeMap<ResourceKey, ClusterResource>,
}
