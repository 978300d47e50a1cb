//! What must hold while a Team takes over from another one. No IO.

use crate::api::annotations::MOVED_TO;
use crate::api::reason::Reason;
use crate::plan::state::State;
use crate::plan::tests::explorer::handing_over::{HEIR, HandingOver, SOURCE};
use crate::plan::tests::explorer::provider_model::ProviderModel;

/// What was so before a reconcile.
pub(crate) struct Before {
    /// How many teams were made, and how many writes to teams there were.
    seen: [usize; 2],
    /// The ids that the Teams had.
    ids: [Option<String>; 2],
    /// Whether the heir may take over, or has taken over.
    is_handed_over: bool,
}

impl HandingOver {
    fn consents(&self) -> bool {
        self.stored[SOURCE].resource.metadata.annotations.as_ref().is_some_and(|all| all.contains_key(MOVED_TO))
    }

    fn is_living(&self, place: usize) -> bool {
        !self.stored[place].is_deleted && !self.stored[place].is_gone
    }

    /// Checks what must be true at all times.
    pub(crate) fn check_invariants(&self) -> Result<(), String> {
        self.provider.bounds.check()?;
        self.broken.clone().map_or(Ok(()), Err)
    }

    /// Checks how both rest.
    pub(crate) fn check_converged(&self, states: &[Option<State>; 2]) -> Result<(), String> {
        let gave_up = states.iter().flatten().any(|state| matches!(state, State::Stalled { .. }));
        if gave_up && self.provider.bounds.is_spent() {
            return Ok(());
        }
        let ids = [0, 1].map(|place| self.stored[place].external_id());
        let count = self.provider.created.iter().filter(|id| self.provider.has(id)).count();
        let is_ready = |place: usize| {
            let is_there = ids[place].is_some_and(|id| self.provider.has(id));
            self.is_living(place) && is_there && states[place] == Some(State::Available)
        };
        let is_in_conflict =
            |place: usize| matches!(&states[place], Some(State::Stalled { reason: Reason::Conflict, .. }));
        let is_well = match (self.is_living(SOURCE), self.is_living(HEIR)) {
            (true, true) if self.consents() => is_ready(HEIR) && is_in_conflict(SOURCE) && count == 1,
            (true, true) => is_ready(SOURCE) && is_in_conflict(HEIR) && count == 1,
            (true, false) => is_ready(SOURCE) && self.stored[HEIR].is_gone && count == 1,
            (false, true) => is_ready(HEIR) && self.stored[SOURCE].is_gone && count == 1,
            (false, false) => self.stored.iter().all(|stored| stored.is_gone) && count == 0,
        };
        if is_well { Ok(()) } else { Err(format!("{count} teams, with the ids {ids:?}: {states:?}")) }
    }
}

impl Before {
    /// Before a reconcile.
    pub(crate) fn of(world: &HandingOver) -> Self {
        let is_living = world.is_living(HEIR) && !world.stored[SOURCE].is_gone;
        Self {
            seen: [world.provider.created.len(), world.provider.written.len()],
            ids: [0, 1].map(|place| world.stored[place].external_id().map(str::to_owned)),
            is_handed_over: is_living && world.consents(),
        }
    }

    /// What a reconcile of one of the Teams did that it must not do.
    pub(crate) fn broken(&self, place: usize, world: &HandingOver) -> Option<String> {
        let Self { seen: [created, written], ids: [of_source, of_heir], is_handed_over } = self;
        let has_created = world.provider.created.len() > *created;
        let mut writes = world.provider.written.iter().skip(*written);
        if place == SOURCE {
            let is_taken = *is_handed_over && of_source.is_some() && (of_heir.is_none() || of_heir == of_source);
            let touches = is_taken && (has_created || writes.any(|id| Some(id) == of_source.as_ref()));
            return touches.then(|| "the source calls although its heir takes over".to_owned());
        }
        let source = &world.stored[SOURCE];
        // A deletion of the source that was under way may have deleted what is taken over.
        let is_there = of_source.as_ref().is_none_or(|id| world.provider.has(id));
        if has_created && of_heir.is_none() && !source.is_gone && is_there {
            return Some("the heir makes a team of its own although its source exists".to_owned());
        }
        let is_sources = !source.is_gone && !world.consents() && of_source.is_some();
        let takes = of_heir.is_none() && world.stored[HEIR].external_id() == of_source.as_deref();
        let touches = writes.any(|id| Some(id) == of_source.as_ref());
        (is_sources && (takes || touches)).then(|| "the heir takes what its source does not hand over".to_owned())
    }
}
