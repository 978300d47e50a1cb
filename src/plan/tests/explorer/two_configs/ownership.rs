//! Whose each team is, in the scenario of two configs, and what must hold because of that. No IO.

use std::collections::BTreeMap;

use crate::api::annotations::{EXTERNAL_ID, Intent};
use crate::api::reason::Reason;
use crate::api::team::Team;
use crate::plan::state::State;
use crate::plan::tests::explorer::gateway::Gateway;
use crate::plan::tests::explorer::look_alike::{LookAlike, surely_theirs};
use crate::plan::tests::explorer::models::teams::TeamsModel;
use crate::plan::tests::explorer::provider_model::ProviderModel;
use crate::plan::tests::explorer::stored::Stored;
use crate::plan::tests::explorer::two_configs::ConfigsEnvironment;

/// Whose each team is.
#[derive(Default)]
pub(crate) struct Ownership {
    /// Which Team made each team.
    makers: BTreeMap<String, usize>,
    /// Whose each team is now. An older Team that names the team of a younger one takes it over.
    owners: BTreeMap<String, usize>,
    /// How many ids of new teams, and of teams that were written to, were looked at.
    seen: [usize; 2],
    broken: Option<String>,
}

/// What the annotation of a Team names.
fn named(team: &Stored<Team>) -> Option<&str> {
    team.resource.metadata.annotations.as_ref()?.get(EXTERNAL_ID).map(String::as_str)
}

/// Whether what a Team had is left to the other one when it goes: an older one wins, and a living one takes it over.
fn inherits(place: usize, stored: &[Stored<Team>; 2], id: &str) -> bool {
    let other = &stored[1 - place];
    let claims = named(other) == Some(id) || other.external_id() == Some(id);
    claims && !other.is_gone && (place == 1 || !other.is_deleted)
}

impl Ownership {
    /// One of the Teams was reconciled; `before` is what its create record was, beside what people made.
    pub(crate) fn update(
        &mut self,
        place: usize,
        provider: &mut Gateway<TeamsModel>,
        stored: &[Stored<Team>; 2],
        (before, look_alikes): (&Option<Intent>, &[LookAlike]),
    ) {
        let me = &stored[place];
        for id in provider.created.iter().skip(self.seen[0]) {
            self.makers.insert(id.clone(), place);
            self.owners.insert(id.clone(), place);
        }
        if let Some(id) = me.external_id().filter(|_| !me.is_gone) {
            let takes_over = place == 0 && named(me) == Some(id);
            // What a create of the other one made whose answer was lost nobody claims.
            let is_claimed = !stored[1 - place].is_gone && stored[1 - place].external_id() == Some(id);
            if takes_over || !is_claimed {
                self.owners.insert(id.to_owned(), place);
            }
        }
        if let Some(id) = me.external_id().filter(|id| me.is_gone && inherits(place, stored, id)) {
            // It is left to the other one, whatever becomes of the annotation.
            self.owners.remove(id);
        }
        for id in provider.written.iter().skip(self.seen[1]) {
            if !provider.has(id) && stored[1 - place].external_id() == Some(id) && inherits(place, stored, id) {
                self.broken.get_or_insert(format!("{id} was deleted by Team {place}, and the other one claims it"));
            }
            let owner = self.owners.get(id).copied();
            let takes_over = place == 0 && named(me) == Some(id.as_str());
            // What a create made whose answer was lost may be taken for the result of another one.
            let is_claimed = |owner: usize| !stored[owner].is_gone && stored[owner].external_id() == Some(id.as_str());
            if owner.is_some_and(|owner| owner != place && is_claimed(owner)) && !takes_over {
                self.broken.get_or_insert(format!("{id} was touched by Team {place}, which is the other one's"));
            }
        }
        self.seen = [provider.created.len(), provider.written.len()];
        let mut harmed = provider.harmed();
        harmed.retain(|id| self.owners.get(id) != Some(&place));
        if let Some(id) = surely_theirs(harmed, look_alikes, [before, &me.intent]) {
            self.broken.get_or_insert(format!("{id} was touched, which is somebody else's"));
        }
    }
}

