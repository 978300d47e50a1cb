//! Simulating resource after resource, kind after kind, as the operator would reconcile them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::api::approval::ConfigApprovals;
use crate::api::kinds::Kind;
use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::cli::manifest_set::references::config_of_entry;
use crate::cli::manifest_set::{ManifestEntry, ManifestSet, with_entries};
use crate::cli::plan::accounts::OpenAccounts;
use crate::cli::plan::moves::Move;
use crate::cli::plan::others::{Asking, Others};
use crate::cli::plan::participant::{Participant, SimulatedResource};
use crate::cli::plan::recorded::Previous;
use crate::cli::plan::unknown::{PreviousSpecs, unknown_values, without_record};
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::plan::managed::Managed;
use crate::plan::references::{ReferredTeam, ResolvedRefs, UnresolvedReference};
use crate::plan::scope::Scope;
use crate::plan::simulation::{ResourceSimulation, SimulationContext};
use crate::plan::state::State;
use crate::provider::request::Host;

/// The most simulated reconciles of a resource: enough for everything that only waits for time to pass.
const MAX_RECONCILES: usize = 12;

/// All resources of a plan.
pub(crate) struct Simulation<'a> {
    /// The manifests that are planned.
    pub(crate) set: &'a ManifestSet,
    /// What is known of each account.
    pub(crate) accounts: OpenAccounts,
    /// When the simulation began.
    pub(crate) not_before: Timestamp,
    /// The simulated time.
    pub(crate) now: Timestamp,
    /// The teams of the Team resources that were simulated.
    pub(crate) teams: BTreeMap<ResourceKey, ReferredTeam>,
    /// What is recorded of resources that were applied before.
    pub(crate) previous: BTreeMap<ResourceKey, Previous>,
    /// The specs of the previous manifests that refer to Secrets.
    pub(crate) previous_specs: PreviousSpecs,
    /// The resources whose object is presumed to be the one that bears their name.
    pub(crate) presumed: BTreeSet<ResourceKey>,
    /// The resources that are not looked at, because nothing of them changes.
    pub(crate) unchanged: BTreeSet<ResourceKey>,
    /// How many of them were not looked at: what a resource refers to may change.
    pub(crate) not_looked_at: usize,
    /// The resources that only the cluster has: nothing is planned for them.
    pub(crate) elsewhere: BTreeSet<ResourceKey>,
    /// The resources that have another name now.
    pub(crate) moves: Vec<Move>,
    /// What the resources that are not deleted claim, by kind, for those that are.
    living: BTreeMap<Kind, Arc<Others>>,
    serial: usize,
    /// What would be done, in the order in which it was simulated.
    pub(crate) outcomes: Vec<SimulatedResource>,
}

impl<'a> Simulation<'a> {
    /// A simulation in which nothing is simulated yet.
    pub(crate) fn new(set: &'a ManifestSet, accounts: OpenAccounts) -> Self {
        let now = Timestamp::now();
        let (teams, previous, outcomes) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        Self {
            set,
            accounts,
            not_before: now,
            now,
            teams,
            previous,
            previous_specs: PreviousSpecs::default(),
            presumed: BTreeSet::new(),
            unchanged: BTreeSet::new(),
            elsewhere: BTreeSet::new(),
            not_looked_at: 0,
            moves: Vec::new(),
            living: BTreeMap::new(),
            serial: 0,
            outcomes,
        }
    }

    /// The host and port of an outcome's call.
    pub(crate) fn authority(&self, config: &ResourceKey, host: Host) -> String {
        self.accounts.of(config).map(|account| account.reader.authority(host)).unwrap_or_default()
    }

    /// Simulates kind after kind: what others refer to comes first, and is deleted last.
    ///
    /// # Errors
    /// A read that failed.
    pub(crate) async fn simulate(&mut self) -> Result<(), String> {
        let set = self.set;
        for kind in Kind::ALL {
            with_entries!(kind in set, entries => self.simulate_entries(entries, false).await?);
        }
        for kind in Kind::ALL.iter().rev() {
            with_entries!(kind in set, entries => self.simulate_entries(entries, true).await?);
        }
        Ok(())
    }

