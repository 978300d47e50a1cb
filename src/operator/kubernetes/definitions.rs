//! Whether a kind is being uninstalled: its CRD is absent, or is being deleted. Without the right to read CRDs discovery tells it, which
//! everybody may read: nothing can be created of a kind that is being deleted.

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
    discovered: SharedReads<String, bool>,
}

impl KindDefinitions {
    /// Nothing was asked yet.
    pub(crate) fn new(client: Client) -> Self {
        Self { client, reads: SharedReads::default(), discovered: SharedReads::default() }
    }

    /// Whether a kind is being uninstalled. This is asked each time: an older answer would be wrong just when it matters.
    pub(crate) async fn is_ending<T: Resource<DynamicType = ()>>(&self) -> Result<bool, ApiTrouble> {
        let name = format!("{}.{}", T::plural(&()), GROUP);
        Ok(self.reads.join_later(&name, || is_ending(self.client.clone(), name.clone())).await?.value)
    }

    /// The same by discovery, which the API server renews a moment after a kind has changed: that a kind is not being uninstalled is true
    /// of a moment ago.
    pub(crate) async fn is_ending_as_discovered<T: Resource<DynamicType = ()>>(&self) -> Result<bool, ApiTrouble> {
        let plural = T::plural(&()).into_owned();
        let asked = Asked::to::<T>(Verb::List, "");
        let discover = || is_without_create(self.client.clone(), T::api_version(&()).into_owned(), asked.clone());
        Ok(self.discovered.join_later(&plural, discover).await?.value)
    }
}

async fn is_ending(client: Client, name: String) -> Result<bool, ApiTrouble> {
    let found = Api::<CustomResourceDefinition>::all(client).get_metadata_opt(&name).await;
    let found = Asked::to::<CustomResourceDefinition>(Verb::Get, "").check(found)?;
    Ok(found.is_none_or(|definition| definition.meta().deletion_timestamp.is_some()))
}

/// Whether nothing can be created of the kind that is asked about.
async fn is_without_create(client: Client, version: String, asked: Asked) -> Result<bool, ApiTrouble> {
    match asked.clone().check(client.list_api_group_resources(&version).await) {
        // No kind of the group is left.
        Err(trouble) if trouble.is_not_found() => Ok(true),
        found => {
            let kind = found?.resources.into_iter().find(|kind| kind.name == asked.resource);
            Ok(!kind.is_some_and(|kind| kind.verbs.iter().any(|verb| verb == Verb::Create.as_str())))
        }
    }
}
