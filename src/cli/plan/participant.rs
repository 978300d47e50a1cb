//! One resource of a plan, what would be done for it, and what others of its kind must know of it. No IO.

use std::collections::HashMap;

use crate::api::resource_key::ResourceKey;
use crate::cli::manifest_set::ManifestEntry;
use crate::cli::manifest_set::references::config_of_entry;
use crate::cli::manifests::place::Place;
use crate::plan::State;
use crate::plan::context::{Claimant, OtherTeam};
use crate::plan::managed::Managed;
use crate::plan::simulation::ResourceSimulation;
use crate::plan::step::Step;
use crate::provider::model::ids::TeamId;
use crate::provider::model::member::email_key;

/// What would be done for one resource.
pub(crate) struct SimulatedResource {
    /// Where its manifest is.
    pub(crate) place: Place,
    /// Kind, namespace and name.
    pub(crate) key: ResourceKey,
    /// Applying the manifests with pruning deletes it.
    pub(crate) is_deleted: bool,
    /// The config that it uses.
    pub(crate) config: ResourceKey,
    /// The calls, in order.
    pub(crate) steps: Vec<Step>,
    /// What it would report after them.
    pub(crate) state: State,
}

impl SimulatedResource {
    /// A resource for which nothing is simulated.
    pub(crate) fn unsimulated<T: Managed>(entry: &ManifestEntry<T>, state: State) -> Self {
        let config = config_of_entry(entry);
        let (place, key) = (entry.manifest.place.clone(), entry.key.clone());
        Self { place, key, is_deleted: entry.is_deleted, config, steps: Vec::new(), state }
    }
}

/// A resource that is simulated.
pub(crate) struct Participant<T: Managed> {
    /// Where its manifest is.
    pub(crate) place: Place,
    /// Kind, namespace and name.
    pub(crate) key: ResourceKey,
    /// Applying the manifests with pruning deletes it.
    pub(crate) is_deleted: bool,
    /// The config that it uses.
    pub(crate) config: ResourceKey,
    /// The spec with its references; absent only on deletion.
    pub(crate) resolved: Option<T::Resolved>,
    /// What was done so far.
    pub(crate) simulation: ResourceSimulation<T>,
    /// How the last simulated reconcile ended; absent while one is under way.
    pub(crate) state: Option<State>,
}

impl<T: Managed> Participant<T> {
    /// What came of it.
    pub(crate) fn outcome(self) -> SimulatedResource {
        let Self { place, key, is_deleted, config, resolved: _, simulation, state } = self;
        let steps = simulation.steps().to_vec();
        SimulatedResource { place, key, is_deleted, config, steps, state: state.unwrap_or(State::Available) }
    }
}

/// An external object, by the config that leads to it.
#[derive(Eq, Hash, PartialEq)]
struct ClaimedObject {
    config: ResourceKey,
    id: String,
}

/// A participant by its position; of two that claim one object the first wins.
struct Position {
    at: usize,
    name: String,
}

/// Which participants claim which objects, and which Teams list which people.
pub(crate) struct Others {
    claims: HashMap<ClaimedObject, Position>,
    people: HashMap<String, Vec<ListedBy>>,
}

struct ListedBy {
    at: usize,
    config: ResourceKey,
    team: OtherTeam,
}

impl Others {
    /// What participants of one kind must know of each other.
    pub(crate) fn of<T: Managed>(participants: &[Participant<T>]) -> Self {
        let mut others = Self { claims: HashMap::new(), people: HashMap::new() };
        for (at, participant) in participants.iter().enumerate() {
            if let Some(id) = participant.simulation.external_id() {
                let object = ClaimedObject { config: participant.config.clone(), id: id.to_owned() };
                others.claims.entry(object).or_insert(Position { at, name: participant.key.to_string() });
            }
            if !participant.is_deleted {
                others.add_people(at, participant);
            }
        }
        others
    }

    fn add_people<T: Managed>(&mut self, at: usize, participant: &Participant<T>) {
        let team = participant.simulation.external_id().and_then(TeamId::parse);
        for (email, lists, role) in participant.simulation.resource().people() {
            let team = OtherTeam { team: team.clone(), lists, role };
            let listed = ListedBy { at, config: participant.config.clone(), team };
            self.people.entry(email_key(&email)).or_default().push(listed);
        }
    }

    /// The other participant that claims an object.
    pub(crate) fn claimant(&self, config: &ResourceKey, id: &str, me: usize) -> Option<Claimant> {
        let Position { at, name } = self.claims.get(&ClaimedObject { config: config.clone(), id: id.to_owned() })?;
        (*at != me).then(|| Claimant { name: name.clone(), wins: *at < me })
    }

    /// The other Teams of the account that list a person, or listed one.
    pub(crate) fn other_teams(&self, config: &ResourceKey, email: &str, me: usize) -> Vec<OtherTeam> {
        let all = self.people.get(email).into_iter().flatten();
        all.filter(|listed| listed.at != me && listed.config == *config).map(|listed| listed.team.clone()).collect()
    }
}
