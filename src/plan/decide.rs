//! From a resource to its plan: one function for the operator, the command line and the explorer. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::annotations::Annotations;
use crate::api::approval::{ApprovalPolicy, ConfigApprovals};
use crate::api::policies::{DriftPolicy, ManagementPolicy};
use crate::api::resource_key::ResourceKey;
use crate::inventory::Inventory;
use crate::inventory::collection::Need;
use crate::plan::approval::effect::ApprovalSubject;
use crate::plan::approval::given::Given;
use crate::plan::approval::told::Approval;
use crate::plan::approval::{ApprovalInputs, hold_unapproved};
use crate::plan::attempts::Attempts;
use crate::plan::attempts::bound::BoundInputs;
use crate::plan::context::{Claimant, PlanContext};
use crate::plan::elsewhere::{sent_elsewhere, unresolved_elsewhere};
use crate::plan::managed::Managed;
use crate::plan::mention::OtherMention;
use crate::plan::moved::handed_over;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::write_mode::WriteMode;

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
    /// Whether nothing may be written, whatever the policies say.
    pub(crate) is_dry_run: bool,
    /// What the config says of approvals.
    pub(crate) approvals: &'a ConfigApprovals,
}

/// Decides what to do for one resource, from what is known now, within its policies and what was tried before.
///
/// # Errors
/// A read that must come first.
pub(crate) fn decide<T: Managed>(inputs: DecisionInputs<T>) -> Result<Plan<T::Facts>, Need> {
    let (resource, attempts) = (inputs.resource, inputs.attempts);
    // A read has not shown the last write, and could not miss it any more at this time.
    let missed_until = inputs.known_id.and_then(|id| inputs.inventory.missed_until(id));
    let missed_until = missed_until.filter(|until| *until <= inputs.as_of);
    let repeated = attempts.reread_after(inputs.as_of, inputs.read_lag);
    let context = PlanContext {
        as_of: inputs.as_of,
        now: inputs.now,
        not_before: missed_until.into_iter().chain(repeated).fold(inputs.not_before, Timestamp::max),
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
    let plan = plan_here(resource, inputs.resolved, &context)?;
    let is_deletion = inputs.deleted_at.is_some();
    let bounds = BoundInputs {
        has_seen: &|at| inputs.inventory.has_seen(at),
        as_of: inputs.as_of,
        read_lag: inputs.read_lag,
        annotations: inputs.annotations,
        not_converging: resource.not_converging(),
        is_deletion,
    };
    let plan = attempts.bound(plan, &bounds);
    let approved =
        |plan| approved_part(plan, resource, inputs.approvals, is_deletion, inputs.known_id, inputs.annotations);
    let retained = |plan: Plan<T::Facts>| plan.retain_recorded(inputs.known_id, || resource.recorded_facts());
    if is_deletion {
        // A dry run ends nothing: what is recorded stays.
        return Ok(retained(approved(if inputs.is_dry_run { plan.into_dry_deletion() } else { plan })));
    }
    let plan = plan.apply_mode(write_mode(resource, inputs.is_dry_run));
    let plan = retained(approved(plan));
    let again = plan.external_id.as_deref().and_then(|id| inputs.inventory.missed_until(id));
    let again = again.filter(|until| *until > inputs.as_of);
    let again = again.into_iter().chain(plan.again).min();
    Ok(Plan { again, ..plan })
}

/// The part of a plan that needs no approval, or has one.
fn approved_part<T: Managed>(
    plan: Plan<T::Facts>,
    resource: &T,
    of_config: &ConfigApprovals,
    is_deleted: bool,
    known_id: Option<&str>,
    annotations: &Annotations,
) -> Plan<T::Facts> {
    let recorded = resource.status().and_then(|status| status.common.approved_plan.as_ref());
    match of_config.policy {
        // It is used up, whatever is asked for later.
        ApprovalPolicy::None => {
            Plan { approval: Approval { approved: recorded.cloned(), ..Approval::default() }, ..plan }
        }
        ApprovalPolicy::Required => {
            let (key, spec) = (ResourceKey::of(resource), resource.approval_subject());
            let subject = ApprovalSubject { key: &key, spec: &spec, is_deleted, known_id };
            let given = Given {
                own: annotations.approved_plan.as_deref(),
                of_config: &of_config.plans,
                is_unreadable: of_config.is_unreadable,
            };
            hold_unapproved(plan, &ApprovalInputs { subject, given, recorded: recorded.map(Box::as_ref) })
        }
    }
}

/// What the kind plans, unless another resource has taken over its object, or the create was sent to another account.
fn plan_here<T: Managed>(
    resource: &T,
    resolved: Option<&T::Resolved>,
    context: &PlanContext,
) -> Result<Plan<T::Facts>, Need> {
    let (annotations, known_id, attempts) = (context.annotations, context.known_id, context.attempts);
    let heir = known_id.and_then(context.claimed_by).filter(|other| other.is_heir);
    match (context.deleted_at, resolved) {
        (Some(_), _) if heir.is_some() => Ok(Plan::ending_in(State::Gone)),
        (None, _) if let Some(heir) = &heir => Ok(Plan::ending_in(handed_over(&heir.name))),
        (Some(_), _) if unresolved_elsewhere(annotations, known_id, attempts).is_some() => {
            Ok(Plan::ending_in(State::Gone))
        }
        (Some(_), resolved) => resource.plan_deletion(resolved, context),
        (None, Some(resolved)) => match sent_elsewhere(annotations, known_id, attempts) {
            Some(state) => Ok(Plan::ending_in(state)),
            None => resource.plan(resolved, context),
        },
        (None, None) => Ok(Plan::ending_in(State::Available)),
    }
}

/// What the policies allow to write.
pub(crate) fn write_mode<T: Managed>(resource: &T, is_dry_run: bool) -> WriteMode {
    let policies = resource.policies();
    if is_dry_run {
        WriteMode::DryRun
    } else if policies.management_policy == ManagementPolicy::Observe {
        WriteMode::Observe
    } else if resource.was_ready_for_generation() && policies.drift_policy == DriftPolicy::Report {
        WriteMode::Report
    } else {
        WriteMode::Manage
    }
}
