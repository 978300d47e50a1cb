//! What the operator would ask a person to approve, of one simulated resource. No IO.
//!
//! It asks once no other call is left; then the approval is taken to be given. What it asks for first is what a plan tells.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use crate::api::approval::{ConfigApprovals, PendingPlan};
use crate::api::resource_key::ResourceKey;
use crate::plan::approval::effect::{ApprovalSubject, line, plan_hash, print_of};
use crate::plan::approval::told::Approval;
use crate::plan::managed::Managed;
use crate::plan::step::Step;

/// What waits for an approval, of one simulated resource.
pub(crate) struct SimulatedApprovals {
    /// What the config says, as far as it is simulated: of the given hashes those that are used up, and what was asked for since.
    of_config: ConfigApprovals,
    key: ResourceKey,
    spec: String,
    is_deleted: bool,
    /// The hashes that the resource and its config approve.
    given: BTreeSet<String>,
    /// What it asks for, one after the other.
    asked: Vec<PendingPlan>,
    /// All calls that may need an approval, as it names them.
    lines: BTreeSet<String>,
}

/// What a plan tells of approvals, of one resource.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlannedApproval {
    /// The hash of the calls that may need an approval; where the config asks for one, of those that are asked for first.
    pub(crate) hash: String,
    /// Whether the operator would wait for an approval that neither the resource nor its config has.
    pub(crate) needs_approval: bool,
    /// How often it would ask again after that, for calls that are planned only then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) later_approvals: Option<usize>,
    /// Whether there are calls that may need an approval.
    #[serde(skip)]
    pub(crate) has_calls: bool,
    /// Whether the operator asks for an approval, given or not.
    #[serde(skip)]
    pub(crate) is_asked: bool,
}

impl SimulatedApprovals {
    /// Nothing is asked for yet. `own`: the hash that the resource approves.
    pub(crate) fn new<T: Managed>(
        resource: &T,
        is_deleted: bool,
        of_config: &ConfigApprovals,
        own: Option<String>,
    ) -> Self {
        let (key, spec) = (ResourceKey::of(resource), resource.approval_subject());
        let given: BTreeSet<_> = of_config.plans.iter().cloned().chain(own).collect();
        let recorded = resource.status().and_then(|status| status.common.approved_plan.as_deref());
        let is_used = |hash: &&String| recorded.is_some_and(|recorded| recorded.used.contains(&print_of(hash)));
        let plans = Arc::new(given.iter().filter(is_used).cloned().collect());
        let of_config = ConfigApprovals { plans, ..of_config.clone() };
        Self { of_config, key, spec, is_deleted, given, asked: Vec::new(), lines: BTreeSet::new() }
    }

    /// What the config says of approvals.
    pub(crate) fn of_config(&self) -> ConfigApprovals {
        self.of_config.clone()
    }

    /// What waits at the end of a reconcile is approved at once. Says whether something waits.
    pub(crate) fn give(&mut self, approval: &Approval) -> bool {
        let Some(pending) = approval.pending.as_deref().cloned() else { return false };
        Arc::make_mut(&mut self.of_config.plans).insert(pending.hash.clone());
        self.asked.push(pending);
        true
    }

    /// A call is made.
    pub(crate) fn note(&mut self, step: &Step, known_id: Option<&str>) {
        let line = line(step, &self.subject(known_id));
        self.lines.extend(line);
    }

    fn subject<'a>(&'a self, known_id: Option<&'a str>) -> ApprovalSubject<'a> {
        let Self { key, spec, is_deleted, .. } = self;
        ApprovalSubject { key, spec, is_deleted: *is_deleted, known_id }
    }

    /// What a plan tells.
    pub(crate) fn planned(&self) -> PlannedApproval {
        let first = self.asked.first().map(|pending| pending.hash.clone());
        let (is_asked, needs_approval) =
            (first.is_some(), first.as_ref().is_some_and(|hash| !self.given.contains(hash)));
        let later_approvals = self.asked.len().checked_sub(1).filter(|later| *later > 0);
        let hash = first.unwrap_or_else(|| plan_hash(&self.subject(None), &self.lines, None));
        PlannedApproval { hash, needs_approval, later_approvals, has_calls: !self.lines.is_empty(), is_asked }
    }
}
