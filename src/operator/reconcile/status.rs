//! Writes status by server-side apply, and only if it differs.

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::api::annotations::AllowDeletion;
use crate::api::approval::ApprovedPlan;
use crate::api::conditions::{NewCondition, updated};
use crate::api::policies::DriftPolicy;
use crate::api::status::{CommonStatus, Status};
use crate::operator::interrupt::Interrupt;
use crate::operator::kubernetes::patch::apply_status;
use crate::operator::reconcile::pass::Pass;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::operator::trouble::rejection;
use crate::plan::approval::told::Approval;
use crate::plan::decide::write_mode;
use crate::plan::managed::Managed;
use crate::plan::outcome::Outcome;
use crate::plan::outcome::amendments::{keep_not_converging, limit_to_dry_run, mark_ready_once, remark};

/// How often a status with a new id is tried to be written; then only the create record leads to the object.
const TRIES: u32 = 8;

/// What a reconcile writes into status.
pub(crate) struct StatusReport<F> {
    /// What the conditions say.
    pub(crate) outcome: Outcome,
    /// The id to record.
    pub(crate) external_id: Option<String>,
    /// The kind's own part of status; absent: the default.
    pub(crate) facts: Option<F>,
    /// What status says of approvals.
    pub(crate) approval: Approval,
    /// When the plan asks for the next reconcile.
    pub(crate) again: Option<Timestamp>,
    /// How often the provider is checked; zero: never.
    pub(crate) interval: SignedDuration,
}

/// Writes the result of a reconcile, if status differs.
pub(crate) async fn write<T: Managed>(
    pass: &mut Pass<'_, T>,
    status_report: &StatusReport<T::Facts>,
) -> Result<(), Interrupt> {
    store(pass, &wanted(pass, status_report)).await?;
    pass.context.shared.inputs.reported(pass.uid(), &pass.input);
    Ok(())
}

/// Writes the id and the facts before a call that contacts a person; the conditions stay as they are.
pub(crate) async fn record<T: Managed>(
    pass: &mut Pass<'_, T>,
    external_id: Option<&str>,
    facts: Option<&T::Facts>,
    approved: Option<Box<ApprovedPlan>>,
) -> Result<(), Interrupt> {
    let mut status = pass.status().cloned().unwrap_or_default();
    status.common.account_id = account_id(pass, external_id.or(status.common.external_id.as_deref()));
    status.common.external_id = external_id.map(str::to_owned).or(status.common.external_id);
    status.common.approved_plan = approved.or(status.common.approved_plan);
    if let Some(facts) = facts {
        status.facts = pass.resource.summarised(facts.clone());
    }
    store(pass, &status).await
}

/// What status says of approvals.
pub(crate) fn recorded_approval<T: Managed>(pass: &Pass<'_, T>) -> Approval {
    let Some(common) = pass.status().map(|status| &status.common) else { return Approval::default() };
    Approval { pending: common.pending_plan.clone(), approved: common.approved_plan.clone(), is_taken_now: false }
}

fn wanted<T: Managed>(pass: &Pass<'_, T>, status_report: &StatusReport<T::Facts>) -> Status<T::Facts> {
    let (generation, facts) = (pass.generation, status_report.facts.clone().unwrap_or_default());
    if matches!(status_report.outcome, Outcome::Suspended) {
        return suspended(pass, status_report, facts, generation);
    }
    let mut conditions = conditions(pass, status_report);
    keep_not_converging(&mut conditions, &status_report.outcome, pass.resource.not_converging());
    let only_reports = pass.resource.policies().drift_policy == DriftPolicy::Report;
    if only_reports {
        mark_ready_once(&mut conditions, pass.resource.was_ready_for_generation());
    }
    let is_dry_run = pass.context.shared.dry_run;
    if is_dry_run {
        limit_to_dry_run(&mut conditions, pass.resource.as_ref());
    }
    let common = CommonStatus {
        conditions: updated(pass.conditions(), conditions, generation, pass.context.shared.clock.now()),
        observed_generation: Some(generation),
        external_id: status_report.external_id.clone(),
        account_id: account_id(pass, status_report.external_id.as_deref()),
        last_handled_reconcile_at: handled_request(pass, &status_report.outcome),
        pending_plan: status_report.approval.pending.clone(),
        approved_plan: status_report.approval.approved.clone(),
    };
    Status { common, facts: pass.resource.summarised(facts) }
}

