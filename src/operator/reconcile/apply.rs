//! Observe, plan, apply: one call at a time, each planned from the state after the last one, until no step is left.

use jiff::{SignedDuration, Timestamp};
use tracing::Instrument;

use crate::api::annotations::{AllowDeletion, Annotations};
use crate::api::approval::ApprovedPlan;
use crate::api::reason::EventReason;
use crate::connection::account::Permit;
use crate::connection::error::CallError;
use crate::connection::keyed_lock::KeyedGuard;
use crate::connection::shared_lane::SharedLane;
use crate::inventory::collection::Need;
use crate::operator::interrupt::Interrupt;
use crate::operator::reconcile::adoption::{adopts, tell_adoption};
use crate::operator::reconcile::pass::Pass;
use crate::operator::reconcile::status::recorded_approval;
use crate::operator::reconcile::target::Target;
use crate::operator::reconcile::unseen::ensure_all_of_the_kind;
use crate::operator::reconcile::write_ahead::{ensure_finalizer, write_ahead};
use crate::operator::reconcile::{member_check, status};
use crate::operator::state::tombstones::Tombstone;
use crate::operator::telemetry::log::reconcile as log;
use crate::plan::attempts::CallResult;
use crate::plan::context::write_ahead_valid_since;
use crate::plan::managed::Managed;
use crate::plan::named_failure::naming;
use crate::plan::resource_plan::Plan;
use crate::plan::sequencer::{MAX_STEPS, Next, Sequencer, TOO_MANY_STEPS, may_be_sent, on_accepted, on_failed};
use crate::plan::state::State;
use crate::plan::step::{Step, Why};
use crate::provider::answer::Answer;
use crate::provider::failure::{Class, Failure};

/// How a reconcile ends that was not interrupted.
pub(crate) enum Applied<T: Managed> {
    /// No step is left.
    Plan {
        /// The last plan.
        plan: Box<Plan<T::Facts>>,
        /// How often the provider is checked; zero: never.
        interval: SignedDuration,
    },
    /// `spec.suspend` is set.
    Suspended,
}

/// Follows the sequencer until the plan has no step.
pub(crate) async fn apply<T: Managed>(pass: &mut Pass<'_, T>, target: &Target<T>) -> Result<Applied<T>, Interrupt> {
    let clock = pass.context.shared.clock;
    let (mut lock, mut permit, mut sequencer) = (None::<KeyedGuard>, None::<Permit>, Sequencer::default());
    pass.as_of = clock.now();
    for _ in 0..MAX_STEPS {
        let planned = plan(pass, target)?.inspect(|plan| log::planned(&plan.steps));
        let lane = lock.as_ref().map_or_else(|| pass.lane().into(), |lock| lock.lane().clone());
        let valid_since = write_ahead_valid_since(clock.now(), target.read_lag);
        match sequencer.next(planned, &pass.attempts, pass.known_id.as_deref(), valid_since) {
            Next::Read(need) => {
                drop(permit.take());
                log::step("read", pass.input.wait(target.writer.reader().read(&need, &lane))).await??;
            }
            Next::Lock(key) => {
                drop((lock.take(), permit.take()));
                lock = Some(log::step("lock", pass.input.wait(target.writer.lock(&key, pass.lane()))).await?);
                (pass.as_of, pass.locked_at) = (clock.now(), Some(clock.now()));
            }
            Next::WriteAhead { external_id, facts, approved, keys } => {
                let recording = record(pass, external_id.as_deref(), facts.as_ref(), approved);
                let recorded_at = log::step("record", recording).await?;
                pass.attempts.mark_pending(keys, recorded_at);
                pass.input.ensure_current()?;
            }
            Next::AcquirePermit => permit = Some(acquire(pass, target, lane).await?),
            Next::Reserve(step) => reserve(pass, target, &step).await?,
            Next::Execute(step, plan) => {
                let Some(permit) = permit.take() else { continue };
                let result = execute(pass, target, &step, &plan.record().facts, permit).await?;
                // What the provider carries out later is planned once more: the plan knows by now what came of the call.
                let is_last = step.why == Why::Delete && plan.state == State::Gone && result == CallResult::Done;
                if pass.is_deleted() && is_last {
                    pass.context.tombstones.reached(pass.uid(), Tombstone::Deleted);
                    return Ok(Applied::Plan {
                        plan: Box::new(Plan { steps: Vec::new(), ..*plan }),
                        interval: target.interval(),
                    });
                }
                pass.as_of = clock.now();
            }
            Next::Done(plan) => return ended(pass, plan, target),
        }
    }
    Err(Interrupt::Failed(Failure::new(Class::Retry, TOO_MANY_STEPS)))
}

