//! Observe, plan, apply: one call at a time, each planned from what the last one left, until nothing is left to do.

use jiff::SignedDuration;

use crate::connection::error::Stop;
use crate::connection::keyed_lock::Held;
use crate::connection::rate_limiter::Turn;
use crate::operator::kubernetes::deletion_guard;
use crate::operator::reconcile::pass::{Halt, Happened, Moment, Round};
use crate::operator::reconcile::prepare::{hold, prepare};
use crate::operator::reconcile::resolve::Line;
use crate::operator::reconcile::{member_check, status};
use crate::operator::state::tombstones::End;
use crate::plan::context::promised_since;
use crate::plan::managed::Managed;
use crate::plan::sequencer::{Course, Move, accepted, created_id, failed};
use crate::plan::step::{Step, Why};
use crate::plan::{Plan, State};
use crate::provider::failure::{Class, Failure};

/// More rounds than any resource needs; then the next visit goes on.
const ROUNDS: usize = 64;

/// What is left when a visit has done what it could.
pub(crate) enum Applied<T: Managed> {
    /// A plan without steps, and how often the config asks to look again.
    Plan { plan: Plan<T::Facts>, interval: SignedDuration },
    /// The spec says to leave it alone.
    Suspended,
}

/// Walks the course of a visit until the plan is empty.
pub(crate) async fn apply<T: Managed>(round: &mut Round<'_, T>, line: &Line<T>) -> Result<Applied<T>, Halt> {
    let clock = round.context.shared.clock;
    let (mut lock, mut turn, mut course) = (None::<Held>, None::<Turn>, Course::default());
    let mut moment = Moment { now: clock.now(), locked_at: None };
    for _ in 0..ROUNDS {
        let planned = round.plan(line, moment);
        match course.next(planned, &round.memory, round.recorded.as_deref(), promised_since(clock.now(), line.read_lag))
        {
            Move::Read(need) => {
                drop(turn.take());
                line.writer.reader().read(&need, round.lane()).await?;
            }
            Move::Lock(key) => {
                drop((lock.take(), turn.take()));
                lock = Some(line.writer.lock(&key).await);
                moment = Moment { now: clock.now(), locked_at: Some(clock.now()) };
            }
            Move::Record { external_id, facts, keys } => {
                hold(round).await?;
                status::record(round, external_id.as_deref(), &facts).await?;
                if let Some(id) = &external_id {
                    round.learnt(id);
                }
                round.memory.promise(keys, clock.now());
                round.still_holds()?;
            }
            Move::Turn => turn = Some(line.writer.turn(round.lane()).await?),
            Move::Take(step, plan) => {
                let Some(turn) = turn.take() else { continue };
                take(round, line, &step, &plan.facts, turn).await?;
                if round.is_deleted() && step.why == Why::Delete {
                    if plan.state == State::Gone {
                        round.context.ends.reached(round.uid(), End::Deleted);
                    }
                    return Ok(Applied::Plan { plan: Plan { steps: Vec::new(), ..*plan }, interval: line.interval });
                }
                moment.now = clock.now();
            }
            Move::Rest(plan) => return Ok(Applied::Plan { plan, interval: line.interval }),
        }
    }
    let message = "more calls were made than one visit may make; the next visit goes on".to_owned();
    Err(State::Waiting { reason: "Progressing", message, until: Some(clock.now()) }.into())
}

/// Takes one step: what must not be forgotten is written first.
async fn take<T: Managed>(
    round: &mut Round<'_, T>,
    line: &Line<T>,
    step: &Step,
    facts: &T::Facts,
    turn: Turn,
) -> Result<(), Halt> {
    if let Some(email) = &step.takes_out {
        member_check::is_known(round, email).await?;
    }
    if let Some(mark) = &step.guard {
        deletion_guard::reserve(round, &line.config, mark).await?;
    }
    prepare(round, step).await?;
    let written = line.writer.write(&step.call, turn).await;
    let nonce = round.annotations.intent.as_ref().map(|intent| intent.nonce.clone());
    match written {
        Ok((answer, at)) => {
            if let Some(id) = created_id(&answer).filter(|_| matches!(step.why, Why::Create(_))) {
                round.made(id, facts.clone());
            }
            if matches!(step.why, Why::Update(_)) && round.is_settled() {
                round.context.shared.metrics.drifted(round.key.kind);
            }
            accepted(step, at, &mut round.memory);
            round.happened.push(told(step, round.recorded.as_deref()));
            Ok(())
        }
        Err(Stop::Failed(failure)) => {
            tracing::debug!(kind = round.key.kind, name = round.key.name, "{}", failure.message);
            failed(step, failure, nonce.as_deref(), &mut round.memory).map_err(Halt::Failed)
        }
        Err(halted) => {
            let nothing = Failure::new(Class::Retry, "it was not sent");
            drop(failed(step, nothing, nonce.as_deref(), &mut round.memory));
            Err(halted.into())
        }
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
