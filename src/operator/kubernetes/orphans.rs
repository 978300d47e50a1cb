//! The orphans `ConfigMap`: one entry for every external object that may still exist when its resource is gone.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Client;
use kube::api::{Api, ObjectMeta, Patch, PostParams};
use serde_json::json;

use crate::api::resource_key::ResourceKey;
use crate::connection::clock::Clock;
use crate::operator::kubernetes::patch::{is_conflict, merge_params};
use crate::operator::trouble::asked::{Asked, Verb};
use crate::operator::trouble::{ApiTrouble, rejection};

/// The `ConfigMap` in the operator's namespace.
const NAME: &str = "ping-operator-orphans";

/// An external object that is kept while its resource is deleted.
pub(crate) struct Orphan<'a> {
    /// The resource.
    pub(crate) key: &'a ResourceKey,
    /// The resource's uid, which is the entry's key.
    pub(crate) uid: &'a str,
    /// The recorded id; absent: a create may have been accepted, and no id is recorded.
    pub(crate) external_id: Option<&'a str>,
    /// The account to which the last create was sent; absent: no create record names it.
    pub(crate) account: Option<&'a str>,
    /// Why it is kept.
    pub(crate) why: &'static str,
}

/// Writes the orphans `ConfigMap`.
pub(crate) struct Orphans {
    api: Api<ConfigMap>,
    namespace: String,
    clock: Clock,
}

impl Orphans {
    /// The `ConfigMap` in `namespace`.
    pub(crate) fn new(client: Client, namespace: &str, clock: Clock) -> Self {
        Self { api: Api::namespaced(client, namespace), namespace: namespace.to_owned(), clock }
    }

    /// Records an orphan. If the API server rejects the entry, it is logged instead: the deletion of the resource continues.
    pub(crate) async fn record(&self, orphan: &Orphan<'_>) -> Result<(), ApiTrouble> {
        let Orphan { key, uid, external_id, account, why } = orphan;
        let entry = json!({
            "kind": key.kind.as_str(),
            "namespace": key.namespace,
            "name": key.name,
            "externalId": external_id,
            "account": account,
            "time": self.clock.now(),
            "why": why,
        });
        let written = self.write(BTreeMap::from([((*uid).to_owned(), entry.to_string())])).await;
        let Err(trouble) = written else { return Ok(()) };
        if rejection(&trouble.error).is_none() {
            return Err(trouble);
        }
        let why = trouble.report().message;
        tracing::warn!(
            externalId = external_id,
            account,
            detail = orphan.why,
            error = why,
            "the orphans ConfigMap cannot be written: this orphan is recorded in the log only"
        );
        Ok(())
    }

    async fn write(&self, data: BTreeMap<String, String>) -> Result<(), ApiTrouble> {
        match self.merge(&data).await {
            Err(trouble) if trouble.is_not_found() => {}
            written => return written,
        }
        let metadata = ObjectMeta { name: Some(NAME.to_owned()), ..ObjectMeta::default() };
        let orphans = ConfigMap { metadata, data: Some(data.clone()), ..ConfigMap::default() };
        match self.api.create(&PostParams::default(), &orphans).await {
            // It was created meanwhile.
            Err(error) if is_conflict(&error) => self.merge(&data).await,
            created => self.asked(Verb::Create).check(created).map(drop),
        }
    }

    fn asked(&self, verb: Verb) -> Asked {
        Asked::to::<ConfigMap>(verb, &self.namespace)
    }

    async fn merge(&self, data: &BTreeMap<String, String>) -> Result<(), ApiTrouble> {
        let patch = Patch::Merge(json!({ "data": data }));
        let merged = self.api.patch_metadata(NAME, &merge_params(), &patch).await;
        self.asked(Verb::Patch).check(merged).map(drop)
    }
}
