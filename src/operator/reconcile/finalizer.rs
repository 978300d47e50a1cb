//! The end of a resource: our finalizer goes, and with it the resource.

use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use crate::api::FINALIZER;
use crate::operator::reconcile::pass::{Interrupt, Pass};
use crate::operator::reconcile::prepare::MANAGER;
use crate::operator::state::tombstones::Tombstone;
use crate::plan::attempts::Attempts;
use crate::plan::managed::Managed;

/// Takes the finalizer off.
pub(crate) async fn remove_finalizer<T: Managed>(pass: &mut Pass<'_, T>) -> Result<(), Interrupt> {
    if !pass.has_finalizer() {
        return Ok(());
    }
    let others: Vec<_> = pass.resource.finalizers().iter().filter(|name| *name != FINALIZER).collect();
    let patch = Patch::Merge(json!({
        "metadata": { "resourceVersion": pass.resource.resource_version(), "finalizers": others }
    }));
    let api = Api::<T>::namespaced(pass.context.shared.client.clone(), &pass.key.namespace);
    let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    match api.patch(&pass.resource.name_any(), &params, &patch).await {
        Err(kube::Error::Api(status)) if status.code == 404 => {}
        result => drop(result?),
    }
    pass.context.tombstones.reached(pass.uid(), Tombstone::Released);
    pass.context.read_your_writes.forget(&pass.resource);
    pass.context.backoff.succeeded(pass.uid());
    pass.attempts = Attempts::default();
    Ok(())
}
