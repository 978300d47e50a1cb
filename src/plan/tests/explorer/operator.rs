//! A model of what surrounds the pure machine: the resource in the cluster, and one process of the operator.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::provider::{PERSON, Provider};
use super::story::{Chaos, Mutant};
use crate::api::conditions::{Condition, updated};
use crate::api::team::TeamFacts;
use crate::api::{Annotations, Intent, Team};
use crate::inventory::Inventory;
use crate::plan::course::{Course, Move, accepted, created_id, failed};
use crate::plan::managed::Managed;
use crate::plan::verdict::Verdict;
use crate::plan::visit::promised_since;
use crate::plan::{Memory, Need, Plan, State, Step, Visit, Why};
use crate::wire::{Answer, Class, Failure};

/// For how long a read may miss a write: the operator's setting; the provider's lag is below it.
pub(super) const LAG: i64 = 10;
const LAGGING: SignedDuration = SignedDuration::from_secs(LAG);

/// The resource as the API server has it.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) team: Team,
    pub(super) intent: Option<Intent>,
    pub(super) is_deleted: bool,
    pub(super) is_gone: bool,
}

/// A process of the operator: what a crash forgets.
pub(super) struct Process {
    inventory: Inventory,
    memory: Memory,
    has_deleted: bool,
}

/// Why a visit ends early.
pub(super) struct Crash;

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

impl Stored {
    pub(super) fn new() -> Self {
        let team = json!({
            "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Team",
            "metadata": {"name": "t", "namespace": "n", "generation": 1},
            "spec": {"name": "A", "members": [{"email": PERSON}]},
        });
        Self { team: serde_json::from_value(team).unwrap(), intent: None, is_deleted: false, is_gone: false }
    }

    pub(super) fn rename(&mut self, name: &str) {
        name.clone_into(&mut self.team.spec.name);
        self.team.metadata.generation = self.team.metadata.generation.map(|generation| generation + 1);
    }

    pub(super) fn external_id(&self) -> Option<&str> {
        self.team.status.as_ref()?.common.external_id.as_deref()
    }

    /// What is written before a call; what was reported stays.
    fn record(&mut self, external_id: Option<String>, facts: TeamFacts, chaos: &mut Chaos) -> Result<(), Crash> {
        chaos.may_crash()?;
        if chaos.mutant == Some(Mutant::NoRecord) {
            return Ok(());
        }
        let mut status = self.team.status.clone().unwrap_or_default();
        (status.common.external_id, status.facts) = (external_id, facts);
        self.team.status = Some(status);
        chaos.may_crash()
    }

    fn write(&mut self, external_id: Option<String>, facts: TeamFacts, conditions: Vec<Condition>) {
        let mut status = self.team.status.clone().unwrap_or_default();
        status.common.external_id = external_id;
        status.common.conditions = conditions;
        status.common.observed_generation = self.team.metadata.generation;
        status.facts = facts;
        self.team.status = Some(status);
    }
}

impl Process {
    pub(super) fn start() -> Self {
        let mut inventory = Inventory::default();
        inventory.set_read_lag(SignedDuration::from_secs(LAG));
        Self { inventory, memory: Memory::default(), has_deleted: false }
    }

    /// One visit. What it writes to the cluster stays, wherever it is cut off.
    pub(super) fn visit(
        &mut self,
        stored: &mut Stored,
        provider: &mut Provider,
        chaos: &mut Chaos,
    ) -> Result<State, Crash> {
        self.memory.turn_to(stored.team.metadata.generation.unwrap_or(0));
        let mut recorded = stored.external_id().map(str::to_owned);
        if stored.is_deleted && (self.has_deleted || (recorded.is_none() && stored.intent.is_none())) {
            stored.is_gone = true;
            return Ok(State::Gone);
        }
        let (mut course, mut locked_at) = (Course::default(), None);
        for _ in 0..60 {
            let planned = self.plan(stored, recorded.as_deref(), locked_at, chaos);
            match course.next(planned, &self.memory, recorded.as_deref(), promised_since(at(chaos.now), LAGGING)) {
                Move::Read(need) => {
                    if let Err(failure) = self.read(&need, provider, chaos)? {
                        return Ok(report(stored, recorded, failure));
                    }
                }
                Move::Lock(_) => locked_at = Some(at(chaos.now)),
                Move::Turn => {}
                Move::Record { external_id, facts, keys } => {
                    recorded = external_id.or(recorded);
                    stored.record(recorded.clone(), facts, chaos)?;
                    self.memory.promise(keys, at(chaos.now));
                }
                Move::Take(step, plan) => {
                    if let Err(failure) = self.take(&step, stored, &mut recorded, provider, chaos)? {
                        return Ok(report(stored, recorded, failure));
                    }
                    if stored.is_deleted && step.why == Why::Delete && plan.state == State::Gone {
                        self.has_deleted = true;
                        chaos.may_crash()?;
                        stored.is_gone = true;
                        return Ok(State::Gone);
                    }
                }
                Move::Rest(plan) => return rest(plan, stored, chaos),
            }
        }
        panic!("a visit has no end");
    }