    async fn simulate_entries<T: Managed>(
        &mut self,
        entries: &[ManifestEntry<T>],
        deleted: bool,
    ) -> Result<(), String> {
        let mut participants = if deleted { Vec::new() } else { self.ending(entries) };
        for entry in entries.iter().filter(|entry| entry.is_deleted == deleted) {
            let is_elsewhere = self.elsewhere.contains(&entry.key);
            if is_elsewhere || self.is_beside(entry) {
                self.not_looked_at += usize::from(!is_elsewhere);
                participants.extend(self.beside(entry));
                continue;
            }
            match self.participant(self.set, entry, false) {
                Ok(participant) => participants.push(participant),
                Err(state) => {
                    let unknown = unknown_values(self.set, &self.previous_specs, entry);
                    self.outcomes.push(SimulatedResource::unsimulated(entry, state).depending_on(&unknown, false));
                    // What it has and says counts for the others all the same.
                    participants.extend(self.beside(entry));
                }
            }
        }
        if !deleted {
            self.take_over(&mut participants);
        }
        self.run(&mut participants).await?;
        if !deleted {
            self.find_moves(&participants);
            participants.retain(|participant| !participant.result.is_deleted);
            self.living.insert(T::KIND, Arc::new(Others::of(&participants, None)));
        }
        let looked_at = participants.into_iter().filter(|participant| !participant.is_beside);
        self.outcomes.extend(looked_at.map(Participant::finished));
        Ok(())
    }

    /// Simulates reconciles of resources of one kind until no step and no pause follows.
    ///
    /// # Errors
    /// A read that failed.
    pub(crate) async fn run<T: Managed>(&mut self, participants: &mut [Participant<T>]) -> Result<(), String> {
        for _ in 0..MAX_RECONCILES {
            let before: usize = participants.iter().map(|participant| participant.simulation.steps().len()).sum();
            self.reconcile_once(participants).await?;
            let due = participants.iter().filter_map(|participant| match &participant.state {
                Some(State::Waiting { until, .. }) => *until,
                _ => None,
            });
            let after: usize = participants.iter().map(|participant| participant.simulation.steps().len()).sum();
            match due.min() {
                Some(due) => {
                    let due = self.now.max(due);
                    self.now = due.saturating_add(SignedDuration::from_millis(1)).unwrap_or(due);
                }
                None if after == before => break,
                None => {}
            }
        }
        Ok(())
    }

    /// One simulated reconcile of each: what they need is read for all of them together.
    async fn reconcile_once<T: Managed>(&mut self, participants: &mut [Participant<T>]) -> Result<(), String> {
        let others = Others::of(participants, self.living.get(&T::KIND).cloned());
        for participant in participants.iter_mut().filter(|participant| !participant.is_beside) {
            participant.state = None;
        }
        loop {
            let needed = self.visit(participants, &others, |participant, context, inventory| {
                let resolved = participant.resolved.as_ref();
                participant.state = Some(participant.simulation.advance(resolved, context, inventory)?);
                Ok(())
            });
            if needed.is_empty() {
                break;
            }
            self.read(needed).await?;
        }
        let is_there = |one: &&Participant<T>| !(one.is_beside && one.result.is_deleted);
        for participant in participants.iter().filter(is_there).filter(|_| T::KIND == Kind::Team) {
            self.teams.insert(participant.result.key.clone(), participant.as_team());
        }
        Ok(())
    }

    /// Reads what is needed, by account.
    ///
    /// # Errors
    /// A read that failed.
    pub(crate) async fn read(&mut self, needed: BTreeMap<ResourceKey, HashSet<Collection>>) -> Result<(), String> {
        for (account, collections) in needed {
            if let Some(account) = self.accounts.known.get_mut(&account) {
                account.read(collections, self.now).await?;
            }
        }
        Ok(())
    }

