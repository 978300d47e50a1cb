//! The API of either kind of config, in one namespace or in all.

use kube::{Api, Client};

use crate::api::provider_config::view::ConfigResource;
use crate::api::provider_config::{ClusterProviderConfig, ProviderConfig};

/// A kind of config whose API is known.
pub(crate) trait ConfigApi: ConfigResource {
    /// The API of one namespace; empty: of all.
    fn api(client: Client, namespace: &str) -> Api<Self>;
}

impl ConfigApi for ProviderConfig {
    fn api(client: Client, namespace: &str) -> Api<Self> {
        if namespace.is_empty() { Api::all(client) } else { Api::namespaced(client, namespace) }
    }
}

impl ConfigApi for ClusterProviderConfig {
    fn api(client: Client, _: &str) -> Api<Self> {
        Api::all(client)
    }
}
