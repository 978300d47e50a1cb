//! A team whose config requires approvals: a person approves what waits, as status shows it, and nothing else may be called. No IO.

use std::collections::BTreeSet;
use std::sync::Arc;

use kube::ResourceExt;

use crate::api::annotations::APPROVED_PLAN;
use crate::api::approval::ApprovalPolicy;
use crate::api::resource_key::ResourceKey;
use crate::plan::managed::Managed;
use crate::plan::step::{Step, Why};
use crate::plan::tests::explorer::faults::FaultChoice;
use crate::plan::tests::explorer::models::teams::with_first_address;
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::scenario::Scenario;
use crate::plan::tests::explorer::stored::{ApprovedIn, Stored};
use crate::plan::tests::explorer::team::{TeamEvent, TeamScenario};
use crate::plan::words::words;
use crate::provider::call::weight::Weight;

impl<T: Managed> Stored<T> {
    /// A person reads what waits, and approves it.
    pub(crate) fn approve_what_waits(&mut self) {
        let pending = self.resource.status().and_then(|status| status.common.pending_plan.as_deref()).cloned();
        if let Some(pending) = pending {
            let calls: BTreeSet<_> = pending.calls.iter().map(|call| with_first_address(call)).collect();
            self.approved_calls.extend(calls.iter().cloned());
            match self.approved_in {
                ApprovedIn::Annotation => {
                    self.resource.annotations_mut().insert(APPROVED_PLAN.to_owned(), pending.hash.clone());
                    self.given_calls.clear();
                }
                ApprovedIn::Config => drop(Arc::make_mut(&mut self.approvals.plans).insert(pending.hash.clone())),
            }
            self.given_calls.insert(pending.hash, calls);
        }
    }

    /// Whether a call is one that a person has approved since the resource was as it should be, or that needs no approval.
    pub(crate) fn may_be_called(&self, step: &Step, known_id: Option<&str>) -> bool {
        let is_made_again = matches!(step.why, Why::Create(_)) && known_id.is_some();
        let is_free = step.call.weight() == Weight::Plain && !is_made_again;
        let sentence = || with_first_address(&words(step, &ResourceKey::of(&self.resource), self.is_deleted));
        self.approvals.policy == ApprovalPolicy::None || is_free || self.approved_calls.contains(&sentence())
    }
}

/// The schedules of a team, under a config that requires approvals.
#[derive(Clone)]
pub(crate) struct ApprovedTeamScenario(TeamScenario, ApprovedIn);

impl Scenario for ApprovedTeamScenario {
    type Event = TeamEvent;

    fn generated(seed: u64) -> Self {
        let approved_in = if seed.is_multiple_of(2) { ApprovedIn::Annotation } else { ApprovedIn::Config };
        Self(TeamScenario::generated(seed), approved_in)
    }

    fn moves() -> Vec<Move> {
        TeamScenario::moves()
    }

    fn event_of(a_move: Move) -> TeamEvent {
        TeamScenario::event_of(a_move)
    }

    fn happy_paths() -> Vec<Self> {
        let paths = TeamScenario::happy_paths();
        // In the last one the same calls are made again.
        let again = paths.last().cloned().map(|path| Self(path, ApprovedIn::Config));
        paths.into_iter().map(|path| Self(path, ApprovedIn::Annotation)).chain(again).collect()
    }

    fn run(&self, mutant: Option<Mutant>) -> Result<(), String> {
        self.0.run_under(Some(self.1), mutant)
    }

    fn events(&mut self) -> &mut Vec<TeamEvent> {
        self.0.events()
    }

    fn fault_choices(event: &mut TeamEvent) -> &mut [FaultChoice] {
        TeamScenario::fault_choices(event)
    }
}
