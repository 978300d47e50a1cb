//! The approvals in the list of a config, as they are now, and the resources that depend on them. No IO.

use std::sync::Arc;

use crate::api::approval::ConfigApprovals;
use crate::api::provider_config::view::ConfigView;
use crate::api::resource_key::ResourceKey;
use crate::operator::context::Shared;
use crate::plan::approval::told::Approval;

/// What a config says of approvals now, and not when the reconcile began: one that is taken back allows no further call.
pub(crate) fn current_approvals(shared: &Shared, config: &ConfigView) -> ConfigApprovals {
    let gone =
        || ConfigApprovals { policy: config.approvals().policy, is_unreadable: true, ..ConfigApprovals::default() };
    shared.index.config(&config.key).map_or_else(gone, |now| now.approvals())
}

/// A plan of a resource was made with these approvals: it is reconciled when another list concerns it.
pub(crate) fn await_approval(
    shared: &Shared,
    (key, uid): (&ResourceKey, &str),
    config: &ConfigView,
    planned_with: &ConfigApprovals,
    told: &Approval,
) {
    let hashes = shared.awaited_approvals.planned(uid, key, told);
    // The list may have changed after it was read, and before it was known that it concerns this resource.
    let now = current_approvals(shared, config).plans;
    let is_other = |hash: &String| now.contains(hash) != planned_with.plans.contains(hash);
    if !Arc::ptr_eq(&now, &planned_with.plans) && hashes.iter().any(is_other) {
        shared.index.trigger([key.clone()]);
    }
}
