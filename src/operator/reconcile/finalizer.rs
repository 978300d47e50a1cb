//! The end of a resource: our finalizer goes, and with it the resource.

use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use crate::api::FINALIZER;
use crate::operator::reconcile::pass::{Halt, Round};
use crate::operator::reconcile::prepare::MANAGER;
use crate::operator::state::tombstones::End;
use crate::plan::attempts::Memory;
use crate::plan::managed::Managed;

/// Takes the finalizer off.
pub(crate) async fn release<T: Managed>(round: &mut Round<'_, T>) -> Result<(), Halt> {
    if !round.is_held() {
        return Ok(());
    }
    let others: Vec<_> = round.resource.finalizers().iter().filter(|name| *name != FINALIZER).collect();
    let patch = Patch::Merge(json!({
        "metadata": { "resourceVersion": round.resource.resource_version(), "finalizers": others }
    }));
    let api = Api::<T>::namespaced(round.context.shared.client.clone(), &round.key.namespace);
    let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    match api.patch(&round.resource.name_any(), &params, &patch).await {
        Err(kube::Error::Api(status)) if status.code == 404 => {}
        result => drop(result?),
    }
    round.context.ends.reached(round.uid(), End::Released);
    round.context.latest.forget(&round.resource);
    round.context.retries.succeeded(round.uid());
    round.memory = Memory::default();
    Ok(())
}
