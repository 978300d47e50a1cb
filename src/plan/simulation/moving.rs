//! Taking over what another resource stands for, as the operator does: its record is copied, and nothing is called. No IO.

use crate::api::annotations::Intent;
use crate::api::resource_key::ResourceKey;
use crate::plan::managed::Managed;
use crate::plan::simulation::ResourceSimulation;
use crate::plan::state::State;

impl<T: Managed> ResourceSimulation<T> {
    /// The resource that it is moved from, by its annotation.
    pub(crate) fn moved_from(&self) -> Option<ResourceKey> {
        self.annotations.moved_from.as_ref().map(|from| from.key(T::KIND))
    }

    /// Whether it hands its object over to this resource of another namespace, by its annotation.
    pub(crate) fn is_moved_to(&self, heir: &ResourceKey) -> bool {
        self.annotations.moved_to.as_ref().is_some_and(|to| to.key(T::KIND) == *heir)
    }

    /// The id of the object that is recorded as its own.
    pub(crate) fn recorded_id(&self) -> Option<&str> {
        self.known_id.as_deref()
    }

    /// Copies the record of another one.
    pub(crate) fn take_over(&mut self, source: &Self) {
        self.known_id.clone_from(&source.known_id);
        let resource = Some(ResourceKey::of(&self.resource).to_string());
        self.annotations.intent = source.annotations.intent.clone().map(|intent| Intent { resource, ..intent });
        self.write(Some(source.resource.recorded_facts()), None);
    }

    /// Nothing is done for it: it stays in this state.
    pub(crate) fn hold(&mut self, state: State) {
        self.held = Some(state);
    }
}
