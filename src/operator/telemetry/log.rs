//! The lines of the log: what the process does, and in `log/` what its reconciles and its calls do. docs/logs.md lists the fields.

pub(crate) mod calls;
pub(crate) mod reconcile;

use axum::http::Uri;

use crate::api::kinds::Kind;
use crate::operator::options::Options;
use crate::plan::sharding::Shard;

/// The operator starts, against the API server at this address.
pub(crate) fn starting(cluster: &Uri, options: &Options) {
    let namespaces = if options.namespaces.is_empty() { "all".to_owned() } else { options.namespaces.join(",") };
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        cluster = cluster.host(),
        namespaces,
        selector = options.selector.to_string(),
        leaderElect = options.leader_elect,
        shards = options.shards.is_divided().then(|| options.shards.count()),
        dryRun = options.dry_run,
        allowedEndpoints = options.allowed.hosts().join(","),
        concurrency = options.concurrency,
        resourceMetrics = options.resource_metrics,
        ownNamespace = options.own_namespace,
        "starting"
    );
}

/// The cache of a kind holds every object of a watched namespace.
pub(crate) fn cache_synced(kind: Kind, namespace: &str, count: usize) {
    let namespace = Some(namespace).filter(|namespace| !namespace.is_empty());
    tracing::info!(controllerKind = kind.as_str(), namespace, count, "cache synced");
}

/// This replica waits for the Lease of all replicas.
pub(crate) fn awaits_common_lease(lease: Option<&str>) {
    tracing::info!(
        lease,
        "this replica waits: an operator without shards, or replicas with another number of shards, have the Lease of all"
    );
}

/// This replica has a shard.
pub(crate) fn shard_taken(shard: Shard, lease: &str) {
    tracing::info!(%shard, lease, "this replica has the shard now");
}

/// This replica is to give a shard back.
pub(crate) fn shard_drains(shard: Shard, lease: &str) {
    tracing::info!(%shard, lease, "the shard is for another replica: what is under way ends first");
}

/// This operator is the leader no more.
pub(crate) fn leadership_lost(why: &str) {
    tracing::warn!(error = why, "leadership lost: the process ends");
}
