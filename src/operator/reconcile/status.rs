//! Writes status by server-side apply, and only if it differs.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::api::conditions::{Condition, NewCondition, updated};
use crate::api::policies::DriftPolicy;
use crate::api::status::{CommonStatus, Status};
use crate::operator::interrupt::Interrupt;
use crate::operator::kubernetes::patch::{apply_status, rejection};
use crate::operator::reconcile::pass::Pass;
use crate::plan::managed::Managed;
use crate::plan::outcome::{Outcome, keep_not_converging, limit_to_dry_run, mark_ready_once};

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
    store(pass, &wanted(pass, status_report)).await
}

/// Writes the id and the facts before a call that contacts a person; the conditions stay as they are.
pub(crate) async fn record<T: Managed>(
    pass: &mut Pass<'_, T>,
    external_id: Option<&str>,
    facts: &T::Facts,
) -> Result<(), Interrupt> {
    let mut status = pass.status().cloned().unwrap_or_default();
    status.common.external_id = external_id.map(str::to_owned).or(status.common.external_id);
    status.facts = facts.clone();
    store(pass, &status).await
}

fn wanted<T: Managed>(pass: &Pass<'_, T>, status_report: &StatusReport<T::Facts>) -> Status<T::Facts> {
    let generation = pass.resource.metadata().generation.unwrap_or(0);
    let facts = status_report.facts.clone().unwrap_or_default();
    let mut conditions = conditions::<T>(status_report, pass.conditions());
    keep_not_converging(&mut conditions, &status_report.outcome, pass.resource.not_converging());
    let only_reports = pass.resource.policies().drift_policy == DriftPolicy::Report;
    if only_reports {
        mark_ready_once(&mut conditions, pass.resource.was_ready_for_generation());
    }
    let is_dry_run = pass.context.shared.dry_run;
    if is_dry_run {
        limit_to_dry_run(&mut conditions, pass.resource.as_ref());
    }
    let handled = match &status_report.outcome {
        // A dry run leaves the request to the operator that writes.
        _ if is_dry_run => pass.status().and_then(|status| status.common.last_handled_reconcile_at.clone()),
        Outcome::Failed { .. } => pass.status().and_then(|status| status.common.last_handled_reconcile_at.clone()),
        _ => pass.annotations.reconcile_requested_at.clone(),
    };
    let common = CommonStatus {
        conditions: updated(pass.conditions(), conditions, generation, pass.context.shared.clock.now()),
        observed_generation: Some(generation),
        external_id: status_report.external_id.clone(),
        last_handled_reconcile_at: handled,
    };
    Status { common, facts }
}

/// The conditions to report, given those reported `before`.
pub(crate) fn conditions<T: Managed>(
    status_report: &StatusReport<T::Facts>,
    before: &[Condition],
) -> Vec<NewCondition> {
    let facts = status_report.facts.clone().unwrap_or_default();
    let mut conditions = status_report.outcome.conditions(before);
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
            result => break result?,
        }
    };
    pass.wrote(written);
    Ok(())
}
