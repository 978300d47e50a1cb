//! Whether a kind is being uninstalled: its CRD is absent, or is being deleted.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{Api, Client, Resource};

use crate::api::GROUP;
use crate::operator::state::shared_reads::SharedReads;
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};

/// Asks the API server for CRDs, once for all who ask at the same time.
pub(crate) struct KindDefinitions {
    client: Client,
    reads: SharedReads<String, bool>,
}

impl KindDefinitions {
    /// Nothing was asked yet.
    pub(crate) fn new(client: Client) -> Self {
        Self { client, reads: SharedReads::default() }
    }

    /// Whether a kind is being uninstalled. This is asked each time: an older answer would be wrong just when it matters.
    pub(crate) async fn is_ending<T: Resource<DynamicType = ()>>(&self) -> Result<bool, ApiTrouble> {
        let name = format!("{}.{}", T::plural(&()), GROUP);
        Ok(self.reads.join_later(&name, || is_ending(self.client.clone(), name.clone())).await?.value)
    }
}

async fn is_ending(client: Client, name: String) -> Result<bool, ApiTrouble> {
    let found = Api::<CustomResourceDefinition>::all(client).get_metadata_opt(&name).await;
    let found = Asked::to::<CustomResourceDefinition>(Verb::Get, "").check(found)?;
    Ok(found.is_none_or(|definition| definition.meta().deletion_timestamp.is_some()))
}
