//! One resource of a plan, and what would be done for it. No IO.

use jiff::Timestamp;

use crate::api::approval::ConfigApprovals;
use crate::api::resource_key::ResourceKey;
use crate::cli::manifest_set::ManifestEntry;
use crate::cli::manifest_set::references::config_of_entry;
use crate::cli::manifests::place::Place;
use crate::cli::plan::unknown::{Dependence, UnknownValue, awaits_code, dependences};
use crate::plan::managed::Managed;
use crate::plan::references::ReferredTeam;
use crate::plan::scope::Scope;
use crate::plan::simulation::ResourceSimulation;
use crate::plan::simulation::approvals::{PlannedApproval, SimulatedApprovals};
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
    /// What waits for an approval.
    pub(crate) approval: PlannedApproval,
}

impl SimulatedResource {
    /// A resource for which nothing is simulated.
    pub(crate) fn unsimulated<T: Managed>(entry: &ManifestEntry<T>, state: State) -> Self {
        let config = config_of_entry(entry);
        let (place, key) = (entry.manifest.place.clone(), entry.key.clone());
        let (is_presumed, steps, unknown) = (false, Vec::new(), Vec::new());
        let free = ConfigApprovals::default();
        let approval = SimulatedApprovals::new(&entry.resource, entry.is_deleted, &free, None).planned();
        Self { place, key, is_deleted: entry.is_deleted, config, is_presumed, steps, state, unknown, approval }
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
    /// The config by which its account is read: one of those whose tokens open it.
    pub(crate) account: ResourceKey,
    /// When it was created in the cluster; those of which that is not known come last.
    pub(crate) created: Timestamp,
    /// Of equals the first comes first.
    pub(crate) order: usize,
    /// It is there only for what the others must know of it: nothing is simulated for it.
    pub(crate) is_beside: bool,
    /// The resource that takes over what it stands for.
    pub(crate) heir: Option<ResourceKey>,
}

impl<T: Managed> Participant<T> {
    /// The same, of which only the others must know.
    pub(crate) fn beside(self) -> Self {
        Self { state: Some(State::Available), is_beside: true, ..self }
    }

    /// What others know of it if it is a Team.
    pub(crate) fn as_team(&self) -> ReferredTeam {
        let is_ready = match (self.is_beside, self.simulation.scope()) {
            // It stays what it was.
            (_, Scope::Suspended) => true,
            (true, _) => self.simulation.resource().is_ready_for_generation(),
            (false, _) => matches!(self.state, Some(State::Available | State::Drifted(_))),
        };
        ReferredTeam { id: self.simulation.external_id().and_then(TeamId::parse), is_ready }
    }

    /// The result of its simulation.
    pub(crate) fn finished(self) -> SimulatedResource {
        let Self {
            result,
            resolved: _,
            simulation,
            state,
            unknown,
            account: _,
            created: _,
            order: _,
            is_beside: _,
            heir: _,
        } = self;
        let (steps, awaits_code) = (simulation.steps().to_vec(), awaits_code(simulation.resource()));
        let approval = simulation.approvals().planned();
        let simulated = SimulatedResource { steps, state: state.unwrap_or(State::Available), approval, ..result };
        simulated.depending_on(&unknown, awaits_code)
    }
}
