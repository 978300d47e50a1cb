//! The world of a story about one resource: the resource, the process that visits it, and what is outside.

use crate::plan::managed::Managed;
use crate::plan::state::State;
use crate::plan::tests::explorer::faults::{Faults, Mutant, Trouble};
use crate::plan::tests::explorer::look_alike::{Twin, surely_theirs};
use crate::plan::tests::explorer::operator::Process;
use crate::plan::tests::explorer::provider_model::ProviderModel;
use crate::plan::tests::explorer::stored::Stored;

pub(crate) struct Scene<T, O> {
    pub(crate) provider: O,
    pub(crate) stored: Stored<T>,
    pub(crate) now: i64,
    process: Process,
    /// What people made under the resource's name.
    pub(crate) twins: Vec<Twin>,
    /// Whether a person renamed the object: no list shows any more what came of a create.
    pub(crate) is_renamed: bool,
    touched: Option<String>,
}

impl<T: Managed, O: ProviderModel> Scene<T, O> {
    pub(crate) fn new(resource: T, mut provider: O) -> Self {
        Self {
            process: Process::start(&mut provider),
            provider,
            stored: Stored::new(resource),
            now: 0,
            twins: Vec::new(),
            is_renamed: false,
            touched: None,
        }
    }

    /// The process ends, and another one starts.
    pub(crate) fn restart(&mut self) {
        self.process = Process::start(&mut self.provider);
    }

    pub(crate) fn reconcile(&mut self, trouble: Trouble, mutant: Option<Mutant>) -> Option<State> {
        let before = self.stored.intent.clone();
        let faults = Faults::of(trouble, self.now, mutant);
        let state = self.process.reconcile(&mut self.stored, &mut self.provider, faults);
        let theirs = surely_theirs(self.provider.harmed(), &self.twins, [&before, &self.stored.intent]);
        self.touched = self.touched.take().or(theirs);
        state
    }

    /// A person made this one just now.
    pub(crate) fn twin(&mut self, id: String) {
        self.twins.push(Twin { id, made: self.now, was_known: self.stored.is_resolved() });
    }

    /// What is somebody else's was left alone, at every moment.
    pub(crate) fn spares_others(&self) -> Result<(), String> {
        self.touched.as_ref().map_or(Ok(()), |id| Err(format!("{id} was touched, which is somebody else's")))
    }

    /// Trouble is over: visits go on until nothing changes any more.
    pub(crate) fn record_result(&mut self, mutant: Option<Mutant>) -> Option<State> {
        let mut state = None;
        for _ in 0..14 {
            self.now += 61;
            state = self.reconcile(Trouble::None, mutant).or(state);
        }
        state
    }
}
