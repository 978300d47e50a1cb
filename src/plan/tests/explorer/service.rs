//! The scenario of one Service and two teams: renamed, given to the other team, monitored and deleted. No IO.

use serde_json::json;

use crate::api::reason::Reason;
use crate::api::service::{OnTeamChange, Service};
use crate::plan::state::State;
use crate::plan::tests::explorer::announced::Between;
use crate::plan::tests::explorer::clock::LAG;
use crate::plan::tests::explorer::faults::FaultChoice;
use crate::plan::tests::explorer::models::services::{ModelService, ReadForm, ServicesModel};
use crate::plan::tests::explorer::models::teams::Maker;
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::same_calls::Planned;
use crate::plan::tests::explorer::scenario::{Scenario, pauses};

/// One event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ServiceEvent {
    /// The operator reconciles.
    Reconcile(FaultChoice),
    /// Seconds pass.
    Wait(i64),
    /// The process ends and another one starts.
    Restart,
    /// The spec gets another name.
    Rename,
    /// The spec names the other team.
    Move,
    /// The resource is deleted.
    Delete,
    /// A person makes a service of the same name in the same team.
    LookAlike,
    /// A person renames, or deletes, the service.
    Edit(bool),
    /// A person gives the service a monitor, or takes it away.
    Monitor(bool),
    /// The provider, or a person, makes a move.
    Happens(Move),
}

#[derive(Clone)]
pub(crate) struct ServiceScenario {
    read_form: ReadForm,
    on_move: OnTeamChange,
    events: Vec<ServiceEvent>,
}

type ServiceEnvironment = crate::plan::tests::explorer::environment::Environment<Service, ServicesModel>;

const READ_FORMS: [ReadForm; 3] = [ReadForm::ByTeam, ReadForm::ById, ReadForm::Both];

impl Scenario for ServiceScenario {
    type Event = ServiceEvent;

    fn generated(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let event = |random: &mut fastrand::Rng| match random.u8(0..22) {
            0..=8 => ServiceEvent::Reconcile(FaultChoice::Drawn(random.u64(..))),
            9..=12 => ServiceEvent::Wait(random.i64(1..=LAG + 2)),
            13 => ServiceEvent::Wait(random.i64(LAG..=70)),
            14 => ServiceEvent::Restart,
            15 => ServiceEvent::Rename,
            16 => ServiceEvent::Delete,
            17 => ServiceEvent::LookAlike,
            18 => ServiceEvent::Edit(random.bool()),
            19 | 20 => ServiceEvent::Move,
            _ => ServiceEvent::Monitor(random.bool()),
        };
        let on_move = if random.bool() { OnTeamChange::Recreate } else { OnTeamChange::Hold };
        let read_form = READ_FORMS[random.usize(0..3)];
        let length = random.usize(3..=16);
        Self { read_form, on_move, events: (0..length).map(|_| event(&mut random)).collect() }
    }

    fn moves() -> Vec<Move> {
        Move::of_service()
    }

    fn event_of(a_move: Move) -> ServiceEvent {
        ServiceEvent::Happens(a_move)
    }

    fn happy_paths() -> Vec<Self> {
        let reconcile = ServiceEvent::Reconcile(FaultChoice::None);
        let happy_path = |read_form, [one, other]: [i64; 2]| {
            let created = [reconcile, ServiceEvent::Wait(one), reconcile, ServiceEvent::Rename, reconcile];
            let moved = [
                ServiceEvent::Move,
                reconcile,
                ServiceEvent::Wait(other),
                reconcile,
                ServiceEvent::Wait(one),
                reconcile,
            ];
            let deleted = [ServiceEvent::Delete, reconcile, ServiceEvent::Wait(other), reconcile];
            Self { read_form, on_move: OnTeamChange::Recreate, events: [&created[..], &moved, &deleted].concat() }
        };
        READ_FORMS.into_iter().flat_map(|read_form| pauses().map(|pauses| happy_path(read_form, pauses))).collect()
    }

