//! A model of one process of the operator, which runs a reconcile as the real one does. No IO.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::api::annotations::Annotations;
use crate::api::provider_config::RecentDeletion;
use crate::inventory::Inventory;
use crate::inventory::collection::Need;
use crate::plan::attempts::Attempts;
use crate::plan::context::write_ahead_valid_since;
use crate::plan::decide::{DecisionInputs, decide};
use crate::plan::guard::with_one_more;
use crate::plan::managed::Managed;
use crate::plan::mention::OtherMention;
use crate::plan::references::ResolvedRefs;
use crate::plan::resource_plan::Plan;
use crate::plan::sequencer::{Next, Sequencer, created_id, on_accepted, on_failed};
use crate::plan::state::State;
use crate::plan::step::{Step, Why};
use crate::plan::tests::explorer::clock::{LAG, LAGGING, at};
use crate::plan::tests::explorer::faults::{Crash, Faults, Mutant};
use crate::plan::tests::explorer::provider_model::ProviderModel;
use crate::plan::tests::explorer::reporting::{
    KnownResource, remove_finalizer, report_blocked, report_failure, report_state,
};
use crate::plan::tests::explorer::stored::Stored;
use crate::provider::answer::Answer;
use crate::provider::failure::{Class, Failure};

/// A process of the operator: what a crash forgets.
pub(crate) struct Process {
    inventory: Inventory,
    /// By the resource's uid.
    memory_by_uid: BTreeMap<String, ResourceMemory>,
    /// What the other Team says of the person of the schedule.
    pub(crate) other_mentions: Vec<OtherMention>,
    /// What the mutant keeps instead of the config's status.
    reservations: Vec<RecentDeletion>,
}

/// What is remembered of one resource.
#[derive(Default)]
struct ResourceMemory {
    attempts: Attempts,
    has_deleted: bool,
}

impl Process {
    pub(crate) fn start(provider: &mut impl ProviderModel) -> Self {
        let mut inventory = Inventory::default();
        inventory.set_read_lag(SignedDuration::from_secs(LAG));
        let reserved = provider.reservations().map(|(reservations, _)| reservations.iter().map(|one| one.time).max());
        if let Some(time) = reserved.flatten() {
            inventory.distrust_positions(time);
        }
        Self { inventory, memory_by_uid: BTreeMap::new(), other_mentions: Vec::new(), reservations: Vec::new() }
    }

    /// One reconcile, if the resource still exists; after a crash another process starts.
    pub(crate) fn reconcile<T: Managed>(
        &mut self,
        stored: &mut Stored<T>,
        provider: &mut impl ProviderModel,
        mut faults: Faults,
    ) -> Option<State> {
        if stored.is_gone {
            return None;
        }
        let outcome = self.reconcile_once(stored, provider, &mut faults);
        if outcome.is_err() {
            *self = Self::start(provider);
        }
        outcome.ok()
    }

    /// One reconcile. What it writes to the cluster stays, wherever it crashes.
    fn reconcile_once<T: Managed>(
        &mut self,
        stored: &mut Stored<T>,
        provider: &mut impl ProviderModel,
        faults: &mut Faults,
    ) -> Result<State, Crash> {
        let mut memory = self.memory_by_uid.remove(&stored.uid()).unwrap_or_default();
        let generation = stored.resource.metadata().generation.unwrap_or(0);
        let is_ready_for_generation = match faults.mutant {
            Some(Mutant::PauseSpent) => stored.is_reported(),
            _ => stored.resource.is_ready_for_generation(),
        };
        memory.attempts.on_generation(generation, is_ready_for_generation, at(faults.now));
        let has_none = stored.external_id().is_none() && stored.intent.is_none();
        let outcome = if stored.is_deleted && (memory.has_deleted || has_none) {
            stored.is_gone = true;
            Ok(State::Gone)
        } else {
            self.run(&mut memory, stored, provider, faults)
        };
        self.memory_by_uid.insert(stored.uid(), memory);
        outcome
    }

    fn run<T: Managed>(
        &mut self,
        memory: &mut ResourceMemory,
        stored: &mut Stored<T>,
        provider: &mut impl ProviderModel,
        faults: &mut Faults,
    ) -> Result<State, Crash> {
        let mut known = KnownResource::of(stored);
        let (mut sequencer, mut locked_at) = (Sequencer::default(), None);
        for _ in 0..60 {
            let planned = self.plan(memory, stored, &known, locked_at, faults);
            let valid_since = write_ahead_valid_since(at(faults.now), LAGGING);
            match sequencer.next(planned, &memory.attempts, known.known_id.as_deref(), valid_since) {
                Next::Read(need) => {
                    if let Err(failure) = self.read(&need, provider, faults)? {
                        return Ok(report_failure(stored, known, failure));
                    }
                }
                Next::Lock(_) => locked_at = Some(at(faults.now)),
                Next::AcquirePermit => {}
                Next::WriteAhead { external_id, facts, keys } => {
                    known.known_id = external_id.or(known.known_id);
                    stored.record(known.known_id.clone(), facts, faults)?;
                    known.resource = stored.resource.clone();
                    memory.attempts.mark_pending(keys, at(faults.now));
                }
                Next::Execute(step, plan) => {
                    if let Err(state) = self.reserve(&step, &stored.uid(), provider, faults) {
                        return Ok(report_blocked(stored, known, state));
                    }
                    let executed =
                        self.execute((&step, &plan.record().facts), memory, stored, &mut known, provider, faults)?;
                    if let Err(failure) = executed {
                        return Ok(report_failure(stored, known, failure));
                    }
                    memory.has_deleted = stored.is_deleted && step.why == Why::Delete && plan.state == State::Gone;
                    if memory.has_deleted {
                        return remove_finalizer(stored, faults);
                    }
                }
                Next::Done(plan) => return report_state(plan, stored, faults),
            }
        }
        panic!("a reconcile has no end");
    }