/// Waits for the permit of the next write, for as long as what it was planned from is the same.
async fn acquire<T: Managed>(pass: &Pass<'_, T>, target: &Target<T>, lane: SharedLane) -> Result<Permit, Interrupt> {
    let waiting = target.writer.acquire(lane, pass.uid());
    Ok(log::step("permit", pass.input.wait(waiting)).await??)
}

/// No step is left. The object of a deleted resource may stay all the same.
fn ended<T: Managed>(pass: &Pass<'_, T>, plan: Plan<T::Facts>, target: &Target<T>) -> Result<Applied<T>, Interrupt> {
    match plan.kept.filter(|_| pass.is_deleted()) {
        Some(kept) => Err(Interrupt::Orphan(kept.why())),
        None => Ok(Applied::Plan { plan: Box::new(plan), interval: target.interval() }),
    }
}

/// Writes into status what must be known before a call is sent. Returns when it began, which is what status says: the write may take long.
async fn record<T: Managed>(
    pass: &mut Pass<'_, T>,
    external_id: Option<&str>,
    facts: Option<&T::Facts>,
    approved: Option<Box<ApprovedPlan>>,
) -> Result<Timestamp, Interrupt> {
    let begun = pass.context.shared.clock.now();
    ensure_all_of_the_kind(pass)?;
    ensure_finalizer(pass).await?;
    let hash_of = |approved: &Option<Box<ApprovedPlan>>| approved.as_deref().map(|approved| approved.hash.clone());
    let is_taken = hash_of(&approved) != hash_of(&recorded_approval(pass).approved);
    let taken = approved.clone().filter(|_| is_taken);
    let is_adoption = adopts(pass, external_id);
    status::record(pass, external_id, facts, approved).await?;
    if let Some(ApprovedPlan { hash, open, used: _ }) = taken.as_deref() {
        let calls = if open.len() == 1 { "a call that waited for it is" } else { "the calls that waited for it are" };
        let message = format!("the plan '{hash}' is approved: {calls} made now");
        pass.add_event(EventReason::UsedApproval, &message);
    }
    if let Some(id) = external_id {
        pass.set_known_id(id);
    }
    if is_adoption {
        tell_adoption(pass);
    }
    Ok(begun)
}

/// Plans, unless the plan rests on resources that cannot be seen.
fn plan<T: Managed>(pass: &mut Pass<'_, T>, target: &Target<T>) -> Result<Result<Plan<T::Facts>, Need>, Interrupt> {
    let planned = pass.plan(target);
    pass.has_steps = planned.as_ref().is_ok_and(|plan| !plan.steps.is_empty());
    if pass.asked_for_claims {
        ensure_all_of_the_kind(pass)?;
    }
    Ok(planned)
}

