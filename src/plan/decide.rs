//! From a resource to its plan: one function for the operator, the command line and the explorer. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::annotations::Annotations;
use crate::api::policies::{DriftPolicy, ManagementPolicy};
use crate::inventory::Inventory;
use crate::inventory::collection::Need;
use crate::plan::attempts::Attempts;
use crate::plan::context::{Claimant, PlanContext};
use crate::plan::managed::Managed;
use crate::plan::mention::OtherMention;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;

/// All that a decision about one resource depends on.
pub(crate) struct DecisionInputs<'a, T: Managed> {
    /// The resource, its status included.
    pub(crate) resource: &'a T,
    /// Its spec with the references resolved; absent: they are gone, which only a deletion can do without.
    pub(crate) resolved: Option<&'a T::Resolved>,
    /// What is known of the provider.
    pub(crate) inventory: &'a Inventory,
    /// The time of this reconcile, or of its last write.
    pub(crate) as_of: Timestamp,
    /// The present time: what is written ahead is written now, however long the reconcile waited for its permit.
    pub(crate) now: Timestamp,
    /// Lists that were read before are read again.
    pub(crate) not_before: Timestamp,
    /// When the lock was taken under which positions are read and written, if it was.
    pub(crate) locked_at: Option<Timestamp>,
    /// When the resource was deleted, to the second, if it was.
    pub(crate) deleted_at: Option<Timestamp>,
    /// For how long a read may miss a write.
    pub(crate) read_lag: SignedDuration,
    /// The resource's annotations.
    pub(crate) annotations: &'a Annotations,
    /// `status.externalId`, or what this reconcile learnt.
    pub(crate) known_id: Option<&'a str>,
    /// The other resource that claims an external id, if there is one.
    pub(crate) claimed_by: &'a (dyn Fn(&str) -> Option<Claimant> + Send + Sync),
    /// What other resources of the account say of a subject that this one mentions.
    pub(crate) other_mentions: &'a (dyn Fn(&str) -> Vec<OtherMention> + Send + Sync),
    /// What was tried before.
    pub(crate) attempts: &'a mut Attempts,
    /// What `status` says of this very spec if it does not converge.
    pub(crate) not_converging: Option<&'a str>,
    /// Whether nothing may be written, whatever the policies say.
    pub(crate) is_dry_run: bool,
}

/// Decides what to do for one resource, from what is known now, within its policies and what was tried before.
///
/// # Errors
/// A read that must come first.
pub(crate) fn decide<T: Managed>(inputs: DecisionInputs<T>) -> Result<Plan<T::Facts>, Need> {
    let (resource, attempts) = (inputs.resource, inputs.attempts);
    let context = PlanContext {
        as_of: inputs.as_of,
        now: inputs.now,
        not_before: inputs.not_before,
        locked_at: inputs.locked_at,
        read_lag: inputs.read_lag,
        deleted_at: inputs.deleted_at,
        annotations: inputs.annotations,
        known_id: inputs.known_id,
        claimed_by: inputs.claimed_by,
        attempts,
        inventory: inputs.inventory,
        other_mentions: inputs.other_mentions,
    };
    let plan = match (inputs.deleted_at, inputs.resolved) {
        (Some(_), resolved) => resource.plan_deletion(resolved, &context)?,
        (None, Some(resolved)) => resource.plan(resolved, &context)?,
        (None, None) => Plan::ending_in(State::Available),
    };
    let plan = plan.retain_recorded(inputs.known_id, || resource.recorded_facts());
    if inputs.deleted_at.is_some() {
        return Ok(if inputs.is_dry_run { plan.into_dry_deletion() } else { plan });
    }
    let plan = attempts.stop_non_converging(
        plan,
        |at| inputs.inventory.has_seen(at),
        inputs.as_of,
        inputs.read_lag,
        inputs.not_converging,
    );
    Ok(within_policies(resource, plan, inputs.is_dry_run))
}

/// What the policies forbid to write is reported instead.
fn within_policies<T: Managed>(resource: &T, plan: Plan<T::Facts>, is_dry_run: bool) -> Plan<T::Facts> {
    let policies = resource.policies();
    let only_observes = is_dry_run || policies.management_policy == ManagementPolicy::Observe;
    let only_reports = resource.is_ready_for_generation() && policies.drift_policy == DriftPolicy::Report;
    plan.apply_policies(only_observes, only_reports)
}
