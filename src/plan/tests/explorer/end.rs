//! How a visit ends, and what is written of it.

use crate::plan::managed::Managed;
use crate::plan::outcome::Verdict;
use crate::plan::tests::explorer::faults::{Chaos, Mutant};
use crate::plan::tests::explorer::operator::Crash;
use crate::plan::tests::explorer::stored::Stored;
use crate::plan::{Plan, State};
use crate::provider::failure::Failure;

/// What a visit knows of its resource: what it began with, and what it learnt since.
pub(crate) struct Known<T> {
    pub(crate) resource: T,
    pub(crate) recorded: Option<String>,
}

impl<T: Managed> Known<T> {
    pub(crate) fn of(stored: &Stored<T>) -> Self {
        Self { resource: stored.resource.clone(), recorded: stored.external_id().map(str::to_owned) }
    }
}

/// The external object is gone: the finalizer goes, too.
pub(crate) fn end<T: Managed>(stored: &mut Stored<T>, chaos: &mut Chaos) -> Result<State, Crash> {
    chaos.may_crash()?;
    stored.is_gone = true;
    Ok(State::Gone)
}

pub(crate) fn rest<T: Managed>(
    plan: Plan<T::Facts>,
    stored: &mut Stored<T>,
    chaos: &mut Chaos,
) -> Result<State, Crash> {
    if stored.is_deleted && plan.state == State::Gone {
        return end(stored, chaos);
    }
    chaos.may_crash()?;
    let verdict = Verdict::Rest(plan.state.clone());
    let forgets = chaos.mutant == Some(Mutant::PlaceForgotten) && plan.state != State::Available;
    let facts = if forgets { T::Facts::default() } else { plan.facts };
    stored.write(plan.external_id, facts, &verdict);
    Ok(plan.state)
}

pub(crate) fn held<T: Managed>(stored: &mut Stored<T>, known: Known<T>, state: State) -> State {
    stored.write(known.recorded, known.resource.recorded_facts(), &Verdict::Rest(state.clone()));
    state
}

/// What ends a visit without a plan keeps what is known.
pub(crate) fn report<T: Managed>(stored: &mut Stored<T>, known: Known<T>, failure: Failure) -> State {
    let verdict = Verdict::Failed { failure, still_good: false };
    stored.write(known.recorded, known.resource.recorded_facts(), &verdict);
    State::Waiting { reason: "ProviderUnavailable", message: String::new(), until: None }
}