    /// The deletion guard, as the config's status has it.
    fn reserve(
        &mut self,
        step: &Step,
        uid: &str,
        provider: &mut impl ProviderModel,
        faults: &Faults,
    ) -> Result<(), State> {
        let (Some(mark), Some((stored, guard))) = (&step.guard, provider.reservations()) else { return Ok(()) };
        let kept = if faults.mutant == Some(Mutant::GuardInMemory) { &mut self.reservations } else { stored };
        *kept = with_one_more(kept.clone(), guard, true, &format!("{uid}{mark}"), at(faults.now))?;
        Ok(())
    }

    fn plan<T: Managed>(
        &mut self,
        memory: &mut ResourceMemory,
        stored: &Stored<T>,
        known: &KnownResource<T>,
        locked_at: Option<Timestamp>,
        faults: &Faults,
    ) -> Result<Plan<T::Facts>, Need> {
        let annotations = Annotations { intent: stored.intent.clone(), ..Annotations::default() };
        let lag = match faults.mutant {
            Some(Mutant::NoLagWait) if known.known_id.is_none() => 0,
            Some(Mutant::AbsentByOneList) if known.known_id.is_some() => 0,
            _ => LAG,
        };
        let resolved = known.resource.resolve(&ResolvedRefs::default()).ok().unwrap();
        decide(DecisionInputs {
            resource: &known.resource,
            resolved: Some(&resolved),
            inventory: &self.inventory,
            as_of: at(faults.now),
            now: at(faults.now),
            not_before: at(faults.now - 60),
            locked_at: locked_at.filter(|_| faults.mutant != Some(Mutant::PriorityRemembered)),
            deleted_at: stored.is_deleted.then(|| at(faults.now)),
            read_lag: SignedDuration::from_secs(lag),
            annotations: &annotations,
            known_id: known.known_id.as_deref(),
            claimed_by: &|_| None,
            other_mentions: &|_| self.other_mentions.clone(),
            attempts: &mut memory.attempts,
            not_converging: None,
            is_dry_run: false,
        })
    }

    fn read(
        &mut self,
        need: &Need,
        provider: &mut impl ProviderModel,
        faults: &mut Faults,
    ) -> Result<Result<(), Failure>, Crash> {
        faults.may_crash()?;
        let call = need.collection.call();
        let began = at(faults.now);
        if faults.fails() {
            return Ok(Err(Failure::new(Class::Retry, "list failed")));
        }
        let back = faults.staleness(LAG - 1);
        let (status, body) = provider.answer(faults.now, &call, back);
        match call.answer(status, body.to_string().as_bytes()) {
            Ok(answer) => {
                self.inventory.record(&call, &answer, began);
                Ok(Ok(()))
            }
            Err(failure) => Ok(Err(failure)),
        }
    }

    fn execute<T: Managed>(
        &mut self,
        (step, facts): (&Step, &T::Facts),
        memory: &mut ResourceMemory,
        stored: &mut Stored<T>,
        known: &mut KnownResource<T>,
        provider: &mut impl ProviderModel,
        faults: &mut Faults,
    ) -> Result<Result<(), Failure>, Crash> {
        faults.may_crash()?;
        if let Why::Create(creation) = &step.why
            && faults.mutant != Some(Mutant::NoIntent)
        {
            let nonce = format!("n{}", faults.number());
            stored.intent = Some(creation.record(nonce, at(faults.now)));
        }
        faults.may_crash()?;
        let result = self.send(step, provider, faults)?;
        let nonce = stored.intent.as_ref().map(|intent| intent.nonce.clone());
        Ok(match result {
            Ok(answer) => {
                if let Some(id) = created_id(&answer).filter(|_| matches!(step.why, Why::Create(_))) {
                    known.known_id = Some(id.to_owned());
                    known.resource.status_mut().get_or_insert_default().facts = facts.clone();
                }
                on_accepted(step, at(faults.now), &mut memory.attempts);
                Ok(())
            }
            Err(failure) if faults.mutant == Some(Mutant::BlindRetry) && failure.class == Class::Uncertain => {
                let failure = Failure { class: Class::Retry, ..failure };
                on_failed(step, failure, nonce.as_deref(), &mut memory.attempts)
            }
            Err(failure) => on_failed(step, failure, nonce.as_deref(), &mut memory.attempts),
        })
    }

    fn send(
        &mut self,
        step: &Step,
        provider: &mut impl ProviderModel,
        faults: &mut Faults,
    ) -> Result<Result<Answer, Failure>, Crash> {
        let (once, operation) = (step.call.is_once(), step.call.operation());
        if faults.fails() {
            // Before the effect: an error that says nothing, or one that surely did nothing.
            let status = if faults.flips() { 500 } else { 429 };
            return Ok(Err(Failure::from_status(once, operation, status)));
        }
        let (status, body) = provider.answer(faults.now, &step.call, 0);
        faults.may_crash()?;
        if faults.fails() {
            self.inventory.record_lost(&step.call, at(faults.now));
            return Ok(Err(Failure::unanswered(once, operation, true, "lost")));
        }
        let body = if faults.flips() && matches!(step.why, Why::Create(_)) { json!({"message": "done"}) } else { body };
        let answer = step.call.answer(status, body.to_string().as_bytes());
        if let Ok(answer) = &answer {
            self.inventory.record(&step.call, answer, at(faults.now));
        }
        faults.may_crash()?;
        Ok(answer)
    }
}