    fn run(&self, mutant: Option<Mutant>) -> Result<(), String> {
        let mut environment = ServiceEnvironment::new(service(self.on_move), ServicesModel::new(self.read_form));
        for event in &self.events {
            environment.apply(*event, mutant);
            environment.check_invariants()?;
        }
        let state = environment.converge(mutant);
        environment.check_invariants()?;
        environment
            .check_converged(state.as_ref())
            .map_err(|broken| format!("{broken} where services are read {:?}", self.read_form))
    }

    fn events(&mut self) -> &mut Vec<ServiceEvent> {
        &mut self.events
    }

    fn fault_choices(event: &mut ServiceEvent) -> &mut [FaultChoice] {
        if let ServiceEvent::Reconcile(fault_choice) = event { std::slice::from_mut(fault_choice) } else { &mut [] }
    }
}

impl Planned for ServiceScenario {
    fn compared(&self, between: Between, mutant: Option<Mutant>) -> Result<(), String> {
        let mut environment = ServiceEnvironment::new(service(self.on_move), ServicesModel::new(self.read_form));
        self.events.iter().for_each(|event| environment.apply(*event, None));
        environment.subject().compare(between, mutant)
    }
}

/// The resource of the scenario.
fn service(on_move: OnTeamChange) -> Service {
    let service = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Service",
        "metadata": {"name": "s", "namespace": "n", "generation": 1, "uid": "u"},
        "spec": {"name": "A", "team": {"externalId": "t0"}, "onTeamChange": on_move},
    });
    serde_json::from_value(service).unwrap()
}

impl ServiceEnvironment {
    fn apply(&mut self, event: ServiceEvent, mutant: Option<Mutant>) {
        if !matches!(event, ServiceEvent::Reconcile(_) | ServiceEvent::Wait(_) | ServiceEvent::Restart) {
            self.provider.bounds.restart();
        }
        let now = self.now;
        match event {
            ServiceEvent::Reconcile(fault_choice) => drop(self.reconcile(fault_choice, mutant)),
            ServiceEvent::Wait(seconds) => self.now += seconds,
            ServiceEvent::Restart => self.restart(),
            ServiceEvent::Happens(a_move) => self.happens(a_move, mutant),
            ServiceEvent::Rename => {
                let name = if self.stored.resource.spec.name == "A" { "B" } else { "A" };
                self.stored.edit(|service| name.clone_into(&mut service.spec.name));
            }
            ServiceEvent::Move => {
                let team = if self.team() == "t0" { "t1" } else { "t0" };
                self.stored.edit(|service| service.spec.team.as_mut().unwrap().external_id = team.to_owned());
            }
            ServiceEvent::Delete => self.stored.is_deleted = true,
            ServiceEvent::LookAlike => {
                let (name, team) = (self.stored.resource.spec.name.clone(), self.team());
                let id = self.provider.make(now, &name, &team, Maker::Human);
                self.add_look_alike(id);
            }
            ServiceEvent::Edit(true) => self.by_hand(|services, id| drop(services.remove(id))),
            ServiceEvent::Edit(false) => {
                self.is_renamed = true;
                self.by_hand(|services, id| "Edited".clone_into(&mut services.get_mut(id).unwrap().name));
            }
            ServiceEvent::Monitor(hangs) => self.by_hand(|services, id| {
                let service = services.get_mut(id).unwrap();
                service.monitored = if hangs { service.monitored.or(Some(now)) } else { None };
            }),
        }
        self.now += 1;
    }

    /// What a person does to the service, if it is there.
    fn by_hand(&mut self, change: impl FnOnce(&mut std::collections::BTreeMap<String, ModelService>, &str)) {
        let Some(id) = self.ours().first().map(|(id, _)| (*id).clone()) else { return };
        self.provider.services.change(self.now, |services| change(services, &id));
    }