/// Executes one step: checks and records first, then the call. Returns what came of it.
async fn execute<T: Managed>(
    pass: &mut Pass<'_, T>,
    target: &Target<T>,
    step: &Step,
    facts: &T::Facts,
    permit: Permit,
) -> Result<CallResult, Interrupt> {
    // The reservation and the write-ahead may have waited for others.
    ensure_unwanted(pass, step).await?;
    log::step("write ahead", write_ahead(pass, step)).await?;
    let written = send(pass, target, step, permit).await;
    let (nonce, now) =
        (pass.annotations.intent.as_ref().map(|intent| intent.nonce.clone()), pass.context.shared.clock.now());
    match written {
        Ok((answer, at)) => {
            let (reason, message) = event_of(step, pass.known_id.is_none().then_some(&pass.annotations));
            if let Some(id) = answer.created_id().filter(|_| matches!(step.why, Why::Create(_))) {
                pass.created(id, facts.clone());
            }
            if matches!(step.why, Why::Update(_)) && pass.is_ready_for_generation() {
                pass.context.shared.metrics.drifted(pass.key.kind.as_str());
            }
            on_accepted(step, &answer, at, nonce.as_deref(), &mut pass.attempts);
            pass.add_event(reason, &message);
            Ok(CallResult::Done)
        }
        Err(CallError::Failed(failure)) => {
            // What holds the step later tells the same.
            let failure = naming(failure, &target.config);
            on_failed(step, failure, now, nonce.as_deref(), &mut pass.attempts).map_err(Interrupt::Failed)
        }
        Err(interrupted) => {
            let nothing = Failure::new(Class::Retry, "it was not sent");
            drop(on_failed(step, nothing, now, nonce.as_deref(), &mut pass.attempts));
            Err(interrupted.into())
        }
    }
}

/// Sends the call of a step, unless its write-ahead took so long that its result would be judged too early.
async fn send<T: Managed>(
    pass: &Pass<'_, T>,
    target: &Target<T>,
    step: &Step,
    permit: Permit,
) -> Result<(Answer, Timestamp), CallError> {
    let valid_since = write_ahead_valid_since(pass.context.shared.clock.now(), target.read_lag);
    if !may_be_sent(step, pass.annotations.intent.as_ref(), &pass.attempts, valid_since) {
        return Err(CallError::Superseded);
    }
    let span = log::write_span(step, pass.known_id.as_deref(), pass.attempts.try_of(step));
    let writing = target.writer.write(&step.call, permit, &pass.input, &target.secrets);
    log::step("write", writing.instrument(span)).await
}

/// Passes if no Team lists a person whom the step removes, but those of which the plan knew.
async fn ensure_unwanted<T: Managed>(pass: &mut Pass<'_, T>, step: &Step) -> Result<(), Interrupt> {
    if step.unless_wanted.is_empty() {
        return Ok(());
    }
    member_check::ensure_indexed(pass, &step.unless_wanted).await
}

/// Reserves a step at the deletion guard; its mark identifies it among those of this resource.
async fn reserve<T: Managed>(pass: &mut Pass<'_, T>, target: &Target<T>, step: &Step) -> Result<(), Interrupt> {
    let Some(mark) = &step.guard else { return Ok(()) };
    ensure_unwanted(pass, step).await?;
    let mark = if mark.is_empty() { pass.uid().to_owned() } else { format!("{}/{mark}", pass.uid()) };
    let is_limited = pass.annotations.allow_deletion != Some(AllowDeletion::PastGuards);
    pass.context.shared.deletion_guard.reserve(&target.config, &mark, is_limited).await??;
    Ok(())
}

/// What the event of a change says; the id of the external object is added to it.
fn event_of(step: &Step, annotations: Option<&Annotations>) -> (EventReason, String) {
    let operation = step.call.operation();
    match &step.why {
        Why::Create(_) => {
            let nothing =
                |source| format!("; '{source}', which the annotation moved-from names, left nothing to take over");
            let moved = annotations.and_then(|all| all.moved_from.as_ref()).map(nothing).unwrap_or_default();
            (EventReason::CreatedExternalResource, format!("{operation}{moved}"))
        }
        Why::Delete => {
            let left = step.remark.as_ref().map(|remark| format!("; {remark}")).unwrap_or_default();
            (EventReason::DeletedExternalResource, format!("{operation}{left}"))
        }
        Why::Notify(change) => (EventReason::ReachedPerson, format!("{operation}: {change}")),
        Why::Update(changes) => {
            let fields: Vec<_> = changes.iter().map(ToString::to_string).collect();
            (EventReason::UpdatedExternalResource, format!("{operation}: {}", fields.join("; ")))
        }
    }
}
