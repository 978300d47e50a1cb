//! One resource of a plan, what would be done for it, and what others of its kind must know of it. No IO.

use std::collections::HashMap;

use crate::api::resource_key::ResourceKey;
use crate::cli::manifest_set::ManifestEntry;
use crate::cli::manifest_set::references::config_of_entry;
use crate::cli::manifests::place::Place;
use crate::cli::plan::unknown::{Dependence, UnknownValue, awaits_code, dependences};
use crate::plan::context::Claimant;
use crate::plan::managed::Managed;
use crate::plan::mention::{Mention, OtherMention};
use crate::plan::references::ReferredTeam;
use crate::plan::simulation::ResourceSimulation;
use crate::plan::state::State;
use crate::plan::step::Step;
use crate::provider::model::ids::TeamId;

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
    /// Its object is presumed to be the one that bears its name.
    pub(crate) is_presumed: bool,
    /// The calls, in order.
    pub(crate) steps: Vec<Step>,
    /// What it would report after them.
    pub(crate) state: State,
    /// What is known only when the manifests are applied.
    pub(crate) unknown: Vec<Dependence>,
}

impl SimulatedResource {
    /// A resource for which nothing is simulated.
    pub(crate) fn unsimulated<T: Managed>(entry: &ManifestEntry<T>, state: State) -> Self {
        let config = config_of_entry(entry);
        let (place, key) = (entry.manifest.place.clone(), entry.key.clone());
        let (is_presumed, steps, unknown) = (false, Vec::new(), Vec::new());
        Self { place, key, is_deleted: entry.is_deleted, config, is_presumed, steps, state, unknown }
    }

    /// The same, with what depends on these values; `awaits_code`: it would wait for a code.
    pub(crate) fn depending_on(self, unknown: &[UnknownValue], awaits_code: bool) -> Self {
        Self { unknown: dependences(unknown, &self.steps, &self.state, awaits_code), ..self }
    }
}

/// A resource that is simulated.
pub(crate) struct Participant<T: Managed> {
    /// What becomes its result: steps and state are set at the end.
    pub(crate) result: SimulatedResource,
    /// The spec with its references; absent only on deletion.
    pub(crate) resolved: Option<T::Resolved>,
    /// The steps so far.
    pub(crate) simulation: ResourceSimulation<T>,
    /// How the last simulated reconcile ended; absent while one is in progress.
    pub(crate) state: Option<State>,
    /// The values of Secrets that it refers to and that are not known.
    pub(crate) unknown: Vec<UnknownValue>,
    /// It is there only for what the others must know of it: nothing is simulated for it.
    pub(crate) is_beside: bool,
}

impl<T: Managed> Participant<T> {
    /// The same, of which only the others must know.
    pub(crate) fn beside(self) -> Self {
        Self { state: Some(State::Available), is_beside: true, ..self }
    }

    /// What others know of it if it is a Team.
    pub(crate) fn as_team(&self) -> ReferredTeam {
        let is_ready = if self.is_beside {
            self.simulation.resource().is_ready_for_generation()
        } else {
            matches!(self.state, Some(State::Available | State::Drifted(_)))
        };
        ReferredTeam { id: self.simulation.external_id().and_then(TeamId::parse), is_ready }
    }

    /// The result of its simulation.
    pub(crate) fn finished(self) -> SimulatedResource {
        let Self { result, resolved: _, simulation, state, unknown, is_beside: _ } = self;
        let (steps, awaits_code) = (simulation.steps().to_vec(), awaits_code(simulation.resource()));
        let simulated = SimulatedResource { steps, state: state.unwrap_or(State::Available), ..result };
        simulated.depending_on(&unknown, awaits_code)
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
    is_living: bool,
}

/// Which participants claim which objects, and which name which subjects.
pub(crate) struct Others {
    claims: HashMap<ClaimedObject, Vec<Position>>,
    mentions: HashMap<String, Vec<MentionedBy>>,
}

struct MentionedBy {
    at: usize,
    config: ResourceKey,
    mention: OtherMention,
}

impl Others {
    /// What participants of one kind must know of each other.
    pub(crate) fn of<T: Managed>(participants: &[Participant<T>]) -> Self {
        let mut others = Self { claims: HashMap::new(), mentions: HashMap::new() };
        for (at, participant) in participants.iter().enumerate() {
            if let Some(id) = participant.simulation.external_id() {
                let object = ClaimedObject { config: participant.result.config.clone(), id: id.to_owned() };
                let (name, is_living) = (participant.result.key.to_string(), !participant.result.is_deleted);
                others.claims.entry(object).or_default().push(Position { at, name, is_living });
            }
            if !participant.result.is_deleted {
                others.add_mentions(at, participant);
            }
        }
        others
    }

    fn add_mentions<T: Managed>(&mut self, at: usize, participant: &Participant<T>) {
        let external_id = participant.simulation.external_id().map(str::to_owned);
        let name = participant.result.key.to_string();
        for Mention { subject, is_wanted, role, customer_id, is_passive } in
            participant.simulation.resource().mentions()
        {
            let (name, external_id) = (name.clone(), external_id.clone());
            let mention = OtherMention { name, external_id, is_wanted, role, customer_id, is_passive };
            let by = MentionedBy { at, config: participant.result.config.clone(), mention };
            self.mentions.entry(subject).or_default().push(by);
        }
    }

    /// The other participant that claims an object.
    pub(crate) fn claimant(&self, config: &ResourceKey, id: &str, me: usize) -> Option<Claimant> {
        let object = ClaimedObject { config: config.clone(), id: id.to_owned() };
        let others = || self.claims.get(&object).into_iter().flatten().filter(|other| other.at != me);
        let heir = others().find(|other| other.at < me || other.is_living).or_else(|| others().next())?;
        Some(Claimant { name: heir.name.clone(), wins: heir.at < me, is_living: heir.is_living })
    }

    /// What other participants of the account say of a subject.
    pub(crate) fn mentions(&self, config: &ResourceKey, subject: &str, me: usize) -> Vec<OtherMention> {
        let all = self.mentions.get(subject).into_iter().flatten();
        all.filter(|by| by.at != me && by.config == *config).map(|by| by.mention.clone()).collect()
    }
}
