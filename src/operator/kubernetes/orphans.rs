//! The orphan ledger: a line for every external object that is let go while it may still exist (design §5).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, ObjectMeta, Patch, PatchParams, PostParams};
use serde_json::json;

use crate::operator::reconcile::pass::{Interrupt, Pass};
use crate::operator::reconcile::prepare::MANAGER;
use crate::plan::managed::Managed;

/// The `ConfigMap` in the operator's namespace.
const NAME: &str = "ping-operator-orphans";

/// Writes the line of this resource. A ledger that cannot be written does not keep a resource from going.
pub(crate) async fn note<T: Managed>(pass: &Pass<'_, T>, why: &str) -> Result<(), Interrupt> {
    let shared = &pass.context.shared;
    let line = json!({
        "kind": pass.key.kind,
        "namespace": pass.key.namespace,
        "name": pass.key.name,
        "externalId": pass.known_id,
        "time": shared.clock.now(),
        "why": why,
    });
    let data = BTreeMap::from([(pass.uid().to_owned(), line.to_string())]);
    let api = Api::<ConfigMap>::namespaced(shared.client.clone(), &shared.namespace);
    match written(&api, data).await {
        Err(kube::Error::Api(status)) if (400..500).contains(&status.code) && status.code != 429 => {
            tracing::warn!(line = %line, code = status.code, "the orphan ledger cannot be written: this line is in the log only");
            Ok(())
        }
        result => result.map_err(Interrupt::from),
    }
}

async fn written(api: &Api<ConfigMap>, data: BTreeMap<String, String>) -> kube::Result<()> {
    let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    match api.patch_metadata(NAME, &params, &Patch::Merge(json!({ "data": data }))).await {
        Err(kube::Error::Api(status)) if status.code == 404 => {
            let metadata = ObjectMeta { name: Some(NAME.to_owned()), ..ObjectMeta::default() };
            let ledger = ConfigMap { metadata, data: Some(data.clone()), ..ConfigMap::default() };
            match api.create(&PostParams::default(), &ledger).await {
                // Somebody else made it a moment ago.
                Err(kube::Error::Api(status)) if status.code == 409 => {
                    api.patch_metadata(NAME, &params, &Patch::Merge(json!({ "data": data }))).await.map(drop)
                }
                result => result.map(drop),
            }
        }
        result => result.map(drop),
    }
}
