//! The scenario of two Teams with two configs whose tokens open one account: both may have one name, or claim one team. No IO.

pub(crate) mod ownership;
pub(crate) mod woken;

use serde_json::json;

use crate::api::annotations::EXTERNAL_ID;
use crate::api::team::Team;
use crate::plan::state::State;
use crate::plan::tests::explorer::clock::LAG;
use crate::plan::tests::explorer::faults::{FaultChoice, Faults};
use crate::plan::tests::explorer::gateway::Gateway;
use crate::plan::tests::explorer::look_alike::LookAlike;
use crate::plan::tests::explorer::models::teams::{Maker, TeamsModel};
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::operator::Process;
use crate::plan::tests::explorer::scenario::{Scenario, pauses};
use crate::plan::tests::explorer::stored::Stored;
use crate::plan::tests::explorer::two_configs::ownership::Ownership;

/// One event. The first of the two Teams is the older one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ConfigsEvent {
    /// The operator reconciles one of the Teams.
    Reconcile(usize, FaultChoice),
    /// Seconds pass.
    Wait(i64),
    /// The process ends and another one starts.
    Restart,
    /// The spec of one gets another name.
    Rename(usize),
    /// The annotation of one names the team of the other, or nothing any more.
    Annotate(usize),
    /// The token of one of the configs is refused from now on, or not any more.
    Refuse(usize),
    /// One is deleted.
    Delete(usize),
    /// A person makes a team of the name that one has.
    LookAlike(usize),
    /// The provider, or a person, makes a move.
    Happens(Move),
}

#[derive(Clone)]
pub(crate) struct TwoConfigsScenario {
    adoption: [&'static str; 2],
    events: Vec<ConfigsEvent>,
}

/// Both Teams, and the one process of the operator that knows both.
pub(crate) struct ConfigsEnvironment {
    provider: Gateway<TeamsModel>,
    stored: [Stored<Team>; 2],
    process: Process,
    now: i64,
    /// When each wants to be reconciled again.
    due: [Option<i64>; 2],
    /// Whether the token of each config opens the account.
    is_open: [bool; 2],
    /// What people made.
    look_alikes: Vec<LookAlike>,
    ownership: Ownership,
}

const POLICIES: [&str; 3] = ["Never", "IfUnique", "CreateAnyway"];

impl Scenario for TwoConfigsScenario {
    type Event = ConfigsEvent;

    fn generated(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let event = |random: &mut fastrand::Rng| {
            let place = random.usize(0..2);
            match random.u8(0..24) {
                0..=10 => ConfigsEvent::Reconcile(place, FaultChoice::Drawn(random.u64(..))),
                11..=13 => ConfigsEvent::Wait(random.i64(1..=LAG + 2)),
                14 => ConfigsEvent::Wait(random.i64(LAG..=70)),
                15 => ConfigsEvent::Restart,
                16 | 17 => ConfigsEvent::Rename(place),
                18 | 19 => ConfigsEvent::Annotate(place),
                20 => ConfigsEvent::Refuse(place),
                21 | 22 => ConfigsEvent::Delete(place),
                _ => ConfigsEvent::LookAlike(place),
            }
        };
        let adoption = [0, 1].map(|_| POLICIES[random.usize(0..3)]);
        let length = random.usize(3..=18);
        Self { adoption, events: (0..length).map(|_| event(&mut random)).collect() }
    }

    fn moves() -> Vec<Move> {
        Move::of_two_configs()
    }

    fn event_of(a_move: Move) -> ConfigsEvent {
        ConfigsEvent::Happens(a_move)
    }

    fn happy_paths() -> Vec<Self> {
        let reconcile = |place| ConfigsEvent::Reconcile(place, FaultChoice::None);
        let happy_path = |adoption, [one, other]: [i64; 2]| {
            let made = [reconcile(1), ConfigsEvent::Wait(one), reconcile(0), ConfigsEvent::Rename(0), reconcile(0)];
            let claimed = [ConfigsEvent::Annotate(0), reconcile(0), ConfigsEvent::Wait(other), reconcile(1)];
            let deleted = [ConfigsEvent::Delete(1), reconcile(1), ConfigsEvent::Wait(one), reconcile(0)];
            Self { adoption: [adoption; 2], events: [&made[..], &claimed, &deleted].concat() }
        };
        POLICIES.into_iter().flat_map(|adoption| pauses().map(|pauses| happy_path(adoption, pauses))).collect()
    }

    fn run(&self, mutant: Option<Mutant>) -> Result<(), String> {
        let mut environment = ConfigsEnvironment::new(self.adoption);
        for event in &self.events {
            environment.apply(*event, mutant);
            environment.check_invariants()?;
        }
        let mut states = environment.converge(mutant);
        environment.check_invariants()?;
        environment.check_converged(&states)?;
        let waits = |state: &Option<State>| matches!(state, Some(State::Waiting { .. }));
        if environment.is_open == [true; 2] && !states.iter().any(waits) {
            environment.older_goes(&mut states, mutant);
            environment.check_invariants()?;
            environment.check_converged(&states)?;
        }
        Ok(())
    }