    fn plan(
        &mut self,
        stored: &Stored,
        recorded: Option<&str>,
        locked_at: Option<Timestamp>,
        chaos: &Chaos,
    ) -> Result<Plan<TeamFacts>, Need> {
        let annotations = Annotations { intent: stored.intent.clone(), ..Annotations::default() };
        let lag = match chaos.mutant {
            Some(Mutant::NoLagWait) if recorded.is_none() => 0,
            Some(Mutant::AbsentByOneList) if recorded.is_some() => 0,
            _ => LAG,
        };
        let visit = Visit {
            now: at(chaos.now),
            moment: at(chaos.now),
            since: at(chaos.now - 60),
            locked_at,
            deleted_at: stored.is_deleted.then(|| at(chaos.now)),
            read_lag: SignedDuration::from_secs(lag),
            annotations: &annotations,
            recorded,
            claimed_by: &super::super::nobody,
            memory: &self.memory,
            neighbours: &|_| Vec::new(),
            is_new: false,
        };
        if stored.is_deleted {
            return stored.team.plan_deletion(Some(&()), &visit, &self.inventory);
        }
        let plan = stored.team.plan(&(), &visit, &self.inventory)?;
        let (inventory, now) = (&self.inventory, at(chaos.now));
        Ok(self.memory.judged(plan, |at| inventory.has_seen(at), (now, SignedDuration::from_secs(LAG)), None))
    }

    fn read(&mut self, need: &Need, provider: &mut Provider, chaos: &mut Chaos) -> Result<Result<(), Failure>, Crash> {
        chaos.may_crash()?;
        let call = need.collection.call();
        let began = at(chaos.now);
        if chaos.fails() {
            return Ok(Err(Failure::new(Class::Retry, "list failed")));
        }
        let back = chaos.staleness(LAG - 1);
        let (status, body) = provider.answer(chaos.now, &call, back);
        match call.answer(status, body.to_string().as_bytes()) {
            Ok(answer) => {
                self.inventory.record(&call, &answer, began);
                Ok(Ok(()))
            }
            Err(failure) => Ok(Err(failure)),
        }
    }

    fn take(
        &mut self,
        step: &Step,
        stored: &mut Stored,
        recorded: &mut Option<String>,
        provider: &mut Provider,
        chaos: &mut Chaos,
    ) -> Result<Result<(), Failure>, Crash> {
        chaos.may_crash()?;
        if let Why::Create(creation) = &step.why
            && chaos.mutant != Some(Mutant::NoIntent)
        {
            let nonce = format!("n{}", chaos.number());
            stored.intent = Some(creation.record(nonce, at(chaos.now)));
        }
        chaos.may_crash()?;
        let result = self.send(step, provider, chaos)?;
        let nonce = stored.intent.as_ref().map(|intent| intent.nonce.clone());
        Ok(match result {
            Ok(answer) => {
                let id = created_id(&answer).filter(|_| matches!(step.why, Why::Create(_)));
                *recorded = id.map(str::to_owned).or(recorded.take());
                accepted(step, at(chaos.now), &mut self.memory);
                Ok(())
            }
            Err(failure) if chaos.mutant == Some(Mutant::BlindRetry) && failure.class == Class::Uncertain => {
                let failure = Failure { class: Class::Retry, ..failure };
                failed(step, failure, nonce.as_deref(), &mut self.memory)
            }
            Err(failure) => failed(step, failure, nonce.as_deref(), &mut self.memory),
        })
    }

    fn send(
        &mut self,
        step: &Step,
        provider: &mut Provider,
        chaos: &mut Chaos,
    ) -> Result<Result<Answer, Failure>, Crash> {
        let (once, operation) = (step.call.is_once(), step.call.operation());
        if chaos.fails() {
            // Before the effect: an error that says nothing, or one that surely did nothing.
            let status = if chaos.flips() { 500 } else { 429 };
            return Ok(Err(Failure::from_status(once, operation, status)));
        }
        let (status, body) = provider.answer(chaos.now, &step.call, 0);
        chaos.may_crash()?;
        if chaos.fails() {
            return Ok(Err(Failure::unanswered(once, operation, true, "lost")));
        }
        let body = if chaos.flips() && matches!(step.why, Why::Create(_)) { json!({"message": "done"}) } else { body };
        let answer = step.call.answer(status, body.to_string().as_bytes());
        if let Ok(answer) = &answer {
            self.inventory.record(&step.call, answer, at(chaos.now));
        }
        chaos.may_crash()?;
        Ok(answer)
    }
}

fn rest(plan: Plan<TeamFacts>, stored: &mut Stored, chaos: &mut Chaos) -> Result<State, Crash> {
    chaos.may_crash()?;
    if stored.is_deleted && plan.state == State::Gone {
        stored.is_gone = true;
        return Ok(State::Gone);
    }
    let verdict = Verdict::Rest(plan.state.clone());
    let conditions = conditions(stored, &verdict);
    stored.write(plan.external_id, plan.facts, conditions);
    Ok(plan.state)
}

/// What is reported of a failure keeps what is known.
fn report(stored: &mut Stored, recorded: Option<String>, failure: Failure) -> State {
    let facts = stored.team.recorded_facts();
    let conditions = conditions(stored, &Verdict::Failed { failure, still_good: false });
    stored.write(recorded, facts, conditions);
    State::Waiting { reason: "ProviderUnavailable", message: String::new(), until: None }
}

fn conditions(stored: &Stored, verdict: &Verdict) -> Vec<Condition> {
    let before = stored.team.status.as_ref().map(|status| status.common.conditions.clone()).unwrap_or_default();
    let generation = stored.team.metadata.generation.unwrap_or(0);
    updated(&before, verdict.claims(&before), generation, at(0))
}
