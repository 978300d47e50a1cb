//! The deletion guard: each deletion outside is reserved in its config's status before it is made.
//!
//! The reservation is a compare-and-swap and outlives the operator, so a restart does not reset it.

use jiff::SignedDuration;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::api::annotations::AllowDeletion;
use crate::api::provider_config::{ClusterProviderConfig, ProviderConfig};
use crate::api::reason::Reason;
use crate::operator::provider_config::view::{ConfigResource, ConfigView};
use crate::operator::reconcile::pass::{Interrupt, Pass};
use crate::operator::reconcile::prepare::{MANAGER, is_conflict};
use crate::plan::guard::with_one_more;
use crate::plan::managed::Managed;
use crate::plan::state::State;

/// How often somebody else may write first.
const TRIES: usize = 10;

/// Reserves a deletion, or holds it. `mark` names it among those of this resource.
pub(crate) async fn reserve<T: Managed>(pass: &Pass<'_, T>, config: &ConfigView, mark: &str) -> Result<(), Interrupt> {
    let name = if mark.is_empty() { pass.uid().to_owned() } else { format!("{}/{mark}", pass.uid()) };
    let _one_at_a_time = pass.context.shared.guard.lock().await;
    match config.key.kind {
        "ClusterProviderConfig" => reserve_in::<T, ClusterProviderConfig>(pass, config, &name).await,
        _ => reserve_in::<T, ProviderConfig>(pass, config, &name).await,
    }
}

async fn reserve_in<T: Managed, C: ConfigResource>(
    pass: &Pass<'_, T>,
    view: &ConfigView,
    mark: &str,
) -> Result<(), Interrupt> {
    let shared = &pass.context.shared;
    let (api, name) = (C::api(shared.client.clone(), &view.key.namespace), view.key.name.as_str());
    for _ in 0..TRIES {
        let config = api.get(name).await?;
        let guard = config.view().settings.deletion_guard;
        let known = config.status().map(|status| status.recent_deletions.clone()).unwrap_or_default();
        // What a person lets pass is counted all the same.
        let limit = pass.annotations.allow_deletion != Some(AllowDeletion::PastGuards);
        let recent = with_one_more(known, guard, limit, mark, shared.clock.now())?;
        let patch = json!({
            "metadata": { "resourceVersion": config.meta().resource_version },
            "status": { "recentDeletions": recent },
        });
        let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        match api.patch_status(name, &params, &Patch::<Value>::Merge(patch)).await {
            Err(error) if is_conflict(&error) => {}
            result => return result.map(drop).map_err(Interrupt::from),
        }
    }
    let until = shared.clock.now().checked_add(SignedDuration::from_secs(1)).ok();
    let message = "the deletion could not be reserved yet: others write to the config all the time".to_owned();
    Err(State::Waiting { reason: Reason::Progressing, message, until }.into())
}
