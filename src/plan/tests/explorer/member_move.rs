//! The scenario of one person and two Teams, exactly one of which lists the person: a change of the lists moves the person, and nobody
//! gets a mail. No IO.

use serde_json::json;

use crate::api::team::Team;
use crate::plan::managed::Managed;
use crate::plan::mention::{Mention, OtherMention};
use crate::plan::state::State;
use crate::plan::tests::explorer::clock::LAG;
use crate::plan::tests::explorer::faults::{FaultChoice, Faults};
use crate::plan::tests::explorer::gateway::Gateway;
use crate::plan::tests::explorer::models::teams::{Maker, PERSON, TeamsModel};
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::operator::Process;
use crate::plan::tests::explorer::scenario::{Scenario, pauses};
use crate::plan::tests::explorer::stored::Stored;

/// One event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum MoveEvent {
    /// The operator reconciles one of the Teams.
    Reconcile(usize, FaultChoice),
    /// Seconds pass.
    Wait(i64),
    /// The process ends and another one starts.
    Restart,
    /// If both Teams are Ready, the other one lists the person now. One of the two specs is changed first, and reconciled twice before
    /// the second one is. (What a spec said between two reconciles nobody can know: a person may stay where it led to.)
    Move(usize, [FaultChoice; 2]),
    /// The provider, or a person, makes a move.
    Happens(Move),
}

#[derive(Clone)]
pub(crate) struct MemberMoveScenario(Vec<MoveEvent>);

struct MoveEnvironment {
    provider: Gateway<TeamsModel>,
    stored: [Stored<Team>; 2],
    process: Process,
    now: i64,
    /// Which Team lists the person.
    lists: usize,
}

impl Scenario for MemberMoveScenario {
    type Event = MoveEvent;

    fn generated(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let drawn = |random: &mut fastrand::Rng| FaultChoice::Drawn(random.u64(..));
        let event = |random: &mut fastrand::Rng| match random.u8(0..20) {
            0..=9 => MoveEvent::Reconcile(random.usize(0..2), drawn(random)),
            10..=12 => MoveEvent::Wait(random.i64(1..=LAG + 2)),
            13 => MoveEvent::Wait(random.i64(LAG..=70)),
            14 => MoveEvent::Restart,
            _ => MoveEvent::Move(random.usize(0..2), [drawn(random), drawn(random)]),
        };
        let length = random.usize(3..=24);
        Self((0..length).map(|_| event(&mut random)).collect())
    }

    fn moves() -> Vec<Move> {
        Move::of_move()
    }

    fn event_of(a_move: Move) -> MoveEvent {
        MoveEvent::Happens(a_move)
    }

    fn happy_paths() -> Vec<Self> {
        let reconcile = |place| MoveEvent::Reconcile(place, FaultChoice::None);
        let moved = |first| MoveEvent::Move(first, [FaultChoice::None; 2]);
        let happy_path = |first, [one, other]: [i64; 2]| {
            let there = [
                moved(first),
                reconcile(1 - first),
                MoveEvent::Wait(one),
                reconcile(first),
                MoveEvent::Wait(other),
                reconcile(1 - first),
            ];
            let rest = [MoveEvent::Wait(60), reconcile(0), reconcile(1)];
            Self([&there[..], &rest].concat())
        };
        pauses().into_iter().flat_map(|pauses| [happy_path(0, pauses), happy_path(1, pauses)]).collect()
    }

    fn run(&self, mutant: Option<Mutant>) -> Result<(), String> {
        let mut environment = MoveEnvironment::new();
        for event in &self.0 {
            environment.apply(*event, mutant);
            environment.check_invariants()?;
        }
        let states = environment.converge(mutant);
        environment.check_invariants()?;
        environment.check_converged(&states)
    }

    fn events(&mut self) -> &mut Vec<MoveEvent> {
        &mut self.0
    }

    fn fault_choices(event: &mut MoveEvent) -> &mut [FaultChoice] {
        match event {
            MoveEvent::Reconcile(_, fault_choice) => std::slice::from_mut(fault_choice),
            MoveEvent::Move(_, fault_choices) => fault_choices,
            _ => &mut [],
        }
    }
}

