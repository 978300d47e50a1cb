//! Whether the hosts of the providers answer, from where the command runs.

use std::collections::BTreeSet;

use crate::api::kinds::Kind;
use crate::api::provider_config::view::{ConfigResource, ConfigView};
use crate::api::provider_config::{ClusterProviderConfig, ProviderConfig};
use crate::cli::cluster::objects::{ClusterObjects, Where};
use crate::cli::kubectl::check::line::{CheckLine, CheckResult};
use crate::connection::endpoints::{AllowedEndpoints, ResolvedEndpoints};
use crate::connection::http::Http;
use crate::connection::network::Network;

const TOPIC: &str = "provider";

/// A line for each host of the configs of the namespace. Nothing is sent to a host that neither is the provider's own nor was named.
pub(crate) async fn lines(cluster: &ClusterObjects, allowed: &[String], network: &Network) -> Vec<CheckLine> {
    let http = match Http::new(network) {
        Ok(http) => http,
        Err(error) => {
            return vec![CheckLine::bad(TOPIC, CheckResult::Unknown, error.to_string(), "see --ca-file and --proxy")];
        }
    };
    let allowed = AllowedEndpoints::new(allowed.iter().cloned());
    let (mut urls, mut lines) = (BTreeSet::new(), Vec::new());
    for config in configs(cluster).await {
        match ResolvedEndpoints::resolve(&config.settings, &allowed) {
            Ok(endpoints) => urls.extend(endpoints.of(config.provider).bases().cloned()),
            Err(error) => {
                let message = format!("{} {} is not tried: {}", config.key.kind, config.key.name, error.for_command());
                lines.push(CheckLine { topic: TOPIC, result: CheckResult::Unknown, message, action: None });
            }
        }
    }
    for url in urls {
        let host = url.authority().to_owned();
        lines.push(match http.probe(url).await {
            Ok(status) => CheckLine::ok(TOPIC, format!("{host} answers (HTTP {status}), as seen from this machine")),
            Err(why) => CheckLine::bad(
                TOPIC,
                CheckResult::Missing,
                format!("{why}, as seen from this machine"),
                "look whether the operator's pod reaches it: a network policy, a proxy or DNS may differ there",
            ),
        });
    }
    lines
}

/// The configs that can be read: those of the namespace, and those for the cluster.
async fn configs(cluster: &ClusterObjects) -> Vec<ConfigView> {
    let mut found = views::<ProviderConfig>(cluster, Kind::ProviderConfig).await;
    found.extend(views::<ClusterProviderConfig>(cluster, Kind::ClusterProviderConfig).await);
    found
}

async fn views<C: ConfigResource>(cluster: &ClusterObjects, kind: Kind) -> Vec<ConfigView> {
    let place = Where { namespace: Some(&cluster.namespace), ..Where::default() };
    let listed = cluster.list(kind, place).await.unwrap_or_default();
    listed
        .into_iter()
        .filter_map(|object| serde_json::from_value::<C>(object).ok())
        .map(|config| config.view())
        .collect()
}