    fn events(&mut self) -> &mut Vec<ConfigsEvent> {
        &mut self.events
    }

    fn fault_choices(event: &mut ConfigsEvent) -> &mut [FaultChoice] {
        if let ConfigsEvent::Reconcile(_, fault_choice) = event { std::slice::from_mut(fault_choice) } else { &mut [] }
    }
}

fn team(place: usize, adoption: &str) -> Team {
    let team = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Team",
        "metadata": {"name": "t", "namespace": format!("n{place}"), "generation": 1, "uid": format!("u{place}"),
            "creationTimestamp": format!("2026-01-0{}T00:00:00Z", place + 1)},
        "spec": {"name": "A", "adoptionPolicy": adoption},
    });
    serde_json::from_value(team).unwrap()
}

impl ConfigsEnvironment {
    fn new(adoption: [&str; 2]) -> Self {
        let mut provider = Gateway::new(TeamsModel::default());
        Self {
            process: Process::start(&mut provider),
            provider,
            stored: [0, 1].map(|place| Stored::new(team(place, adoption[place]))),
            now: 0,
            due: [None; 2],
            is_open: [true; 2],
            look_alikes: Vec::new(),
            ownership: Ownership::default(),
        }
    }

    fn apply(&mut self, event: ConfigsEvent, mutant: Option<Mutant>) {
        if !matches!(event, ConfigsEvent::Reconcile(..) | ConfigsEvent::Wait(_) | ConfigsEvent::Restart) {
            self.provider.bounds.restart();
        }
        match event {
            ConfigsEvent::Reconcile(place, fault_choice) => drop(self.reconcile(place, fault_choice, mutant)),
            ConfigsEvent::Wait(seconds) => self.now += seconds,
            ConfigsEvent::Restart => self.process = Process::start(&mut self.provider),
            ConfigsEvent::Happens(a_move) => self.provider.play(a_move),
            ConfigsEvent::Rename(place) => self.stored[place].edit(|team| {
                let name = if team.spec.name == "A" { "B" } else { "A" };
                name.clone_into(&mut team.spec.name);
            }),
            ConfigsEvent::Annotate(place) => {
                let theirs = self.stored[1 - place].external_id().map(str::to_owned);
                let annotations = self.stored[place].resource.metadata.annotations.get_or_insert_default();
                if annotations.remove(EXTERNAL_ID).is_none() {
                    annotations.extend(theirs.map(|id| (EXTERNAL_ID.to_owned(), id)));
                }
            }
            ConfigsEvent::Refuse(place) => self.is_open[place] = !self.is_open[place],
            ConfigsEvent::Delete(place) => self.stored[place].is_deleted = true,
            ConfigsEvent::LookAlike(place) => {
                let name = self.stored[place].resource.spec.name.clone();
                let id = self.provider.make(self.now, &name, Maker::Human);
                let was_known = self.stored.iter().all(Stored::is_resolved);
                self.look_alikes.push(LookAlike { id, made: self.now, was_known });
            }
        }
        self.now += 1;
    }

    /// The watches deliver what is stored.
    fn watch(&self) {
        let claims = &self.process.claims;
        for namespace in ["n0", "n1"] {
            claims.watch_config(namespace, "c-own");
        }
        self.stored.iter().for_each(|stored| claims.watch(stored));
    }

    fn reconcile(&mut self, place: usize, fault_choice: FaultChoice, mutant: Option<Mutant>) -> Option<State> {
        self.watch();
        let reaches = self.is_open[place] || mutant == Some(Mutant::UnreachedClaimCounts);
        self.process.claims.set_reaching(&self.stored[place], reaches);
        if !self.is_open[place] {
            return None;
        }
        let before = self.stored[place].intent.clone();
        let faults = Faults::of(fault_choice, self.now, mutant);
        let state = self.process.reconcile(&mut self.stored[place], &mut self.provider, faults);
        self.now = self.now.max(self.process.clock);
        self.due[place] = self.next_due(place);
        self.ownership.update(place, &mut self.provider, &self.stored, (&before, &self.look_alikes));
        state
    }

    /// Reconciles without faults until nothing changes any more, and a little longer: what rests makes no call.
    fn converge(&mut self, mutant: Option<Mutant>) -> [Option<State>; 2] {
        self.provider.calm();
        let (mut states, mut before) = ([None, None], 0);
        for round in 0..10 {
            if round == 8 {
                before = self.provider.bounds.sent;
            }
            for (place, state) in states.iter_mut().enumerate() {
                self.now += 61;
                *state = self.reconcile(place, FaultChoice::None, mutant).or(state.take());
            }
        }
        let sent = self.provider.bounds.sent - before;
        if sent > 0 {
            self.provider.bounds.break_off(format!("{sent} calls in the end, and no rest: {states:?}"));
        }
        states
    }
}