impl ConfigsEnvironment {
    /// Checks what must be true at all times.
    pub(crate) fn check_invariants(&self) -> Result<(), String> {
        self.provider.bounds.check()?;
        self.ownership.broken.clone().map_or(Ok(()), Err)?;
        for place in 0..2 {
            let Ownership { makers, owners, .. } = &self.ownership;
            let is_of_place = |id: &&String| [makers.get(*id), owners.get(*id)] == [Some(&place); 2];
            let made: Vec<_> = self.provider.teams.keys().filter(is_of_place).collect();
            if made.len() > 1 {
                return Err(format!("Team {place} made {made:?}"));
            }
        }
        Ok(())
    }

    pub(crate) fn check_converged(&self, states: &[Option<State>; 2]) -> Result<(), String> {
        for (place, state) in states.iter().enumerate() {
            let is_open = self.is_open[place];
            if is_open && !self.is_well(place, state.as_ref()) {
                let (spec, id) = (&self.stored[place].resource.spec.name, self.stored[place].external_id());
                return Err(format!("Team {place} with {id:?} and the name {spec} has not converged: {state:?}"));
            }
        }
        let ready = |place: usize| self.stored[place].external_id().filter(|_| states[place] == Some(State::Available));
        let is_shared = ready(0).is_some() && ready(0) == ready(1);
        if is_shared { Err(format!("both are Ready with {:?}", ready(0))) } else { Ok(()) }
    }

    /// Whether one of the Teams is as it should be, or tells truly why not.
    fn is_well(&self, place: usize, state: Option<&State>) -> bool {
        let (me, other) = (&self.stored[place], &self.stored[1 - place]);
        let (name, id) = (&me.resource.spec.name, me.external_id());
        let is_borne = |name: &str| {
            self.provider.teams.iter().any(|(known, team)| team.name == name && Some(known.as_str()) != id)
        };
        if me.is_gone {
            // What the other one claimed was left to it.
            let is_left = |id: &&String| self.ownership.owners.get(*id) == Some(&place);
            // Which of several teams was its own only a person could tell.
            return self.look_alikes.iter().any(|one| self.provider.has(&one.id))
                || !self.provider.teams.keys().any(|id| is_left(&id));
        }
        let gave_up = matches!(state, Some(State::Stalled { .. })) && self.provider.bounds.is_spent();
        match state {
            _ if gave_up => true,
            Some(State::Available) if !me.is_deleted => {
                id.and_then(|id| self.provider.teams.get(id)).is_some_and(|team| team.name == *name)
            }
            Some(State::Stalled { reason: Reason::NameTaken, .. }) if !me.is_deleted => is_borne(name),
            Some(State::Stalled { reason: Reason::AmbiguousCreate, .. }) => {
                me.intent.as_ref().and_then(|intent| intent.name.as_deref()).is_some_and(is_borne)
            }
            // Whether an adopted team is the token's own, the provider does not show.
            Some(State::DeletionBlocked { reason: Reason::OwnTeam, .. }) => {
                let is_made = id.and_then(|id| self.ownership.makers.get(id)) == Some(&place);
                let is_released =
                    id.is_some_and(|id| other.external_id() == Some(id) && inherits(place, &self.stored, id));
                me.is_deleted && (!is_made || named(me) == id) && !is_released
            }
            Some(State::Stalled { reason: Reason::Conflict, .. }) => {
                let claimed = id.or(named(me));
                let by_name = named(other).filter(|_| self.is_open[0]);
                place == 1
                    && !other.is_gone
                    && claimed.is_some()
                    && (other.external_id() == claimed || by_name == claimed)
            }
            Some(State::Stalled { reason: Reason::InvalidPolicy | Reason::ExternalNotFound, .. }) => {
                named(me).is_some() && !me.is_deleted
            }
            _ => false,
        }
    }
}
