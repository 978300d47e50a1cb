//! Rehearsing resource after resource, kind after kind, as the operator would come to them.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::cli::manifest_set::references::{Lack, config_name};
use crate::cli::manifest_set::{ConfigName, Entry, Name, Organisation};
use crate::cli::manifests::Place;
use crate::cli::plan::accounts::Accounts;
use crate::cli::plan::previous::Recalled;
use crate::inventory::collection::Collection;
use crate::plan::State;
use crate::plan::context::{Claimant, Neighbour};
use crate::plan::managed::{Deletion, Found, Managed};
use crate::plan::simulation::{Around, Rehearsal};
use crate::plan::step::Step;
use crate::provider::model::ids::TeamId;
use crate::provider::model::member::email_key;

/// So many visits of each resource are enough for everything that only time brings on.
const VISITS: usize = 12;

/// What would be done for one resource.
pub(crate) struct Outcome {
    pub(crate) place: Place,
    pub(crate) kind: String,
    pub(crate) name: Name,
    pub(crate) is_deleted: bool,
    pub(crate) config: ConfigName,
    pub(crate) steps: Vec<Step>,
    pub(crate) state: State,
}

/// What the rehearsals share.
pub(crate) struct Stage<'a> {
    organisation: &'a Organisation,
    pub(crate) accounts: Accounts,
    since: Timestamp,
    pub(crate) now: Timestamp,
    /// The teams that Team resources stand for, once they have been rehearsed, and whether these would be Ready.
    pub(crate) teams: BTreeMap<Name, Option<(TeamId, bool)>>,
    /// The status of resources that were applied before, by kind and name.
    pub(crate) recalled: BTreeMap<(String, Name), Recalled>,
    serial: usize,
    pub(crate) outcomes: Vec<Outcome>,
}

/// A resource that can be rehearsed.
pub(crate) struct Part<T: Managed> {
    place: Place,
    pub(crate) name: Name,
    is_deleted: bool,
    config: ConfigName,
    desired: Option<T::Desired>,
    pub(crate) rehearsal: Rehearsal<T>,
    state: Option<State>,
}

/// Who claims an object, by config and id, in the order of the manifests.
type Claims = HashMap<(ConfigName, String), (usize, String)>;
/// Who lists a person, or listed one, by e-mail.
type People = HashMap<String, Vec<(usize, ConfigName, Neighbour)>>;

impl<'a> Stage<'a> {
    pub(crate) fn new(organisation: &'a Organisation, accounts: Accounts) -> Self {
        let now = Timestamp::now();
        let (teams, recalled, outcomes) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        Self { organisation, accounts, since: now, now, teams, recalled, serial: 0, outcomes }
    }

    /// The host and port of an outcome's call.
    pub(crate) fn authority(&self, config: &ConfigName, host: crate::provider::request::Host) -> String {
        self.accounts.known.get(config).map(|account| account.reader.authority(host)).unwrap_or_default()
    }

    /// Rehearses the resources of one kind, those that live or those that go.
    ///
    /// # Errors
    /// A read that failed.
    pub(crate) async fn play<T: Managed>(&mut self, entries: &[Entry<T>], deleted: bool) -> Result<(), String> {
        let mut parts = Vec::new();
        for entry in entries.iter().filter(|entry| entry.is_deleted == deleted) {
            match self.part(self.organisation, entry) {
                Ok(part) => parts.push(part),
                Err(state) => self.outcomes.push(outcome(entry, state)),
            }
        }
        self.rehearse(&mut parts).await?;
        self.outcomes.extend(parts.into_iter().map(Part::outcome));
        Ok(())
    }

    /// Visits resources of one kind until nothing more comes of it.
    ///
    /// # Errors
    /// A read that failed.
    pub(crate) async fn rehearse<T: Managed>(&mut self, parts: &mut [Part<T>]) -> Result<(), String> {
        for _ in 0..VISITS {
            let before: usize = parts.iter().map(|part| part.rehearsal.steps().len()).sum();
            self.visit(parts).await?;
            let due = parts.iter().filter_map(|part| match &part.state {
                Some(State::Waiting { until, .. }) => *until,
                _ => None,
            });
            let after: usize = parts.iter().map(|part| part.rehearsal.steps().len()).sum();
            match due.min() {
                Some(due) => self.now = self.now.max(due) + SignedDuration::from_millis(1),
                None if after == before => break,
                None => {}
            }
        }
        Ok(())
    }