/// A Team that has had its team for long; the first one lists the person, who is in its team.
fn team(place: usize, id: &str) -> Team {
    let people = |entry| if place == 0 { json!([entry]) } else { json!([]) };
    let team = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Team",
        "metadata": {"name": format!("t{place}"), "namespace": "n", "generation": 1, "uid": format!("u{place}")},
        "spec": {"name": format!("T{place}"), "members": people(json!({"email": PERSON}))},
        "status": {"externalId": id, "members": people(json!({"email": PERSON, "state": "Active", "reminders": 0})),
            "conditions": [{"type": "Ready", "status": "True", "reason": "Available", "message": "", "observedGeneration": 1,
                            "lastTransitionTime": "2026-01-01T00:00:00Z"}]},
    });
    serde_json::from_value(team).unwrap()
}

impl MoveEnvironment {
    fn new() -> Self {
        let mut provider = Gateway::new(TeamsModel::default());
        let ids = ["T0", "T1"].map(|name| provider.make(-1000, name, Maker::Human));
        provider.teams.change(-1000, |teams| teams.get_mut(&ids[0]).unwrap().is_member = true);
        let stored = [0, 1].map(|place| Stored::new(team(place, &ids[place])));
        Self { process: Process::start(&mut provider), provider, stored, now: 0, lists: 0 }
    }

    fn apply(&mut self, event: MoveEvent, mutant: Option<Mutant>) {
        if !matches!(event, MoveEvent::Reconcile(..) | MoveEvent::Wait(_) | MoveEvent::Restart) {
            self.provider.bounds.restart();
        }
        match event {
            MoveEvent::Reconcile(place, fault_choice) => {
                drop(self.reconcile(place, Faults::of(fault_choice, self.now, mutant)));
            }
            MoveEvent::Wait(seconds) => self.now += seconds,
            MoveEvent::Restart => self.process = Process::start(&mut self.provider),
            MoveEvent::Happens(a_move) => self.provider.play(a_move),
            MoveEvent::Move(first, [fault_choice, _])
                if self.stored.iter().any(|stored| !stored.resource.is_ready_for_generation()) =>
            {
                drop(self.reconcile(first, Faults::of(fault_choice, self.now, mutant)));
            }
            MoveEvent::Move(first, fault_choices) => {
                self.lists = 1 - self.lists;
                self.edit(first);
                for fault_choice in fault_choices {
                    self.reconcile(first, Faults::of(fault_choice, self.now, mutant));
                }
                self.now += 1;
                self.edit(1 - first);
            }
        }
        self.now += 1;
    }

    /// Lets the spec of one Team say what it should.
    fn edit(&mut self, place: usize) {
        let members = if self.lists == place { json!([{"email": PERSON}]) } else { json!([]) };
        self.stored[place].edit(|team| team.spec.members = serde_json::from_value(members).unwrap());
    }

    fn reconcile(&mut self, place: usize, faults: Faults) -> Option<State> {
        let other = &self.stored[1 - place];
        let external_id = other.external_id().map(str::to_owned);
        let mentions = other.resource.mentions().into_iter();
        let of_other = |mention: Mention| OtherMention {
            name: "n/other".to_owned(),
            is_passive: mention.is_passive,
            external_id: external_id.clone(),
            is_wanted: mention.is_wanted,
            role: mention.role,
            customer_id: mention.customer_id,
        };
        self.process.other_mentions = mentions.map(of_other).collect();
        self.process.reconcile(&mut self.stored[place], &mut self.provider, faults)
    }

    /// Checks what must be true at all times.
    fn check_invariants(&self) -> Result<(), String> {
        self.provider.bounds.check()?;
        let teams = || self.provider.teams.values();
        match teams().filter(|team| team.is_member).count() {
            1 => {}
            count => return Err(format!("the person is in {count} teams")),
        }
        if teams().any(|team| team.mails > 0) { Err("the person was written to".to_owned()) } else { Ok(()) }
    }

    /// Reconciles without faults until nothing changes any more.
    fn converge(&mut self, mutant: Option<Mutant>) -> [Option<State>; 2] {
        self.provider.calm();
        let mut states = [None, None];
        for _ in 0..8 {
            for (place, state) in states.iter_mut().enumerate() {
                self.now += 61;
                *state = self.reconcile(place, Faults::of(FaultChoice::None, self.now, mutant));
            }
        }
        states
    }

    fn check_converged(&self, states: &[Option<State>; 2]) -> Result<(), String> {
        let is_listed = |stored: &Stored<Team>| {
            let team = stored.external_id().and_then(|id| self.provider.teams.get(id));
            team.is_some_and(|team| team.is_member)
        };
        let is_in = self.stored.iter().position(is_listed);
        let is_well = is_in == Some(self.lists) && states.iter().all(|state| *state == Some(State::Available));
        if is_well { Ok(()) } else { Err(format!("not converged: {states:?}, the person is in {is_in:?}")) }
    }
}
