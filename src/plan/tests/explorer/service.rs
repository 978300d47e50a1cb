//! The story of one Service and two teams: it is renamed, given to the other team, watched by monitors and deleted.

use serde_json::json;

use crate::api::reason::Reason;
use crate::api::service::{OnTeamChange, Service};
use crate::plan::state::State;
use crate::plan::tests::explorer::clock::LAG;
use crate::plan::tests::explorer::faults::{Mutant, Trouble};
use crate::plan::tests::explorer::models::services::{Dialect, Shelf, Thing};
use crate::plan::tests::explorer::models::teams::Maker;
use crate::plan::tests::explorer::scenario::{Scenario, pauses};

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Event {
    /// The operator visits.
    Reconcile(Trouble),
    /// Seconds pass.
    Pass(i64),
    /// The process ends and another one starts.
    Restart,
    /// The spec gets another name.
    Rename,
    /// The spec names the other team.
    Move,
    /// The resource is deleted.
    Delete,
    /// A person makes a service of the same name in the same team.
    Twin,
    /// A person renames, or deletes, the service.
    Edit(bool),
    /// A person hangs a monitor on the service, or takes it off.
    Monitor(bool),
}

#[derive(Clone)]
pub(crate) struct ServiceScenario {
    dialect: Dialect,
    on_move: OnTeamChange,
    events: Vec<Event>,
}

type Scene = crate::plan::tests::explorer::scene::Scene<Service, Shelf>;

const DIALECTS: [Dialect; 3] = [Dialect::Lists, Dialect::Singles, Dialect::Both];

impl Scenario for ServiceScenario {
    type Event = Event;

    fn generated(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let event = |random: &mut fastrand::Rng| match random.u8(0..22) {
            0..=8 => Event::Reconcile(Trouble::Drawn(random.u64(..))),
            9..=12 => Event::Pass(random.i64(1..=LAG + 2)),
            13 => Event::Pass(random.i64(LAG..=70)),
            14 => Event::Restart,
            15 => Event::Rename,
            16 => Event::Delete,
            17 => Event::Twin,
            18 => Event::Edit(random.bool()),
            19 | 20 => Event::Move,
            _ => Event::Monitor(random.bool()),
        };
        let on_move = if random.bool() { OnTeamChange::Recreate } else { OnTeamChange::Hold };
        let dialect = DIALECTS[random.usize(0..3)];
        let length = random.usize(3..=16);
        Self { dialect, on_move, events: (0..length).map(|_| event(&mut random)).collect() }
    }

    fn happy_paths() -> Vec<Self> {
        let reconcile = Event::Reconcile(Trouble::None);
        let life = |dialect, [one, other]: [i64; 2]| {
            let born = [reconcile, Event::Pass(one), reconcile, Event::Rename, reconcile];
            let moved = [Event::Move, reconcile, Event::Pass(other), reconcile, Event::Pass(one), reconcile];
            let ended = [Event::Delete, reconcile, Event::Pass(other), reconcile];
            Self { dialect, on_move: OnTeamChange::Recreate, events: [&born[..], &moved, &ended].concat() }
        };
        DIALECTS.into_iter().flat_map(|dialect| pauses().map(|pauses| life(dialect, pauses))).collect()
    }

    fn run(&self, mutant: Option<Mutant>) -> Result<(), String> {
        let mut scene = Scene::new(service(self.on_move), Shelf::new(self.dialect));
        for event in &self.events {
            scene.play(*event, mutant);
            scene.holds()?;
        }
        let state = scene.record_result(mutant);
        scene.holds()?;
        scene.is_ready_for_generation(state.as_ref())
    }

    fn events(&mut self) -> &mut Vec<Event> {
        &mut self.events
    }

    fn troubles(event: &mut Event) -> &mut [Trouble] {
        if let Event::Reconcile(trouble) = event { std::slice::from_mut(trouble) } else { &mut [] }
    }
}

/// The resource that the story is of.
fn service(on_move: OnTeamChange) -> Service {
    let service = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Service",
        "metadata": {"name": "s", "namespace": "n", "generation": 1, "uid": "u"},
        "spec": {"name": "A", "team": {"externalId": "t0"}, "onTeamChange": on_move},
    });
    serde_json::from_value(service).unwrap()
}

