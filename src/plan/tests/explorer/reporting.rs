//! The end of a reconcile, and what is written to status. No IO.

use crate::api::approval::ApprovedPlan;
use crate::api::reason::Reason;
use crate::plan::managed::Managed;
use crate::plan::outcome::Outcome;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::tests::explorer::faults::{Crash, Faults};
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::stored::Stored;
use crate::provider::failure::Failure;

/// What a reconcile knows of its resource: what it began with, and what it learnt since.
pub(crate) struct KnownResource<T> {
    pub(crate) resource: T,
    pub(crate) known_id: Option<String>,
}

impl<T: Managed> KnownResource<T> {
    pub(crate) fn of(stored: &Stored<T>, faults: &Faults) -> Self {
        Self { resource: misread(stored, faults), known_id: stored.external_id().map(str::to_owned) }
    }

    /// Writes to status what must be known before a call.
    pub(crate) fn record(
        &mut self,
        external_id: Option<String>,
        facts: Option<T::Facts>,
        approved: Option<Box<ApprovedPlan>>,
        stored: &mut Stored<T>,
        faults: &mut Faults,
    ) -> Result<(), Crash> {
        self.known_id = external_id.or(self.known_id.take());
        stored.record(self.known_id.clone(), facts, approved, faults)?;
        self.resource = misread(stored, faults);
        Ok(())
    }
}

/// The resource as the reconcile takes it: as it is stored, unless a mutant misreads it.
pub(crate) fn misread<T: Managed>(stored: &Stored<T>, faults: &Faults) -> T {
    let resource = stored.resource.clone();
    match faults.mutant {
        Some(mutant) => mutant.misread(resource),
        None => resource,
    }
}

/// The external object is gone: the finalizer goes, too.
pub(crate) fn remove_finalizer<T: Managed>(stored: &mut Stored<T>, faults: &mut Faults) -> Result<State, Crash> {
    faults.may_crash()?;
    stored.is_gone = true;
    Ok(State::Gone)
}

/// No step is left: the state is written to status.
pub(crate) fn report_state<T: Managed>(
    plan: Plan<T::Facts>,
    stored: &mut Stored<T>,
    is_dry_run: bool,
    faults: &mut Faults,
) -> Result<State, Crash> {
    let releases = faults.has(Mutant::DryRunReleases) && is_dry_run;
    if stored.is_deleted && (plan.state == State::Gone || releases) {
        stored.kept = plan.kept;
        return remove_finalizer(stored, faults);
    }
    faults.may_crash()?;
    let outcome = Outcome::State(plan.state.clone());
    let forgets = faults.mutant == Some(Mutant::PlaceForgotten) && plan.state != State::Available;
    let facts = if forgets { T::Facts::default() } else { plan.facts };
    stored.write(plan.external_id, facts, &outcome, is_dry_run);
    stored.write_approval(plan.approval, &plan.state);
    Ok(plan.state)
}

/// A guard blocks the next step; status keeps what is known.
pub(crate) fn report_blocked<T: Managed>(stored: &mut Stored<T>, known: &KnownResource<T>, state: State) -> State {
    stored.write(known.known_id.clone(), known.resource.recorded_facts(), &Outcome::State(state.clone()), false);
    state
}

/// A failure ends the reconcile; status keeps what is known.
pub(crate) fn report_failure<T: Managed>(stored: &mut Stored<T>, known: &KnownResource<T>, failure: Failure) -> State {
    let outcome = Outcome::Failed { failure, still_good: false };
    stored.write(known.known_id.clone(), known.resource.recorded_facts(), &outcome, false);
    State::Waiting { reason: Reason::ProviderUnavailable, message: String::new(), until: None }
}
