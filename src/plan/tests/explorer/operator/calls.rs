//! The calls of a model of one process: reads, and the steps of a plan. No IO.

use jiff::SignedDuration;
use serde_json::json;

use crate::api::annotations::Annotations;
use crate::inventory::collection::Need;
use crate::plan::attempts::CallResult;
use crate::plan::managed::Managed;
use crate::plan::sequencer::{on_accepted, on_failed};
use crate::plan::step::{Step, Why};
use crate::plan::tests::explorer::announced::as_line;
use crate::plan::tests::explorer::bounds::Sent;
use crate::plan::tests::explorer::clock::{LAG, at};
use crate::plan::tests::explorer::faults::{Crash, Faults};
use crate::plan::tests::explorer::gateway::Gateway;
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::operator::{Process, ResourceMemory};
use crate::plan::tests::explorer::provider_model::ProviderModel;
use crate::plan::tests::explorer::reporting::KnownResource;
use crate::plan::tests::explorer::shown::{id_in, read};
use crate::plan::tests::explorer::stored::Stored;
use crate::provider::answer::Answer;
use crate::provider::failure::{Class, Failure};

impl Process {
    pub(super) fn read(
        &mut self,
        need: &Need,
        provider: &mut Gateway<impl ProviderModel>,
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
        let body = faults.mutant.map_or(body.clone(), |mutant| mutant.misheard(body));
        match read(&call, status, &body) {
            Ok(answer) => {
                self.inventory.record(&call, &answer, began);
                if let Some((call, answer)) = self.made.as_ref().filter(|_| faults.has(Mutant::MadeIsThere)) {
                    self.inventory.record(call, answer, began);
                }
                Ok(Ok(()))
            }
            Err(failure) => Ok(Err(failure)),
        }
    }

    pub(super) fn execute<T: Managed>(
        &mut self,
        (step, facts): (&Step, &T::Facts),
        memory: &mut ResourceMemory,
        stored: &mut Stored<T>,
        known: &mut KnownResource<T>,
        provider: &mut Gateway<impl ProviderModel>,
        faults: &mut Faults,
    ) -> Result<Result<CallResult, Failure>, Crash> {
        let generation = stored.resource.metadata().generation.unwrap_or(0);
        provider.bounds.begin(step, generation);
        self.may_freeze(Move::FrozenBeforeRecord, stored, provider, faults);
        faults.may_crash()?;
        self.leads_or(Mutant::RecordOverwritten, faults)?;
        write_record(step, known.known_id.as_deref(), memory, stored, faults);
        self.may_freeze(Move::FrozenBeforeCall, stored, provider, faults);
        faults.may_crash()?;
        self.leads_or(Mutant::FenceIgnored, faults)?;
        let outcome = self.send(step, provider, faults);
        let sent = outcome.as_ref().map_or(Sent::of_lost(step), |(result, _)| sent(result));
        provider.bounds.count(step, stored.uid(), generation, stored.is_deleted, sent);
        self.may_freeze(Move::FrozenAfterCall, stored, provider, faults);
        self.leads()?;
        let (result, body) = outcome?;
        let (nonce, step) = (stored.intent.as_ref().map(|intent| intent.nonce.clone()), &counted(step, faults));
        let settled = match result {
            Ok(answer) => {
                if let Some(id) = id_of_created(step, &answer, &body, faults) {
                    known.known_id = Some(id);
                    known.resource.status_mut().get_or_insert_default().facts = facts.clone();
                }
                on_accepted(step, &answer, at(faults.now), nonce.as_deref(), &mut memory.attempts);
                Ok(CallResult::Done)
            }
            Err(failure) if faults.has(Mutant::BlindRetry) && failure.class == Class::Uncertain => {
                let failure = Failure { class: Class::Retry, ..failure };
                on_failed(step, failure, at(faults.now), nonce.as_deref(), &mut memory.attempts)
            }
            Err(failure) => on_failed(step, failure, at(faults.now), nonce.as_deref(), &mut memory.attempts),
        };
        faults.may_crash()?;
        note_refusal(memory, stored);
        Ok(settled)
    }

