//! The lines of the log: what the process does, and in `log/` what its reconciles and its calls do. docs/logs.md lists the fields.

pub(crate) mod calls;
pub(crate) mod reconcile;

use axum::http::Uri;

use crate::api::kinds::Kind;
use crate::operator::options::Options;

/// The operator starts, against the API server at this address.
pub(crate) fn starting(cluster: &Uri, options: &Options) {
    let namespaces = if options.namespaces.is_empty() { "all".to_owned() } else { options.namespaces.join(",") };
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        cluster = cluster.host(),
        namespaces,
        selector = options.selector.to_string(),
        leaderElect = options.leader_elect,
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

/// This operator is the leader no more.
pub(crate) fn leadership_lost(why: &str) {
    tracing::warn!(error = why, "leadership lost: the process ends");
}