    fn team(&self) -> String {
        self.stored.resource.spec.team.as_ref().unwrap().external_id.clone()
    }

    fn ours(&self) -> Vec<(&String, &ModelService)> {
        self.provider.services.iter().filter(|(_, service)| service.maker == Maker::Operator).collect()
    }

    /// Checks what must be true at all times.
    fn check_invariants(&self) -> Result<(), String> {
        let ours = self.ours();
        if ours.len() > self.most_objects() && !self.is_renamed {
            return Err(format!("two services were made: {ours:?}"));
        }
        if let Some(id) = self.provider.deleted_with_monitors.first() {
            return Err(format!("{id} was deleted, although a monitor hung on it"));
        }
        self.check_others_untouched()
    }

    /// Whether the state is final, and only a person can change it.
    fn needs_a_person(&self, state: Option<&State>) -> bool {
        let is_monitored = self.ours().iter().any(|(_, service)| service.monitored.is_some());
        match state {
            Some(State::DeletionBlocked { reason: Reason::NotEmpty, .. }) => is_monitored,
            // Without a list, what came of a create that was not answered cannot be found.
            Some(State::Stalled { reason: Reason::AmbiguousCreate, .. }) => {
                !self.look_alikes.is_empty() || self.provider.read_form == ReadForm::ById
            }
            // The provider shows services by their ids only, and has never shown one: its endpoint may be wrong.
            Some(State::Waiting { reason: Reason::ProviderUnavailable, .. }) => {
                let is_in_doubt = self.provider.has_played(Move::OthersUnreadable);
                // What the create made may be the item that cannot be read.
                self.provider.read_form == ReadForm::ById || (is_in_doubt && self.is_create_uncertain())
            }
            // What a create made is not known where its answer had another id, and so if what nobody has seen yet was deleted or renamed.
            Some(
                State::Stalled { reason: Reason::NotConverging, .. }
                | State::DeletionBlocked { reason: Reason::NotConverging, .. },
            ) => self.is_create_uncertain(),
            Some(State::Stalled { reason: Reason::NameTaken, .. }) => !self.look_alikes.is_empty(),
            Some(State::Stalled { reason: Reason::Invalid, .. }) => {
                self.stored.resource.spec.on_team_change == OnTeamChange::Hold
            }
            _ => false,
        }
    }

    /// Whether nobody can tell what the last create made.
    fn is_create_uncertain(&self) -> bool {
        // A dry run beside may have seen the name of before.
        let is_unconfirmed = self.stored.resource.status.as_ref().is_some_and(|status| status.facts.unconfirmed)
            || self.provider.has_played(Move::DryRunBeside);
        self.provider.has_played(Move::UnlistedId)
            || (is_unconfirmed && (self.is_renamed || self.provider.has_played(Move::OtherId)))
            || !self.look_alikes.is_empty()
            || (self.is_renamed && self.provider.read_form == ReadForm::ById)
    }

    fn check_converged(&self, state: Option<&State>) -> Result<(), String> {
        if self.is_told(state) {
            return Ok(());
        }
        if self.needs_a_person(state) && !self.stored.is_gone {
            return Ok(());
        }
        let count = self.ours().len();
        if self.stored.is_deleted {
            return match (self.stored.is_gone, count) {
                (true, 0) => Ok(()),
                (true, _) if !self.look_alikes.is_empty() || self.is_renamed || self.most_objects() > 1 => Ok(()),
                (true, n) => Err(format!("{n} services were left behind")),
                (false, _) => Err(format!("the resource does not go: {state:?}")),
            };
        }
        let bound = self.stored.external_id().and_then(|id| self.provider.services.get(id));
        let (name, team) = (&self.stored.resource.spec.name, self.team());
        match (state, bound) {
            (Some(State::Available), Some(service)) if service.name == *name && service.team == team => Ok(()),
            _ => Err(format!("not converged: {state:?}, {bound:?}, wanted {name} in {team}")),
        }
    }
}
