//! Observe, plan, apply: one call at a time, each planned from what the last one left, until nothing is left to do.

use jiff::{SignedDuration, Timestamp};

use super::ends::End;
use super::prepare::{hold, prepare};
use super::resolve::Line;
use super::round::{Halt, Happened, Moment, Round};
use super::{guard, status};
use crate::connection::{Held, Stop, Turn};
use crate::plan::managed::Managed;
use crate::plan::{Outcome, Plan, State, Step, Why};
use crate::wire::{Answer, Class, Failure};

/// More rounds than any resource needs; then the next visit goes on.
const ROUNDS: usize = 64;

/// What is left when a visit has done what it could.
pub(super) enum Applied<T: Managed> {
    /// A plan without steps, and how often the config asks to look again.
    Plan { plan: Plan<T::Facts>, interval: SignedDuration },
    /// The spec says to leave it alone.
    Suspended,
}

/// Works until the plan is empty.
pub(super) async fn apply<T: Managed>(round: &mut Round<'_, T>, line: &Line<T>) -> Result<Applied<T>, Halt> {
    let clock = round.context.shared.clock;
    let (mut lock, mut turn) = (None::<Held>, None::<Turn>);
    let mut moment = Moment { now: clock.now(), locked_at: None };
    for _ in 0..ROUNDS {
        let plan = match round.plan(line, moment) {
            Ok(plan) => plan,
            Err(need) => {
                // A read takes a turn of its own; nobody waits for one while holding another.
                drop(turn.take());
                line.writer.reader().read(&need, round.lane()).await?;
                continue;
            }
        };
        let Some(step) = plan.steps.first().cloned() else {
            return Ok(Applied::Plan { plan, interval: line.interval });
        };
        if let Some(key) = step.lock.as_deref().filter(|key| lock.as_ref().is_none_or(|held| held.key() != *key)) {
            drop((lock.take(), turn.take()));
            lock = Some(line.writer.lock(key).await);
            moment = Moment { now: clock.now(), locked_at: Some(clock.now()) };
            continue;
        }
        if promise(round, &step, &plan).await? {
            continue;
        }
        // Planned once more with the turn in hand: waiting for it may have taken long.
        let Some(turn) = turn.take() else {
            turn = Some(line.writer.turn(round.lane()).await?);
            continue;
        };
        take(round, line, &step, turn).await?;
        if round.is_deleted() && step.why == Why::Delete {
            if plan.state == State::Gone {
                round.context.ends.reached(round.uid(), End::Deleted);
            }
            return Ok(Applied::Plan { plan: Plan { steps: Vec::new(), ..plan }, interval: line.interval });
        }
        moment.now = clock.now();
    }
    let message = "more calls were made than one visit may make; the next visit goes on".to_owned();
    Err(State::Waiting { reason: "Progressing", message, until: Some(clock.now()) }.into())
}

/// Records every call of the plan that reaches a person, in one status write, before the first is made.
/// Says whether there was something to record.
async fn promise<T: Managed>(round: &mut Round<'_, T>, step: &Step, plan: &Plan<T::Facts>) -> Result<bool, Halt> {
    let reaches = |step: &&Step| matches!(step.why, Why::Reach(_));
    let is_due = |key: &String| !round.memory.is_promised(key);
    if !reaches(&step) || step.key.as_ref().is_none_or(|key| !is_due(key)) {
        return Ok(false);
    }
    hold(round).await?;
    status::record(round, plan.external_id.as_deref(), &plan.facts).await?;
    round.memory.promise(plan.steps.iter().filter(reaches).filter_map(|step| step.key.clone()));
    Ok(true)
}

/// Takes one step: what must not be forgotten is written first.
async fn take<T: Managed>(round: &mut Round<'_, T>, line: &Line<T>, step: &Step, turn: Turn) -> Result<(), Halt> {
    if let Some(mark) = &step.guard {
        guard::reserve(round, &line.config, mark).await?;
    }
    prepare(round, step).await?;
    match line.writer.write(&step.call, turn).await {
        Ok((answer, at)) => {
            done(round, step, &answer, at);
            Ok(())
        }
        Err(Stop::Failed(failure)) => failed(round, step, failure),
        Err(Stop::Closing) => Err(Halt::Closing),
    }
}

/// A call was accepted.
fn done<T: Managed>(round: &mut Round<'_, T>, step: &Step, answer: &Answer, at: Timestamp) {
    if let Some(id) = created_id(answer).filter(|_| matches!(step.why, Why::Create(_))) {
        round.learnt(id);
    }
    if let Some(key) = &step.key {
        round.memory.settle(key, Outcome::Done);
    }
    if let Why::Update(changes) = &step.why {
        round.memory.wrote(changes, at);
        if round.is_settled() {
            round.context.shared.metrics.drifted(round.key.kind);
        }
    }
    round.happened.push(told(step, round.recorded.as_deref()));
}

/// A call failed, or its answer is lost. Where the plan knows what to make of that, it goes on.
fn failed<T: Managed>(round: &mut Round<'_, T>, step: &Step, failure: Failure) -> Result<(), Halt> {
    // Deleting by id what is gone is done; at a position, something else may have moved.
    if failure.class == Class::Gone && step.why == Why::Delete && step.lock.is_none() {
        if let Some(key) = &step.key {
            round.memory.settle(key, Outcome::Done);
        }
        return Ok(());
    }
    if let (Why::Create(_), Some(intent)) = (&step.why, &round.annotations.intent)
        && failure.class != Class::Uncertain
    {
        let nonce = intent.nonce.clone();
        round.memory.settle(&nonce, Outcome::Refused);
    }
    match (failure.class, &step.key) {
        (Class::Invalid | Class::Gone, Some(key)) => {
            tracing::info!(kind = round.key.kind, name = round.key.name, "{}", failure.message);
            round.memory.settle(key, Outcome::Refused);
            Ok(())
        }
        (Class::Uncertain, Some(key)) => {
            round.memory.settle(key, Outcome::Unknown);
            Ok(())
        }
        _ => Err(Halt::Failed(failure)),
    }
}

fn created_id(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Created(id) => id.as_deref(),
        Answer::CreatedTeam(team) => Some(team.id.as_str()),
        Answer::Account(detail) => detail.as_ref().map(|detail| detail.id.as_str()),
        _ => None,
    }
}

fn told(step: &Step, id: Option<&str>) -> Happened {
    let operation = step.call.operation();
    match &step.why {
        Why::Create(_) => Happened { reason: "CreatedExternalResource", note: about(operation, id) },
        Why::Delete => Happened { reason: "DeletedExternalResource", note: about(operation, id) },
        Why::Reach(change) => Happened { reason: "ReachedPerson", note: format!("{operation}: {change}") },
        Why::Update(changes) => {
            let fields: Vec<_> = changes.iter().map(ToString::to_string).collect();
            Happened { reason: "UpdatedExternalResource", note: format!("{operation}: {}", fields.join("; ")) }
        }
    }
}

fn about(operation: &str, id: Option<&str>) -> String {
    id.map_or_else(|| operation.to_owned(), |id| format!("{operation}: {id}"))
}
