//! The environment of a scenario about one resource: the resource, the operator's process, and the provider. No IO.

use crate::plan::managed::Managed;
use crate::plan::state::State;
use crate::plan::tests::explorer::announced::Subject;
use crate::plan::tests::explorer::faults::{FaultChoice, Faults};
use crate::plan::tests::explorer::gateway::Gateway;
use crate::plan::tests::explorer::look_alike::{LookAlike, surely_theirs};
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::operator::Process;
use crate::plan::tests::explorer::provider_model::ProviderModel;
use crate::plan::tests::explorer::stored::Stored;

/// The environment of a scenario about one resource.
pub(crate) struct Environment<T, O> {
    pub(crate) provider: Gateway<O>,
    pub(crate) stored: Stored<T>,
    pub(crate) now: i64,
    pub(crate) process: Process,
    /// What people created under the resource's name.
    pub(crate) look_alikes: Vec<LookAlike>,
    /// Whether a person renamed the object: no list shows any more what came of a create.
    pub(crate) is_renamed: bool,
    touched: Option<String>,
    /// What the living resource was allowed to adopt.
    pub(crate) adopted: Vec<String>,
    /// Whether anything may have gone wrong in a reconcile.
    pub(crate) has_faults: bool,
    /// The process that works beside this one with `--dry-run`.
    pub(crate) beside: Option<Process>,
}

impl<T: Managed, O: ProviderModel> Environment<T, O> {
    pub(crate) fn new(resource: T, provider: O) -> Self {
        let mut provider = Gateway::new(provider);
        Self {
            process: Process::start(&mut provider),
            provider,
            stored: Stored::new(resource),
            now: 0,
            look_alikes: Vec::new(),
            is_renamed: false,
            touched: None,
            adopted: Vec::new(),
            has_faults: false,
            beside: None,
        }
    }

    /// The resource for which something is planned.
    pub(crate) fn subject(&mut self) -> Subject<'_, T, O> {
        Subject { stored: &mut self.stored, provider: &mut self.provider, now: &mut self.now }
    }

    /// The process ends, and another one starts.
    pub(crate) fn restart(&mut self) {
        self.process = Process::start(&mut self.provider);
    }

    pub(crate) fn reconcile(&mut self, fault_choice: FaultChoice, mutant: Option<Mutant>) -> Option<State> {
        let before = self.stored.intent.clone();
        if let Some(beside) = &mut self.beside {
            let (stored, faults) = (&mut self.stored, Faults::of(FaultChoice::None, self.now, mutant));
            self.provider.beside(|provider| beside.reconcile(stored, provider, faults));
        }
        self.has_faults |= fault_choice != FaultChoice::None;
        let faults = Faults::of(fault_choice, self.now, mutant);
        let state = self.process.reconcile(&mut self.stored, &mut self.provider, faults);
        self.now = self.now.max(self.process.clock);
        self.stored.approve_what_waits();
        let mut harmed = self.provider.harmed();
        harmed.retain(|id| !self.adopted.contains(id));
        let theirs = surely_theirs(harmed, &self.look_alikes, [&before, &self.stored.intent]);
        self.touched = self.touched.take().or(theirs);
        state
    }

    /// A person has just created this object.
    pub(crate) fn add_look_alike(&mut self, id: String) {
        self.look_alikes.push(LookAlike { id, made: self.now, was_known: self.stored.is_resolved() });
    }

    /// Checks that nothing of somebody else was changed so far, and that no call was one too many.
    pub(crate) fn check_others_untouched(&self) -> Result<(), String> {
        self.provider.bounds.check()?;
        self.touched.as_ref().map_or(Ok(()), |id| Err(format!("{id} was touched, which is somebody else's")))
    }

    /// Reconciles without faults until nothing changes any more, and a little longer: what rests makes no call.
    pub(crate) fn converge(&mut self, mutant: Option<Mutant>) -> Option<State> {
        self.events_end();
        let mut state = None;
        for _ in 0..14 {
            self.now += 61;
            state = self.reconcile(FaultChoice::None, mutant).or(state);
        }
        let before = self.provider.bounds.sent;
        for _ in 0..3 {
            self.now += 601;
            state = self.reconcile(FaultChoice::None, mutant).or(state);
        }
        // A deletion is never given up: it is tried again now and then.
        let sent = self.provider.bounds.sent - before;
        if sent > if self.stored.is_deleted { 3 } else { 0 } {
            self.provider.bounds.break_off(format!("{sent} calls in the end, and no rest: {state:?}"));
        }
        state
    }
}
