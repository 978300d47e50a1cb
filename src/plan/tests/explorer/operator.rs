//! A model of one process of the operator, which runs a reconcile as the real one does. No IO.

mod calls;
mod frozen;
mod planning;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::api::policies::ManagementPolicy;
use crate::api::provider_config::RecentDeletion;
use crate::api::reason::Reason;
use crate::inventory::Inventory;
use crate::plan::attempts::{Attempts, CallResult};
use crate::plan::context::write_ahead_valid_since;
use crate::plan::managed::Managed;
use crate::plan::mention::OtherMention;
use crate::plan::resource_plan::Plan;
use crate::plan::scope::Scope;
use crate::plan::sequencer::{Next, Sequencer};
use crate::plan::state::State;
use crate::plan::step::{Step, Why};
use crate::plan::tests::explorer::claims::Claims;
use crate::plan::tests::explorer::clock::{LAG, LAGGING, at};
use crate::plan::tests::explorer::faults::{Crash, Faults};
use crate::plan::tests::explorer::gateway::Gateway;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::provider_model::ProviderModel;
use crate::plan::tests::explorer::reporting::{
    KnownResource, remove_finalizer, report_blocked, report_failure, report_state,
};
use crate::plan::tests::explorer::stored::Stored;
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::failure::Failure;

/// After so many seconds a deletion that a guard blocks is tried again.
const BLOCKED_AGAIN: i64 = 30;

/// A process of the operator: what a crash forgets.
pub(crate) struct Process {
    inventory: Inventory,
    /// By the resource's uid.
    memory_by_uid: BTreeMap<String, ResourceMemory>,
    /// What the other Team says of the person of the schedule.
    pub(crate) other_mentions: Vec<OtherMention>,
    /// What the mutant keeps instead of the config's status.
    reservations: Vec<RecentDeletion>,
    /// With which token the inventory was read.
    token: u32,
    /// When the last reconcile wants another one; none: only when something changes.
    pub(crate) next_visit: Option<Timestamp>,
    /// When a person asked for a reconcile: lists that were read before are read again.
    pub(crate) asked_at: Option<Timestamp>,
    /// What the mutant keeps of the last create.
    made: Option<(Call, Answer)>,
    /// Who leads since this process was frozen.
    successor: Option<Box<Self>>,
    /// The last state in which it left the resource while the process before it was frozen.
    left: Option<State>,
    /// When the last reconcile ended, or was given up.
    pub(crate) clock: i64,
    /// Whether it runs with `--dry-run`.
    is_dry_run: bool,
    /// What resources claim.
    pub(crate) claims: Arc<Claims>,
}

/// What is remembered of one resource.
#[derive(Default)]
struct ResourceMemory {
    attempts: Attempts,
    has_deleted: bool,
}

impl Process {
    pub(crate) fn start(provider: &mut Gateway<impl ProviderModel>) -> Self {
        provider.process_starts();
        Self {
            inventory: fresh_inventory(provider),
            memory_by_uid: BTreeMap::new(),
            other_mentions: Vec::new(),
            reservations: Vec::new(),
            token: provider.token,
            next_visit: None,
            asked_at: None,
            made: None,
            successor: None,
            left: None,
            clock: 0,
            is_dry_run: false,
            claims: Arc::default(),
        }
    }

    /// A process with `--dry-run`.
    pub(crate) fn start_dry(provider: &mut Gateway<impl ProviderModel>) -> Self {
        Self { is_dry_run: true, ..Self::start(provider) }
    }

    /// One reconcile, if the resource still exists; after a crash another process starts. Who was frozen is succeeded by who leads.
    pub(crate) fn reconcile<T: Managed>(
        &mut self,
        stored: &mut Stored<T>,
        provider: &mut Gateway<impl ProviderModel>,
        mut faults: Faults,
    ) -> Option<State> {
        if stored.is_gone || self.is_settled(stored) {
            return None;
        }
        let outcome = self.reconcile_once(stored, provider, &mut faults);
        let mut state = outcome.ok();
        if let Some(successor) = self.successor.take() {
            *self = *successor;
            state = state.or(self.left.take());
        } else if state.is_none() {
            *self = Self::start(provider);
        }
        self.clock = faults.now;
        state
    }

    /// Whether a reconcile does nothing outside the cluster; a deleted resource goes then.
    fn is_settled<T: Managed>(&mut self, stored: &mut Stored<T>) -> bool {
        let scope = stored.scope();
        if scope == Scope::Provider {
            return false;
        }
        self.next_visit = None;
        if self.is_dry_run {
            return true;
        }
        stored.is_gone = stored.is_deleted;
        // What has no record is none of the objects that a policy keeps.
        stored.is_kept = stored.is_deleted && (stored.external_id().is_some() || stored.intent.is_some());
        true
    }