impl Scene {
    fn play(&mut self, event: Event, mutant: Option<Mutant>) {
        let now = self.now;
        match event {
            Event::Reconcile(trouble) => drop(self.reconcile(trouble, mutant)),
            Event::Pass(seconds) => self.now += seconds,
            Event::Restart => self.restart(),
            Event::Rename => {
                let name = if self.stored.resource.spec.name == "A" { "B" } else { "A" };
                self.stored.edit(|service| name.clone_into(&mut service.spec.name));
            }
            Event::Move => {
                let team = if self.team() == "t0" { "t1" } else { "t0" };
                self.stored.edit(|service| service.spec.team.as_mut().unwrap().external_id = team.to_owned());
            }
            Event::Delete => self.stored.is_deleted = true,
            Event::Twin => {
                let (name, team) = (self.stored.resource.spec.name.clone(), self.team());
                let id = self.provider.make(now, &name, &team, Maker::Human);
                self.twin(id);
            }
            Event::Edit(true) => self.by_hand(|things, id| drop(things.remove(id))),
            Event::Edit(false) => {
                self.is_renamed = true;
                self.by_hand(|things, id| "Edited".clone_into(&mut things.get_mut(id).unwrap().name));
            }
            Event::Monitor(hangs) => self.by_hand(|things, id| {
                let thing = things.get_mut(id).unwrap();
                thing.monitored = if hangs { thing.monitored.or(Some(now)) } else { None };
            }),
        }
        self.now += 1;
    }

    /// What a person does to the service, if it is there.
    fn by_hand(&mut self, change: impl FnOnce(&mut std::collections::BTreeMap<String, Thing>, &str)) {
        let Some(id) = self.ours().first().map(|(id, _)| (*id).clone()) else { return };
        self.provider.all.change(self.now, |things| change(things, &id));
    }

    fn team(&self) -> String {
        self.stored.resource.spec.team.as_ref().unwrap().external_id.clone()
    }

    fn ours(&self) -> Vec<(&String, &Thing)> {
        self.provider.all.iter().filter(|(_, thing)| thing.maker == Maker::Operator).collect()
    }

    /// What must hold at every moment.
    fn holds(&self) -> Result<(), String> {
        let ours = self.ours();
        if ours.len() > 1 && !self.is_renamed {
            return Err(format!("two services were made: {ours:?}"));
        }
        if let Some(id) = self.provider.unwatched.first() {
            return Err(format!("{id} was deleted, although a monitor hung on it"));
        }
        self.spares_others()
    }

    /// Whether what is said is the end of it, and only a person can go on.
    fn is_a_persons_turn(&self, state: Option<&State>) -> bool {
        let is_monitored = self.ours().iter().any(|(_, thing)| thing.monitored.is_some());
        match state {
            Some(State::DeletionBlocked { reason: Reason::NotEmpty, .. }) => is_monitored,
            // Without a list, what came of a create that was not answered cannot be found.
            Some(State::Stalled { reason: Reason::AmbiguousCreate, .. }) => {
                !self.twins.is_empty() || self.provider.dialect == Dialect::Singles
            }
            Some(State::Stalled { reason: Reason::NameTaken, .. }) => !self.twins.is_empty(),
            Some(State::Stalled { reason: Reason::Invalid, .. }) => {
                self.stored.resource.spec.on_team_change == OnTeamChange::Hold
            }
            _ => false,
        }
    }

    fn is_ready_for_generation(&self, state: Option<&State>) -> Result<(), String> {
        if self.is_a_persons_turn(state) && !self.stored.is_gone {
            return Ok(());
        }
        let count = self.ours().len();
        if self.stored.is_deleted {
            return match (self.stored.is_gone, count) {
                (true, 0) => Ok(()),
                (true, _) if !self.twins.is_empty() || self.is_renamed => Ok(()),
                (true, n) => Err(format!("{n} services were left behind")),
                (false, _) => Err(format!("the resource does not go: {state:?}")),
            };
        }
        let bound = self.stored.external_id().and_then(|id| self.provider.all.get(id));
        let (name, team) = (&self.stored.resource.spec.name, self.team());
        match (state, bound) {
            (Some(State::Available), Some(thing)) if thing.name == *name && thing.team == team => Ok(()),
            _ => Err(format!("not settled: {state:?}, {bound:?}, wanted {name} in {team}")),
        }
    }
}
