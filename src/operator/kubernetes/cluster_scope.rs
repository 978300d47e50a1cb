//! Whether the operator may read what belongs to no namespace. With a Role in one namespace it may not, and works without it.

use std::time::Duration;

use futures::future::join3;
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::PostParams;
use kube::{Api, Client, Config, Resource};

use crate::api::provider_config::ClusterProviderConfig;

/// How long the API server may take to answer. Without an answer the operator starts as if it may read everything.
const PATIENCE: Duration = Duration::from_secs(10);
/// After this time a denial is believed.
const AGAIN: Duration = Duration::from_secs(5);

/// Whether the operator has one of the rights to list and watch `ClusterProviderConfig`s and to read a Namespace. Whoever has none of them
/// has rights in namespaces only. Where just some are missing, what needs them waits until they are given.
pub(crate) async fn may_be_read(config: &Config) -> bool {
    let Ok(client) = Client::try_from(config.clone()) else { return true };
    if is_allowed(&client).await {
        return true;
    }
    // An API server that has just started may not know its roles yet.
    tokio::time::sleep(AGAIN).await;
    is_allowed(&client).await
}

async fn is_allowed(client: &Client) -> bool {
    let asked = join3(
        is_denied::<ClusterProviderConfig>(client, "list"),
        is_denied::<ClusterProviderConfig>(client, "watch"),
        is_denied::<Namespace>(client, "get"),
    );
    let (list, watch, namespace) = tokio::time::timeout(PATIENCE, asked).await.unwrap_or_default();
    !(list && watch && namespace)
}

async fn is_denied<K: Resource<DynamicType = ()>>(client: &Client, verb: &str) -> bool {
    let attributes = ResourceAttributes {
        group: Some(K::group(&()).into_owned()),
        resource: Some(K::plural(&()).into_owned()),
        verb: Some(verb.to_owned()),
        ..ResourceAttributes::default()
    };
    let spec = SelfSubjectAccessReviewSpec { resource_attributes: Some(attributes), ..Default::default() };
    let review = SelfSubjectAccessReview { spec, ..Default::default() };
    match Api::all(client.clone()).create(&PostParams::default(), &review).await {
        // An authorizer that failed has denied nothing.
        Ok(answer) => answer.status.is_some_and(|status| !status.allowed && status.evaluation_error.is_none()),
        Err(error) => {
            tracing::debug!(%error, "the API server does not say which rights the operator has");
            false
        }
    }
}