    /// One reconcile. What it writes to the cluster stays, wherever it crashes.
    fn reconcile_once<T: Managed>(
        &mut self,
        stored: &mut Stored<T>,
        provider: &mut Gateway<impl ProviderModel>,
        faults: &mut Faults,
    ) -> Result<State, Crash> {
        let mut memory = self.memory_by_uid.remove(&stored.uid()).unwrap_or_default();
        if faults.has(Mutant::TriesForgotten) {
            memory.attempts = Attempts::default();
        }
        let only_observes = stored.resource.policies().management_policy == ManagementPolicy::Observe;
        provider.only_observes = only_observes || self.is_dry_run;
        provider.bounds.reconcile_starts();
        self.next_visit = Some(at(faults.now + BLOCKED_AGAIN));
        let generation = stored.resource.metadata().generation.unwrap_or(0);
        let is_ready_for_generation = match faults.mutant {
            Some(Mutant::PauseSpent) => stored.is_reported(),
            _ => stored.resource.is_ready_for_generation(),
        };
        memory.attempts.on_generation(generation, is_ready_for_generation, at(faults.now), &stored.annotations());
        let outcome = if stored.is_deleted && memory.has_deleted {
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
        provider: &mut Gateway<impl ProviderModel>,
        faults: &mut Faults,
    ) -> Result<State, Crash> {
        let mut known = KnownResource::of(stored, faults);
        let (mut sequencer, mut locked_at) = (Sequencer::default(), None);
        for _ in 0..60 {
            self.check_token(provider, faults);
            let planned = self.plan(memory, stored, &known, locked_at, faults);
            let valid_since = write_ahead_valid_since(at(faults.now), LAGGING);
            match sequencer.next(planned, &memory.attempts, known.known_id.as_deref(), valid_since) {
                Next::Read(need) => {
                    if let Err(failure) = self.read(&need, provider, faults)? {
                        return Ok(self.report_failure(stored, &known, failure, faults));
                    }
                }
                Next::Lock(_) => locked_at = Some(at(faults.now)),
                Next::AcquirePermit => provider.after_wait(),
                Next::Reserve(step) => {
                    if let Err(state) = self.reserve(&step, &stored.uid(), provider, faults) {
                        return Ok(report_blocked(stored, &known, state));
                    }
                }
                Next::WriteAhead { external_id, facts, approved, keys } => {
                    known.record(external_id, facts, approved, stored, faults)?;
                    memory.attempts.mark_pending(keys, at(faults.now));
                }
                Next::Execute(step, plan) => {
                    let taken = self.take((&step, &plan), memory, stored, &mut known, provider, faults)?;
                    if let Some(state) = taken {
                        return Ok(state);
                    }
                }
                Next::Done(plan) => {
                    self.next_visit = next_visit(&plan);
                    return report_state(plan, stored, self.is_dry_run, faults);
                }
            }
        }
        provider.bounds.break_off("a reconcile has no end".to_owned());
        Ok(State::waiting(Reason::Progressing, "", None))
    }

    /// Takes a step; returns the state in which the reconcile ends, if it ends with it.
    fn take<T: Managed>(
        &mut self,
        (step, plan): (&Step, &Plan<T::Facts>),
        memory: &mut ResourceMemory,
        stored: &mut Stored<T>,
        known: &mut KnownResource<T>,
        provider: &mut Gateway<impl ProviderModel>,
        faults: &mut Faults,
    ) -> Result<Option<State>, Crash> {
        if !stored.may_be_called(step, known.known_id.as_deref()) {
            provider.bounds.break_off(format!("nobody has approved this call: {}", step.call.operation()));
        }
        let facts = plan.record().facts;
        let result = match self.execute((step, &facts), memory, stored, known, provider, faults)? {
            Ok(result) => result,
            Err(failure) => return Ok(Some(self.report_failure(stored, known, failure, faults))),
        };
        let is_last = step.why == Why::Delete && plan.state == State::Gone && result == CallResult::Done;
        memory.has_deleted = stored.is_deleted && is_last;
        if memory.has_deleted { remove_finalizer(stored, faults).map(Some) } else { Ok(None) }
    }

    /// What was read with another token is dropped.
    fn check_token(&mut self, provider: &mut Gateway<impl ProviderModel>, faults: &Faults) {
        if provider.token != self.token && !faults.has(Mutant::TokenUnchecked) {
            (self.inventory, self.token) = (fresh_inventory(provider), provider.token);
        }
    }

    /// A failure ends the reconcile, which is repeated after a pause.
    fn report_failure<T: Managed>(
        &mut self,
        stored: &mut Stored<T>,
        known: &KnownResource<T>,
        failure: Failure,
        faults: &Faults,
    ) -> State {
        if stored.is_deleted && known.resource.is_ended_by(&failure) && !faults.has(Mutant::ClosureForgotten) {
            stored.is_gone = true;
            return State::Gone;
        }
        self.next_visit = Some(at(faults.now + 61));
        report_failure(stored, known, failure)
    }
}

/// What a process knows of an account that it has not read: until when positions are uncertain.
fn fresh_inventory(provider: &mut Gateway<impl ProviderModel>) -> Inventory {
    let mut inventory = Inventory::default();
    inventory.set_read_lag(SignedDuration::from_secs(LAG));
    let reserved = provider.reservations().map(|(reservations, _)| reservations.iter().map(|one| one.time).max());
    if let Some(time) = reserved.flatten() {
        inventory.distrust_positions(time);
    }
    inventory
}

/// When a plan without steps wants another reconcile.
fn next_visit<F>(plan: &Plan<F>) -> Option<Timestamp> {
    let until = if let State::Waiting { until, .. } = &plan.state { *until } else { None };
    [until, plan.again].into_iter().flatten().min()
}
