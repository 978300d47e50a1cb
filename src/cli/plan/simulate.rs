//! Rehearsing resource after resource, kind after kind, as the operator would come to them.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::api::reason::Reason;
use crate::cli::manifest_set::references::{Lack, config_name};
use crate::cli::manifest_set::{ConfigName, ManifestEntry, ManifestSet, Name};
use crate::cli::manifests::Place;
use crate::cli::plan::accounts::OpenAccounts;
use crate::cli::plan::previous::Previous;
use crate::inventory::collection::Collection;
use crate::plan::context::Claimant;
use crate::plan::managed::{Deletion, Managed, ResolvedRefs};
use crate::plan::mention::{Mention, OtherMention};
use crate::plan::simulation::{ResourceSimulation, SimulationContext};
use crate::plan::state::State;
use crate::plan::step::Step;
use crate::provider::model::ids::TeamId;
use crate::provider::request::Host;

/// So many visits of each resource are enough for everything that only time brings on.
const VISITS: usize = 12;

/// What would be done for one resource.
pub(crate) struct SimulatedResource {
    pub(crate) place: Place,
    pub(crate) kind: String,
    pub(crate) name: Name,
    pub(crate) is_deleted: bool,
    pub(crate) config: ConfigName,
    pub(crate) steps: Vec<Step>,
    pub(crate) state: State,
}

/// What the rehearsals share.
pub(crate) struct Simulation<'a> {
    set: &'a ManifestSet,
    pub(crate) accounts: OpenAccounts,
    not_before: Timestamp,
    pub(crate) now: Timestamp,
    /// The teams that Team resources stand for, once they have been rehearsed, and whether these would be Ready.
    pub(crate) teams: BTreeMap<Name, Option<(TeamId, bool)>>,
    /// The status of resources that were applied before, by kind and name.
    pub(crate) previous: BTreeMap<(String, Name), Previous>,
    serial: usize,
    pub(crate) outcomes: Vec<SimulatedResource>,
}

/// A resource that can be rehearsed.
pub(crate) struct Participant<T: Managed> {
    place: Place,
    pub(crate) name: Name,
    is_deleted: bool,
    config: ConfigName,
    resolved: Option<T::Resolved>,
    pub(crate) simulation: ResourceSimulation<T>,
    state: Option<State>,
}

/// Who claims an object, by config and id, in the order of the manifests.
type Claims = HashMap<(ConfigName, String), (usize, String)>;
/// Which resources mention a subject, by their place among the manifests.
type Mentions = HashMap<String, Vec<(usize, ConfigName, OtherMention)>>;

impl<'a> Simulation<'a> {
    pub(crate) fn new(set: &'a ManifestSet, accounts: OpenAccounts) -> Self {
        let now = Timestamp::now();
        let (teams, previous, outcomes) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        Self { set, accounts, not_before: now, now, teams, previous, serial: 0, outcomes }
    }

    /// The host and port of an outcome's call.
    pub(crate) fn authority(&self, config: &ConfigName, host: Host) -> String {
        self.accounts.known.get(config).map(|account| account.reader.authority(host)).unwrap_or_default()
    }

    /// Rehearses the resources of one kind, those that live or those that go.
    ///
    /// # Errors
    /// A read that failed.
    pub(crate) async fn simulate<T: Managed>(
        &mut self,
        entries: &[ManifestEntry<T>],
        deleted: bool,
    ) -> Result<(), String> {
        let mut participants = Vec::new();
        for entry in entries.iter().filter(|entry| entry.is_deleted == deleted) {
            match self.participant(self.set, entry) {
                Ok(participant) => participants.push(participant),
                Err(state) => self.outcomes.push(outcome(entry, state)),
            }
        }
        self.simulate_all(&mut participants).await?;
        self.outcomes.extend(participants.into_iter().map(Participant::outcome));
        Ok(())
    }

    /// Visits resources of one kind until nothing more comes of it.
    ///
    /// # Errors
    /// A read that failed.
    pub(crate) async fn simulate_all<T: Managed>(&mut self, participants: &mut [Participant<T>]) -> Result<(), String> {
        for _ in 0..VISITS {
            let before: usize = participants.iter().map(|participant| participant.simulation.steps().len()).sum();
            self.reconcile_once(participants).await?;
            let due = participants.iter().filter_map(|participant| match &participant.state {
                Some(State::Waiting { until, .. }) => *until,
                _ => None,
            });
            let after: usize = participants.iter().map(|participant| participant.simulation.steps().len()).sum();
            match due.min() {
                Some(due) => self.now = self.now.max(due) + SignedDuration::from_millis(1),
                None if after == before => break,
                None => {}
            }
        }
        Ok(())
    }