    /// Sends a call: what is understood of the answer, and its body.
    fn send(
        &mut self,
        step: &Step,
        provider: &mut Gateway<impl ProviderModel>,
        faults: &mut Faults,
    ) -> Result<(Result<Answer, Failure>, String), Crash> {
        let (once, operation) = (step.call.is_once(), step.call.operation());
        provider.sent.push(as_line(&step.call));
        if faults.fails() {
            // Before the effect: an error that says nothing, or one that surely did nothing.
            let status = if faults.flips() { 500 } else { 429 };
            return Ok((Err(Failure::from_status(once, operation, status)), String::new()));
        }
        let (status, body) = provider.answer(faults.now, &step.call, 0);
        faults.may_crash()?;
        if faults.fails() {
            self.inventory.record_lost(&step.call, at(faults.now));
            return Ok((Err(Failure::unanswered(once, operation, true, "lost")), String::new()));
        }
        let is_create = matches!(step.why, Why::Create(_));
        let is_success = (200..300).contains(&status);
        let body =
            if faults.flips() && is_create && is_success { json!({"message": "done"}).to_string() } else { body };
        let answer = self.understood(step, status, &body, faults);
        self.note(step, &answer, faults.now);
        faults.may_crash()?;
        Ok((answer, body))
    }

    /// What an answer says, as far as it is believed.
    fn understood(&self, step: &Step, status: u16, body: &str, faults: &Faults) -> Result<Answer, Failure> {
        let takes_for_done = faults.mutant.is_some_and(|mutant| mutant.takes_for_done(status));
        if takes_for_done && step.why == Why::Delete {
            return Ok(Answer::Done);
        }
        let answer = step.call.answer(status, body.as_bytes())?;
        if faults.has(Mutant::AnyIdIsOurs) {
            return Ok(answer);
        }
        // It begins after the reads of its reconcile.
        let began = at(faults.now).saturating_add(SignedDuration::from_millis(1)).unwrap();
        Ok(self.inventory.believed(&step.call, answer, began))
    }

    /// Records what a call led to.
    fn note(&mut self, step: &Step, answer: &Result<Answer, Failure>, now: i64) {
        match answer {
            Ok(answer) => {
                self.inventory.record(&step.call, answer, at(now));
                if matches!(step.why, Why::Create(_)) {
                    self.made = Some((step.call.clone(), answer.clone()));
                }
            }
            Err(failure) => self.inventory.record_failed(&step.call, failure.class, at(now)),
        }
    }
}

/// Writes the create record of a step.
fn write_record<T: Managed>(
    step: &Step,
    known_id: Option<&str>,
    memory: &mut ResourceMemory,
    stored: &mut Stored<T>,
    faults: &mut Faults,
) {
    if let Why::Create(creation) = &step.why
        && faults.mutant != Some(Mutant::NoIntent)
    {
        let nonce = format!("n{}", faults.number());
        let tries = memory.attempts.next_create(&stored.annotations(), &creation.name);
        stored.intent = Some(creation.record(nonce, at(faults.now), tries, known_id));
    }
}

/// Writes into the create record that its create was refused.
fn note_refusal<T: Managed>(memory: &ResourceMemory, stored: &mut Stored<T>) {
    let annotations = Annotations { intent: stored.intent.take(), ..Annotations::default() };
    stored.intent = memory.attempts.amended_record(&annotations).or(annotations.intent);
}

/// The step as it is counted.
fn counted(step: &Step, faults: &Faults) -> Step {
    let is_counted = !(step.is_written_ahead() && faults.has(Mutant::NoticesUncounted));
    if is_counted { step.clone() } else { Step { why: Why::Update(Vec::new()), ..step.clone() } }
}

/// Whether a call counts: one that was not carried out for a reason of the provider's own, or that may simply be repeated, does not.
fn sent(result: &Result<Answer, Failure>) -> Sent {
    match result.as_ref().map_err(|failure| failure.class) {
        Err(Class::Retry | Class::Wait) => Sent::NotNow,
        Err(Class::Credential | Class::Denied | Class::Invalid | Class::Gone | Class::Uncertain) | Ok(_) => {
            Sent::Counts
        }
    }
}

/// The id of what a call created, as its answer shows it.
fn id_of_created(step: &Step, answer: &Answer, body: &str, faults: &Faults) -> Option<String> {
    let body = serde_json::from_str(body).unwrap_or_default();
    let believed = id_in(&body).filter(|_| faults.has(Mutant::AnyIdIsOurs));
    let id = answer.created_id().map(str::to_owned).or(believed);
    id.filter(|_| matches!(step.why, Why::Create(_)))
}