    /// Visits every participant whose reconcile has not ended; returns what must be read before they are visited again.
    pub(crate) fn visit<T: Managed>(
        &mut self,
        participants: &mut [Participant<T>],
        others: &Others,
        mut visit: impl FnMut(&mut Participant<T>, &SimulationContext, &mut Inventory) -> Result<(), Need>,
    ) -> BTreeMap<ResourceKey, HashSet<Collection>> {
        let mut needed = BTreeMap::<_, HashSet<_>>::new();
        for participant in participants.iter_mut().filter(|participant| participant.state.is_none()) {
            let asking = Asking::of(participant);
            let Some(account) = self.accounts.known.get_mut(&participant.account) else { continue };
            let claimed_by = |id: &str| others.claimant(id, &asking);
            let other_mentions = |subject: &str| others.mentions(subject, &asking);
            let (not_before, now, read_lag) = (self.not_before, self.now, account.read_lag);
            let (claimed_by, other_mentions) = (&claimed_by, &other_mentions);
            let context = SimulationContext { not_before, now, read_lag, claimed_by, other_mentions };
            if let Err(need) = visit(participant, &context, &mut account.inventory) {
                needed.entry(participant.account.clone()).or_default().insert(need.collection);
            }
        }
        needed
    }

    /// Resolves what a resource refers to, as the operator does. `was_applied`: it has what it refers to already.
    pub(crate) fn participant<T: Managed>(
        &mut self,
        among: &ManifestSet,
        entry: &ManifestEntry<T>,
        was_applied: bool,
    ) -> Result<Participant<T>, State> {
        let config = among.config_of(entry).map_err(|unresolved| stalled(&[unresolved]))?;
        if let Some(unusable) = self.accounts.unusable.get(&config_of_entry(entry)) {
            return Err(State::stalled(unusable.reason, &unusable.message));
        }
        let resource = self.with_previous_status(entry);
        let is_bound = was_applied || resource.status().is_some_and(|status| status.common.external_id.is_some());
        self.serial += 1;
        // What was applied was approved, or needed it not.
        let approvals = if was_applied { ConfigApprovals::default() } else { config.view.approvals() };
        let simulation = ResourceSimulation::new(resource, entry.is_deleted, self.serial, &approvals)
            .map_err(|error| State::Stalled { reason: Reason::InvalidPolicy, message: error.to_string() })?;
        if simulation.scope() != Scope::Provider && !(was_applied && simulation.scope() == Scope::Suspended) {
            let unknown = unknown_values(among, &self.previous_specs, entry);
            return Err(without_record(&unknown, simulation.scope_of_object() == Scope::Provider));
        }
        let resolved = match self.resolve(among, entry, is_bound).and_then(|refs| entry.resource.resolve(&refs)) {
            Ok(resolved) => Some(resolved),
            Err(_) if entry.is_deleted => None,
            Err(state) => return Err(state),
        };
        let is_presumed = self.presumed.contains(&entry.key);
        let result = SimulatedResource { is_presumed, ..SimulatedResource::unsimulated(entry, State::Available) };
        let unknown = unknown_values(among, &self.previous_specs, entry);
        let account = self.accounts.first.get(&result.config).unwrap_or(&result.config).clone();
        let (created, order, state, is_beside, heir) = (self.created(entry), self.serial, None, false, None);
        Ok(Participant { result, resolved, simulation, state, unknown, account, created, order, is_beside, heir })
    }

    /// When a resource was created in the cluster.
    fn created<T: Managed>(&self, entry: &ManifestEntry<T>) -> Timestamp {
        let stated = entry.resource.metadata().creation_timestamp.as_ref().map(|created| created.0);
        let previous = || self.previous.get(&entry.key).and_then(|previous| previous.created);
        stated.or_else(previous).unwrap_or(Timestamp::MAX)
    }

    fn resolve<T: Managed>(
        &self,
        among: &ManifestSet,
        entry: &ManifestEntry<T>,
        is_bound: bool,
    ) -> Result<ResolvedRefs, State> {
        let team = |name: &str| {
            let namespace = entry.key.namespace.clone();
            self.teams.get(&ResourceKey { kind: Kind::Team, namespace, name: name.to_owned() }).cloned()
        };
        among.resolve(entry, is_bound, team).map_err(|unresolved| stalled(&unresolved))
    }
}

/// All references that lead to nothing, under the first reason.
fn stalled(unresolved: &[UnresolvedReference]) -> State {
    let messages: Vec<_> = unresolved.iter().map(|reference| reference.message.as_str()).collect();
    let reason = unresolved.first().map_or(Reason::ReferenceNotFound, |reference| reference.reason);
    State::Stalled { reason, message: messages.join("; ") }
}
