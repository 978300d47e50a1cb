//! A model of one process of the operator, which walks a visit as the real one does, and of what is outside of it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::api::annotations::Annotations;
use crate::api::provider_config::RecentDeletion;
use crate::api::provider_config::settings::DeletionGuard;
use crate::inventory::Inventory;
use crate::inventory::collection::Need;
use crate::plan::attempts::Memory;
use crate::plan::context::{Neighbour, Visit, promised_since};
use crate::plan::guard::with_one_more;
use crate::plan::managed::{Found, Managed};
use crate::plan::sequencer::{Course, Move, accepted, created_id, failed};
use crate::plan::step::{Step, Why};
use crate::plan::tests::explorer::end::{Known, end, held, report, rest};
use crate::plan::tests::explorer::faults::{Chaos, Mutant};
use crate::plan::tests::explorer::stored::Stored;
use crate::plan::{Plan, State};
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::failure::{Class, Failure};

/// For how long a read may miss a write: the operator's setting; the provider's lag is below it.
pub(crate) const LAG: i64 = 10;
const LAGGING: SignedDuration = SignedDuration::from_secs(LAG);

/// What is outside of the operator, and outlives it.
pub(crate) trait Outside {
    /// Answers a call: status and body. `back` is how stale a read is.
    fn answer(&mut self, now: i64, call: &Call, back: i64) -> (u16, Value);
    /// Where the deletion guard keeps its reservations, and what it allows; none: there is no guard.
    fn reservations(&mut self) -> Option<(&mut Vec<RecentDeletion>, DeletionGuard)> {
        None
    }
    /// What people made, and was changed or deleted since this was asked before.
    fn harmed(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// A process of the operator: what a crash forgets.
pub(crate) struct Process {
    inventory: Inventory,
    /// By the resource's uid.
    minds: BTreeMap<String, Mind>,
    /// Other Teams that have to do with the person of the story.
    pub(crate) neighbours: Vec<Neighbour>,
    /// What the mutant keeps instead of the config's status.
    reservations: Vec<RecentDeletion>,
}

/// What is remembered of one resource.
#[derive(Default)]
struct Mind {
    memory: Memory,
    has_deleted: bool,
}

/// Why a visit ends early.
pub(crate) struct Crash;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

impl Process {
    pub(crate) fn start(outside: &mut impl Outside) -> Self {
        let mut inventory = Inventory::default();
        inventory.set_read_lag(SignedDuration::from_secs(LAG));
        let reserved = outside.reservations().map(|(reservations, _)| reservations.iter().map(|one| one.time).max());
        if let Some(time) = reserved.flatten() {
            inventory.doubt_positions(time);
        }
        Self { inventory, minds: BTreeMap::new(), neighbours: Vec::new(), reservations: Vec::new() }
    }

    /// A visit, if there is still something to visit; after a crash another process starts.
    pub(crate) fn attend<T: Managed>(
        &mut self,
        stored: &mut Stored<T>,
        outside: &mut impl Outside,
        mut chaos: Chaos,
    ) -> Option<State> {
        if stored.is_gone {
            return None;
        }
        let outcome = self.visit(stored, outside, &mut chaos);
        if outcome.is_err() {
            *self = Self::start(outside);
        }
        outcome.ok()
    }

    /// One visit. What it writes to the cluster stays, wherever it is cut off.
    fn visit<T: Managed>(
        &mut self,
        stored: &mut Stored<T>,
        outside: &mut impl Outside,
        chaos: &mut Chaos,
    ) -> Result<State, Crash> {
        let mut mind = self.minds.remove(&stored.uid()).unwrap_or_default();
        let generation = stored.resource.metadata().generation.unwrap_or(0);
        let is_settled = match chaos.mutant {
            Some(Mutant::PauseSpent) => stored.is_reported(),
            _ => stored.resource.is_settled(),
        };
        mind.memory.turn_to(generation, is_settled, at(chaos.now));
        let has_none = stored.external_id().is_none() && stored.intent.is_none();
        let outcome = if stored.is_deleted && (mind.has_deleted || has_none) {
            stored.is_gone = true;
            Ok(State::Gone)
        } else {
            self.walk(&mut mind, stored, outside, chaos)
        };
        self.minds.insert(stored.uid(), mind);
        outcome
    }

    fn walk<T: Managed>(
        &mut self,
        mind: &mut Mind,
        stored: &mut Stored<T>,
        outside: &mut impl Outside,
        chaos: &mut Chaos,
    ) -> Result<State, Crash> {
        let mut known = Known::of(stored);
        let (mut course, mut locked_at) = (Course::default(), None);
        for _ in 0..60 {
            let planned = self.plan(mind, stored, &known, locked_at, chaos);
            match course.next(planned, &mind.memory, known.recorded.as_deref(), promised_since(at(chaos.now), LAGGING))
            {
                Move::Read(need) => {
                    if let Err(failure) = self.read(&need, outside, chaos)? {
                        return Ok(report(stored, known, failure));
                    }
                }
                Move::Lock(_) => locked_at = Some(at(chaos.now)),
                Move::Turn => {}
                Move::Record { external_id, facts, keys } => {
                    known.recorded = external_id.or(known.recorded);
                    stored.record(known.recorded.clone(), facts, chaos)?;
                    known.resource = stored.resource.clone();
                    mind.memory.promise(keys, at(chaos.now));
                }
                Move::Take(step, plan) => {
                    if let Err(state) = self.reserve(&step, &stored.uid(), outside, chaos) {
                        return Ok(held(stored, known, state));
                    }
                    if let Err(failure) = self.take((&step, &plan.facts), mind, stored, &mut known, outside, chaos)? {
                        return Ok(report(stored, known, failure));
                    }
                    mind.has_deleted = stored.is_deleted && step.why == Why::Delete && plan.state == State::Gone;
                    if mind.has_deleted {
                        return end(stored, chaos);
                    }
                }
                Move::Rest(plan) => return rest(plan, stored, chaos),
            }
        }
        panic!("a visit has no end");
    }

    /// The deletion guard, as the config's status has it.
    fn reserve(&mut self, step: &Step, uid: &str, outside: &mut impl Outside, chaos: &Chaos) -> Result<(), State> {
        let (Some(mark), Some((stored, guard))) = (&step.guard, outside.reservations()) else { return Ok(()) };
        let kept = if chaos.mutant == Some(Mutant::GuardInMemory) { &mut self.reservations } else { stored };
        *kept = with_one_more(kept.clone(), guard, true, &format!("{uid}{mark}"), at(chaos.now))?;
        Ok(())
    }

    fn plan<T: Managed>(
        &mut self,
        mind: &mut Mind,
        stored: &Stored<T>,
        known: &Known<T>,
        locked_at: Option<Timestamp>,
        chaos: &Chaos,
    ) -> Result<Plan<T::Facts>, Need> {
        let annotations = Annotations { intent: stored.intent.clone(), ..Annotations::default() };
        let lag = match chaos.mutant {
            Some(Mutant::NoLagWait) if known.recorded.is_none() => 0,
            Some(Mutant::AbsentByOneList) if known.recorded.is_some() => 0,
            _ => LAG,
        };
        let neighbours = |_: &str| self.neighbours.clone();
        let visit = Visit {
            neighbours: &neighbours,
            since: at(chaos.now - 60),
            locked_at: locked_at.filter(|_| chaos.mutant != Some(Mutant::PriorityRemembered)),
            deleted_at: stored.is_deleted.then(|| at(chaos.now)),
            read_lag: SignedDuration::from_secs(lag),
            recorded: known.recorded.as_deref(),
            ..Visit::alone(at(chaos.now), &annotations, &mind.memory)
        };
        let desired = known.resource.desired(&Found::default()).ok().unwrap();
        let kept = |plan: Plan<T::Facts>| plan.keeping(known.recorded.as_deref(), || known.resource.recorded_facts());
        if stored.is_deleted {
            return known.resource.plan_deletion(Some(&desired), &visit, &self.inventory).map(kept);
        }
        let plan = kept(known.resource.plan(&desired, &visit, &self.inventory)?);
        let (inventory, now) = (&self.inventory, at(chaos.now));
        Ok(mind.memory.judged(plan, |at| inventory.has_seen(at), (now, SignedDuration::from_secs(LAG)), None))
    }

    fn read(
        &mut self,
        need: &Need,
        outside: &mut impl Outside,
        chaos: &mut Chaos,
    ) -> Result<Result<(), Failure>, Crash> {
        chaos.may_crash()?;
        let call = need.collection.call();
        let began = at(chaos.now);
        if chaos.fails() {
            return Ok(Err(Failure::new(Class::Retry, "list failed")));
        }
        let back = chaos.staleness(LAG - 1);
        let (status, body) = outside.answer(chaos.now, &call, back);
        match call.answer(status, body.to_string().as_bytes()) {
            Ok(answer) => {
                self.inventory.record(&call, &answer, began);
                Ok(Ok(()))
            }
            Err(failure) => Ok(Err(failure)),
        }
    }

    fn take<T: Managed>(
        &mut self,
        (step, facts): (&Step, &T::Facts),
        mind: &mut Mind,
        stored: &mut Stored<T>,
        known: &mut Known<T>,
        outside: &mut impl Outside,
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
        let result = self.send(step, outside, chaos)?;
        let nonce = stored.intent.as_ref().map(|intent| intent.nonce.clone());
        Ok(match result {
            Ok(answer) => {
                if let Some(id) = created_id(&answer).filter(|_| matches!(step.why, Why::Create(_))) {
                    known.recorded = Some(id.to_owned());
                    known.resource.status_mut().get_or_insert_default().facts = facts.clone();
                }
                accepted(step, at(chaos.now), &mut mind.memory);
                Ok(())
            }
            Err(failure) if chaos.mutant == Some(Mutant::BlindRetry) && failure.class == Class::Uncertain => {
                let failure = Failure { class: Class::Retry, ..failure };
                failed(step, failure, nonce.as_deref(), &mut mind.memory)
            }
            Err(failure) => failed(step, failure, nonce.as_deref(), &mut mind.memory),
        })
    }

    fn send(
        &mut self,
        step: &Step,
        outside: &mut impl Outside,
        chaos: &mut Chaos,
    ) -> Result<Result<Answer, Failure>, Crash> {
        let (once, operation) = (step.call.is_once(), step.call.operation());
        if chaos.fails() {
            // Before the effect: an error that says nothing, or one that surely did nothing.
            let status = if chaos.flips() { 500 } else { 429 };
            return Ok(Err(Failure::from_status(once, operation, status)));
        }
        let (status, body) = outside.answer(chaos.now, &step.call, 0);
        chaos.may_crash()?;
        if chaos.fails() {
            self.inventory.record_lost(&step.call, at(chaos.now));
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