/// The status of a suspended resource: what was reported stays, for the generation that it was reported for.
fn suspended<T: Managed>(
    pass: &Pass<'_, T>,
    status_report: &StatusReport<T::Facts>,
    facts: T::Facts,
    generation: i64,
) -> Status<T::Facts> {
    let (before, now) = (pass.conditions(), pass.context.shared.clock.now());
    let reported = pass.status().and_then(|status| status.common.observed_generation);
    let common = CommonStatus {
        conditions: updated(before, status_report.outcome.conditions(before), generation, now),
        observed_generation: if before.is_empty() { Some(generation) } else { reported },
        external_id: status_report.external_id.clone(),
        account_id: account_id(pass, status_report.external_id.as_deref()),
        last_handled_reconcile_at: handled_request(pass, &status_report.outcome),
        pending_plan: status_report.approval.pending.clone(),
        approved_plan: status_report.approval.approved.clone(),
    };
    Status { common, facts }
}

/// The account of the object with this id: the recorded one as long as the recorded id is; else the one that the config led to in this
/// reconcile, or before.
fn account_id<T: Managed>(pass: &Pass<'_, T>, external_id: Option<&str>) -> Option<String> {
    let recorded = pass.status().map(|status| &status.common);
    let is_recorded =
        external_id.is_some() && recorded.is_some_and(|status| status.external_id.as_deref() == external_id);
    let recorded = recorded.and_then(|status| status.account_id.clone());
    if is_recorded { recorded.or(pass.origin.account.clone()) } else { pass.origin.account.clone().or(recorded) }
}

/// The last request for a reconcile that was handled. A dry run leaves a request to the operator that writes.
fn handled_request<T: Managed>(pass: &Pass<'_, T>, outcome: &Outcome) -> Option<String> {
    if pass.context.shared.dry_run || matches!(outcome, Outcome::Failed { .. } | Outcome::ApiServer { .. }) {
        return pass.status().and_then(|status| status.common.last_handled_reconcile_at.clone());
    }
    pass.annotations.reconcile_requested_at.clone()
}

/// What is said of an annotation that is not needed any more.
const STILL_ALLOWED: &str = "the annotation ping-operator.dev/allow-deletion is still 'true', so no guard holds a deletion or a removal of \
                             people: remove it";

/// The conditions to report, given those reported before.
pub(crate) fn conditions<T: Managed>(pass: &Pass<'_, T>, status_report: &StatusReport<T::Facts>) -> Vec<NewCondition> {
    let facts = status_report.facts.clone().unwrap_or_default();
    let mut conditions = status_report.outcome.conditions(pass.conditions());
    if matches!(status_report.outcome, Outcome::Suspended) {
        return conditions;
    }
    let mode = write_mode(pass.resource.as_ref(), pass.context.shared.dry_run);
    let is_past_guards = pass.annotations.allow_deletion == Some(AllowDeletion::PastGuards) && !pass.is_deleted();
    remark(&mut conditions, mode.remark().into_iter().chain(is_past_guards.then_some(STILL_ALLOWED)));
    if let Some(notice) = T::notice(&facts).filter(|_| status_report.outcome.is_settled()) {
        notice.tell(&mut conditions);
    }
    conditions.extend(T::conditions(&facts));
    conditions
}

/// Applies a status if it differs; one with a new id is tried several times, so that the id is not lost.
async fn store<T: Managed>(pass: &mut Pass<'_, T>, status: &Status<T::Facts>) -> Result<(), Interrupt> {
    if pass.status() == Some(status) {
        return Ok(());
    }
    let known = pass.status().and_then(|status| status.common.external_id.as_ref());
    let tries = if known == status.common.external_id.as_ref() { 1 } else { TRIES };
    let (api, mut attempt) = (pass.api(), 1);
    let written = loop {
        let permit = pass.context.shared.write_permit().await;
        match apply_status(&api, pass.resource.as_ref(), status, pass.context.shared.overwrite()).await {
            Err(error) if attempt < tries && rejection(&error).is_none() => {
                drop(permit);
                tokio::time::sleep(Duration::from_millis(100) * (1 << attempt)).await;
                attempt += 1;
            }
            result => break Asked::to::<T>(Verb::Patch, &pass.key.namespace).status().check(result)?,
        }
    };
    pass.wrote(written);
    Ok(())
}