    /// One visit of each: what they need is read for all of them together.
    async fn visit<T: Managed>(&mut self, parts: &mut [Part<T>]) -> Result<(), String> {
        let (claims, people) = (claims(parts), people(parts));
        for part in parts.iter_mut() {
            part.state = None;
        }
        loop {
            let mut needed = BTreeMap::<ConfigName, HashSet<Collection>>::new();
            for (at, part) in parts.iter_mut().enumerate().filter(|(_, part)| part.state.is_none()) {
                let Some(account) = self.accounts.known.get_mut(&part.config) else { continue };
                let config = &part.config;
                let claimed_by = |id: &str| {
                    let (other, name) = claims.get(&(config.clone(), id.to_owned()))?;
                    (*other != at).then(|| Claimant { name: name.clone(), wins: *other < at })
                };
                let neighbours = |email: &str| {
                    let all = people.get(email).into_iter().flatten();
                    let others = all.filter(|(other, theirs, _)| *other != at && theirs == config);
                    others.map(|(_, _, neighbour)| neighbour.clone()).collect()
                };
                let (since, now, read_lag) = (self.since, self.now, account.read_lag);
                let around = Around { since, now, read_lag, claimed_by: &claimed_by, neighbours: &neighbours };
                match part.rehearsal.go_on(part.desired.as_ref(), &around, &mut account.inventory) {
                    Ok(state) => part.state = Some(state),
                    Err(need) => drop(needed.entry(part.config.clone()).or_default().insert(need.collection)),
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
        for part in parts.iter().filter(|_| T::kind(&()) == "Team") {
            let is_ready = matches!(part.state, Some(State::Available | State::Drifted(_)));
            let id = part.rehearsal.external_id().and_then(TeamId::parse);
            self.teams.insert(part.name.clone(), id.map(|id| (id, is_ready)));
        }
        Ok(())
    }

    /// Looks up what a resource refers to, as the operator does.
    pub(crate) fn part<T: Managed>(&mut self, among: &Organisation, entry: &Entry<T>) -> Result<Part<T>, State> {
        let config = config_name(entry);
        among.config_of(entry)?;
        if let Some(why) = self.accounts.unknown.get(&config) {
            return Err(State::Stalled { reason: "SecretNotFound", message: why.clone() });
        }
        if entry.resource.policies().suspend || (entry.is_deleted && entry.resource.deletion() == Deletion::Orphan) {
            return Err(State::Available);
        }
        let resource = self.remembered(entry);
        let is_bound = resource.status().is_some_and(|status| status.common.external_id.is_some());
        let desired = match self.found(among, entry, is_bound).and_then(|found| entry.resource.desired(&found)) {
            Ok(desired) => Some(desired),
            Err(_) if entry.is_deleted => None,
            Err(state) => return Err(state),
        };
        self.serial += 1;
        let rehearsal = Rehearsal::new(resource, entry.is_deleted, self.serial)
            .map_err(|error| State::Stalled { reason: "InvalidPolicy", message: error.to_string() })?;
        let (place, name) = (entry.manifest.place.clone(), entry.name.clone());
        Ok(Part { place, name, is_deleted: entry.is_deleted, config, desired, rehearsal, state: None })
    }

    fn found<T: Managed>(&self, among: &Organisation, entry: &Entry<T>, is_bound: bool) -> Result<Found, State> {
        let namespace = &entry.name.0;
        // What is bound to a team goes on while the Team has trouble of its own.
        let usable = |(id, is_ready): &(TeamId, bool)| (*is_ready || is_bound).then(|| id.clone());
        let team = |name: &str| {
            let known = self.teams.get(&(namespace.clone(), name.to_owned()))?;
            Some(known.as_ref().and_then(usable))
        };
        among.found(entry, team).map_err(|lacking| stalled(&lacking))
    }
}

impl<T: Managed> Part<T> {
    fn outcome(self) -> Outcome {
        Outcome {
            place: self.place,
            kind: T::kind(&()).into_owned(),
            name: self.name,
            is_deleted: self.is_deleted,
            config: self.config,
            steps: self.rehearsal.steps().to_vec(),
            state: self.state.unwrap_or(State::Available),
        }
    }
}

/// All that a resource lacks, under the first reason.
fn stalled(lacking: &[Lack]) -> State {
    let messages: Vec<_> = lacking.iter().map(|lack| lack.message.as_str()).collect();
    let reason = lacking.first().map_or("ReferenceNotFound", |lack| lack.reason);
    State::Stalled { reason, message: messages.join("; ") }
}

/// A resource for which nothing is rehearsed.
fn outcome<T: Managed>(entry: &Entry<T>, state: State) -> Outcome {
    Outcome {
        place: entry.manifest.place.clone(),
        kind: T::kind(&()).into_owned(),
        name: entry.name.clone(),
        is_deleted: entry.is_deleted,
        config: config_name(entry),
        steps: Vec::new(),
        state,
    }
}

fn claims<T: Managed>(parts: &[Part<T>]) -> Claims {
    let mut claims = Claims::new();
    for (at, part) in parts.iter().enumerate() {
        if let Some(id) = part.rehearsal.external_id() {
            let name = format!("{}/{}", part.name.0, part.name.1);
            claims.entry((part.config.clone(), id.to_owned())).or_insert((at, name));
        }
    }
    claims
}

fn people<T: Managed>(parts: &[Part<T>]) -> People {
    let mut people = People::new();
    for (at, part) in parts.iter().enumerate().filter(|(_, part)| !part.is_deleted) {
        let team = part.rehearsal.external_id().and_then(TeamId::parse);
        for (email, lists, role) in part.rehearsal.resource().people() {
            let neighbour = Neighbour { team: team.clone(), lists, role };
            people.entry(email_key(&email)).or_default().push((at, part.config.clone(), neighbour));
        }
    }
    people
}