    /// One reconcile_once of each: what they need is read for all of them together.
    async fn reconcile_once<T: Managed>(&mut self, participants: &mut [Participant<T>]) -> Result<(), String> {
        let (claims, mentions) = (claims(participants), mentions(participants));
        for participant in participants.iter_mut() {
            participant.state = None;
        }
        loop {
            let mut needed = BTreeMap::<ConfigName, HashSet<Collection>>::new();
            for (at, participant) in
                participants.iter_mut().enumerate().filter(|(_, participant)| participant.state.is_none())
            {
                let Some(account) = self.accounts.known.get_mut(&participant.config) else { continue };
                let config = &participant.config;
                let claimed_by = |id: &str| {
                    let (other, name) = claims.get(&(config.clone(), id.to_owned()))?;
                    (*other != at).then(|| Claimant { name: name.clone(), wins: *other < at })
                };
                let other_mentions = |subject: &str| {
                    let all = mentions.get(subject).into_iter().flatten();
                    let others = all.filter(|(other, theirs, _)| *other != at && theirs == config);
                    others.map(|(_, _, mention)| mention.clone()).collect()
                };
                let (not_before, now, read_lag) = (self.not_before, self.now, account.read_lag);
                let (claimed_by, other_mentions) = (&claimed_by, &other_mentions);
                let context = SimulationContext { not_before, now, read_lag, claimed_by, other_mentions };
                match participant.simulation.advance(participant.resolved.as_ref(), &context, &mut account.inventory) {
                    Ok(state) => participant.state = Some(state),
                    Err(need) => drop(needed.entry(participant.config.clone()).or_default().insert(need.collection)),
                }
            }
            if needed.is_empty() {
                break;
            }
            for (config, collections) in needed {
                if let Some(account) = self.accounts.known.get_mut(&config) {
                    account.read(collections, self.now).await?;
                }
            }
        }
        for participant in participants.iter().filter(|_| T::kind(&()) == "Team") {
            let is_ready = matches!(participant.state, Some(State::Available | State::Drifted(_)));
            let id = participant.simulation.external_id().and_then(TeamId::parse);
            self.teams.insert(participant.name.clone(), id.map(|id| (id, is_ready)));
        }
        Ok(())
    }

    /// Looks up what a resource refers to, as the operator does.
    pub(crate) fn participant<T: Managed>(
        &mut self,
        among: &ManifestSet,
        entry: &ManifestEntry<T>,
    ) -> Result<Participant<T>, State> {
        let config = config_name(entry);
        among.config_of(entry)?;
        if let Some(why) = self.accounts.unknown.get(&config) {
            return Err(State::Stalled { reason: Reason::SecretNotFound, message: why.clone() });
        }
        if entry.resource.policies().suspend || (entry.is_deleted && entry.resource.deletion() == Deletion::Orphan) {
            return Err(State::Available);
        }
        let resource = self.remembered(entry);
        let is_bound = resource.status().is_some_and(|status| status.common.external_id.is_some());
        let resolved = match self.found(among, entry, is_bound).and_then(|found| entry.resource.resolve(&found)) {
            Ok(resolved) => Some(resolved),
            Err(_) if entry.is_deleted => None,
            Err(state) => return Err(state),
        };
        self.serial += 1;
        let simulation = ResourceSimulation::new(resource, entry.is_deleted, self.serial)
            .map_err(|error| State::Stalled { reason: Reason::InvalidPolicy, message: error.to_string() })?;
        let (place, name) = (entry.manifest.place.clone(), entry.name.clone());
        Ok(Participant { place, name, is_deleted: entry.is_deleted, config, resolved, simulation, state: None })
    }

    fn found<T: Managed>(
        &self,
        among: &ManifestSet,
        entry: &ManifestEntry<T>,
        is_bound: bool,
    ) -> Result<ResolvedRefs, State> {
        let namespace = &entry.name.0;
        // What is bound to a team goes on while the Team has trouble of its own.
        let usable = |(id, is_ready): &(TeamId, bool)| (*is_ready || is_bound).then(|| id.clone());
        let team = |name: &str| {
            let known = self.teams.get(&(namespace.clone(), name.to_owned()))?;
            Some(known.as_ref().and_then(usable))
        };
        among.found(entry, team).map_err(|unresolved| stalled(&unresolved))
    }
}

impl<T: Managed> Participant<T> {
    fn outcome(self) -> SimulatedResource {
        SimulatedResource {
            place: self.place,
            kind: T::kind(&()).into_owned(),
            name: self.name,
            is_deleted: self.is_deleted,
            config: self.config,
            steps: self.simulation.steps().to_vec(),
            state: self.state.unwrap_or(State::Available),
        }
    }
}

/// All that a resource lacks, under the first reason.
fn stalled(unresolved: &[Lack]) -> State {
    let messages: Vec<_> =
        unresolved.iter().map(|unresolved_reference| unresolved_reference.message.as_str()).collect();
    let reason =
        unresolved.first().map_or(Reason::ReferenceNotFound, |unresolved_reference| unresolved_reference.reason);
    State::Stalled { reason, message: messages.join("; ") }
}

/// A resource for which nothing is rehearsed.
fn outcome<T: Managed>(entry: &ManifestEntry<T>, state: State) -> SimulatedResource {
    SimulatedResource {
        place: entry.manifest.place.clone(),
        kind: T::kind(&()).into_owned(),
        name: entry.name.clone(),
        is_deleted: entry.is_deleted,
        config: config_name(entry),
        steps: Vec::new(),
        state,
    }
}

fn claims<T: Managed>(participants: &[Participant<T>]) -> Claims {
    let mut claims = Claims::new();
    for (at, participant) in participants.iter().enumerate() {
        if let Some(id) = participant.simulation.external_id() {
            let name = format!("{}/{}", participant.name.0, participant.name.1);
            claims.entry((participant.config.clone(), id.to_owned())).or_insert((at, name));
        }
    }
    claims
}

fn mentions<T: Managed>(participants: &[Participant<T>]) -> Mentions {
    let mut mentions = Mentions::new();
    for (at, participant) in participants.iter().enumerate().filter(|(_, participant)| !participant.is_deleted) {
        let external_id = participant.simulation.external_id().map(str::to_owned);
        for Mention { subject, is_wanted, role } in participant.simulation.resource().mentions() {
            let mention = OtherMention { external_id: external_id.clone(), is_wanted, role };
            mentions.entry(subject).or_default().push((at, participant.config.clone(), mention));
        }
    }
    mentions
}
