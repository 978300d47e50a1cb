//! The plan of a model of one process, and the deletion guard before a step. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::annotations::{Annotations, Intent};
use crate::api::approval::ApprovalPolicy;
use crate::inventory::collection::Need;
use crate::plan::decide::{DecisionInputs, decide};
use crate::plan::guard::{Reservation, reserve_all};
use crate::plan::managed::Managed;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::Step;
use crate::plan::tests::explorer::clock::{CALL, LAG, at};
use crate::plan::tests::explorer::faults::Faults;
use crate::plan::tests::explorer::gateway::Gateway;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::operator::{Process, ResourceMemory};
use crate::plan::tests::explorer::provider_model::ProviderModel;
use crate::plan::tests::explorer::reporting::KnownResource;
use crate::plan::tests::explorer::stored::{Referents, Stored};

impl Process {
    /// The deletion guard, as the config's status has it.
    pub(super) fn reserve(
        &mut self,
        step: &Step,
        uid: &str,
        provider: &mut Gateway<impl ProviderModel>,
        faults: &Faults,
    ) -> Result<(), State> {
        let (Some(mark), Some((stored, guard))) = (&step.guard, provider.reservations()) else { return Ok(()) };
        let kept = if faults.mutant == Some(Mutant::GuardInMemory) { &mut self.reservations } else { stored };
        let reservation = Reservation { mark: format!("{uid}{mark}"), is_limited: true };
        let admission = reserve_all(kept.clone(), guard, std::iter::once(&reservation), at(faults.now));
        admission.answer(&reservation)?;
        *kept = admission.recent;
        Ok(())
    }

    pub(super) fn plan<T: Managed>(
        &mut self,
        memory: &mut ResourceMemory,
        stored: &Stored<T>,
        known: &KnownResource<T>,
        locked_at: Option<Timestamp>,
        faults: &Faults,
    ) -> Result<Plan<T::Facts>, Need> {
        let annotations = misread_record(stored, faults);
        let lag = match faults.mutant {
            Some(Mutant::NoLagWait) if known.known_id.is_none() => 0,
            Some(Mutant::AbsentByOneList) if known.known_id.is_some() => 0,
            _ => LAG,
        };
        let resolved = known.resource.resolve(&stored.refs()).ok().unwrap();
        let mut approvals = stored.approvals.clone();
        if faults.has(Mutant::ApprovalIgnored) {
            approvals.policy = ApprovalPolicy::None;
        }
        let planned = decide(DecisionInputs {
            resource: &known.resource,
            resolved: Some(&resolved).filter(|_| !stored.is_deleted || stored.referents == Referents::Stay),
            inventory: &self.inventory,
            as_of: at(faults.now),
            now: at(faults.now),
            not_before: self.asked_at.unwrap_or(at(faults.now - 60)),
            locked_at: locked_at.filter(|_| faults.mutant != Some(Mutant::PriorityRemembered)),
            deleted_at: stored.is_deleted.then(|| at(faults.now)),
            read_lag: SignedDuration::from_secs(lag),
            annotations: &annotations,
            known_id: known.known_id.as_deref(),
            claimed_by: &|id| self.claims.claimant(id, &stored.resource, faults.mutant),
            other_mentions: &|_| self.other_mentions.clone(),
            attempts: &mut memory.attempts,
            is_dry_run: self.is_dry_run,
            approvals: &approvals,
        });
        let is_recorded = !faults.has(Mutant::LeavingUnrecorded);
        planned.map(|plan| Plan { is_recorded_first: plan.is_recorded_first && is_recorded, ..plan })
    }
}

/// The annotations as the plan takes them: as they are stored, unless a mutant misreads the create record.
fn misread_record<T: Managed>(stored: &Stored<T>, faults: &Faults) -> Annotations {
    let annotations = stored.annotations();
    let Some(intent) = annotations.intent.clone() else { return annotations };
    let intent = match faults.mutant {
        Some(Mutant::DeletedByNewName) if stored.is_deleted => Some(Intent { name: None, ..intent }),
        // Waiting for the call would hide that nothing waits for the lag.
        Some(Mutant::NoLagWait) => Some(Intent { time: intent.time - SignedDuration::from_secs(CALL), ..intent }),
        Some(Mutant::RefusalForgotten) => Some(Intent { refused: false, ..intent }),
        Some(Mutant::AnnotationFirst) if annotations.external_id.is_some() => None,
        _ => Some(intent),
    };
    Annotations { intent, ..annotations }
}
