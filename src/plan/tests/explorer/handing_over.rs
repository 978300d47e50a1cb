//! The scenario of a Team that takes over what another one in another namespace stands for, if that consents. Both would make a team of
//! their own whenever they may. No IO.

pub(crate) mod oracles;

use serde_json::json;

use crate::api::annotations::{MOVED_FROM, MOVED_TO};
use crate::api::reason::Reason;
use crate::api::team::Team;
use crate::plan::moved::{Bar, Standing};
use crate::plan::state::State;
use crate::plan::tests::explorer::clock::LAG;
use crate::plan::tests::explorer::faults::{FaultChoice, Faults};
use crate::plan::tests::explorer::gateway::Gateway;
use crate::plan::tests::explorer::handing_over::oracles::Before;
use crate::plan::tests::explorer::models::teams::TeamsModel;
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::operator::Process;
use crate::plan::tests::explorer::scenario::{Scenario, pauses};
use crate::plan::tests::explorer::stored::Stored;

/// The older Team, from which the other one takes over.
pub(crate) const SOURCE: usize = 0;
/// The younger one.
pub(crate) const HEIR: usize = 1;

/// One event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum HandingOverEvent {
    /// The operator reconciles one of the Teams.
    Reconcile(usize, FaultChoice),
    /// Seconds pass.
    Wait(i64),
    /// The process ends and another one starts.
    Restart,
    /// The source consents, or not any more.
    Consent,
    /// The spec of one gets another name.
    Rename(usize),
    /// One is deleted.
    Delete(usize),
    /// The provider, or a person, makes a move.
    Happens(Move),
}

#[derive(Clone)]
pub(crate) struct HandingOverScenario {
    events: Vec<HandingOverEvent>,
}

/// Both Teams, and the one process of the operator that knows both.
pub(crate) struct HandingOver {
    pub(crate) provider: Gateway<TeamsModel>,
    pub(crate) stored: [Stored<Team>; 2],
    process: Process,
    now: i64,
    /// The first oracle that broke.
    broken: Option<String>,
}

impl Scenario for HandingOverScenario {
    type Event = HandingOverEvent;

    fn generated(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let event = |random: &mut fastrand::Rng| {
            let place = random.usize(0..2);
            match random.u8(0..24) {
                0..=11 => HandingOverEvent::Reconcile(place, FaultChoice::Drawn(random.u64(..))),
                12..=14 => HandingOverEvent::Wait(random.i64(1..=LAG + 2)),
                15 => HandingOverEvent::Restart,
                16..=18 => HandingOverEvent::Consent,
                19 | 20 => HandingOverEvent::Rename(place),
                _ => HandingOverEvent::Delete(place),
            }
        };
        let length = random.usize(3..=18);
        Self { events: (0..length).map(|_| event(&mut random)).collect() }
    }

    fn moves() -> Vec<Move> {
        Move::of_move()
    }

    fn event_of(a_move: Move) -> HandingOverEvent {
        HandingOverEvent::Happens(a_move)
    }

    fn happy_paths() -> Vec<Self> {
        let reconcile = |place| HandingOverEvent::Reconcile(place, FaultChoice::None);
        let happy_path = |[one, other]: [i64; 2]| {
            let made = [reconcile(HEIR), reconcile(SOURCE), HandingOverEvent::Wait(one), HandingOverEvent::Consent];
            let taken = [reconcile(HEIR), HandingOverEvent::Rename(SOURCE), reconcile(SOURCE)];
            let deleted = [HandingOverEvent::Delete(SOURCE), reconcile(SOURCE), HandingOverEvent::Wait(other)];
            Self { events: [&made[..], &taken, &deleted, &[reconcile(HEIR)]].concat() }
        };
        pauses().map(happy_path).to_vec()
    }

    fn run(&self, mutant: Option<Mutant>) -> Result<(), String> {
        let mut environment = HandingOver::new();
        for event in &self.events {
            environment.apply(*event, mutant);
            environment.check_invariants()?;
        }
        let states = environment.converge(mutant);
        environment.check_invariants()?;
        environment.check_converged(&states)
    }

    fn events(&mut self) -> &mut Vec<HandingOverEvent> {
        &mut self.events
    }

    fn fault_choices(event: &mut HandingOverEvent) -> &mut [FaultChoice] {
        if let HandingOverEvent::Reconcile(_, choice) = event { std::slice::from_mut(choice) } else { &mut [] }
    }
}

fn team(place: usize) -> Team {
    let annotations = if place == HEIR { json!({ MOVED_FROM: "n0/t" }) } else { json!({}) };
    let team = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Team",
        "metadata": {"name": "t", "namespace": format!("n{place}"), "generation": 1, "uid": format!("u{place}"),
            "creationTimestamp": format!("2026-01-0{}T00:00:00Z", place + 1), "annotations": annotations},
        "spec": {"name": "A", "adoptionPolicy": "CreateAnyway"},
    });
    serde_json::from_value(team).unwrap()
}

impl HandingOver {
    fn new() -> Self {
        let mut provider = Gateway::new(TeamsModel::default());
        let (process, stored) = (Process::start(&mut provider), [SOURCE, HEIR].map(|place| Stored::new(team(place))));
        Self { process, provider, stored, now: 0, broken: None }
    }

    fn apply(&mut self, event: HandingOverEvent, mutant: Option<Mutant>) {
        if !matches!(event, HandingOverEvent::Reconcile(..) | HandingOverEvent::Wait(_) | HandingOverEvent::Restart) {
            self.provider.bounds.restart();
        }
        match event {
            HandingOverEvent::Reconcile(place, choice) => drop(self.reconcile(place, choice, mutant)),
            HandingOverEvent::Wait(seconds) => self.now += seconds,
            HandingOverEvent::Restart => self.process = Process::start(&mut self.provider),
            HandingOverEvent::Happens(a_move) => self.provider.play(a_move),
            HandingOverEvent::Consent => {
                let annotations = self.stored[SOURCE].resource.metadata.annotations.get_or_insert_default();
                if annotations.remove(MOVED_TO).is_none() {
                    annotations.insert(MOVED_TO.to_owned(), "n1/t".to_owned());
                }
            }
            HandingOverEvent::Rename(place) => self.stored[place].edit(|team| {
                let name = if team.spec.name == "A" { "B" } else { "A" };
                name.clone_into(&mut team.spec.name);
            }),
            HandingOverEvent::Delete(place) => self.stored[place].is_deleted = true,
        }
        self.now += 1;
    }

    fn reconcile(&mut self, place: usize, choice: FaultChoice, mutant: Option<Mutant>) -> Option<State> {
        for namespace in ["n0", "n1"] {
            self.process.claims.watch_config(namespace, "c-own");
        }
        self.stored.iter().for_each(|stored| self.process.claims.watch(stored));
        self.stored.iter().for_each(|stored| self.process.claims.set_reaching(stored, true));
        let before = Before::of(self);
        let mut faults = Faults::of(choice, self.now, mutant);
        let held = if place == HEIR { self.take_over(&mut faults) } else { self.stays(mutant) };
        let state = match held {
            Some(state) => Some(state),
            None => self.process.reconcile(&mut self.stored[place], &mut self.provider, faults),
        };
        self.now = self.now.max(self.process.clock);
        let broken = before.broken(place, self);
        self.broken = self.broken.take().or(broken);
        state
    }

    /// What the heir does before it plans, as `operator::reconcile::taking_over` does; returns the state in which the reconcile ends.
    fn take_over(&mut self, faults: &mut Faults) -> Option<State> {
        let [source, heir] = &mut self.stored;
        let is_own = heir.intent.is_some()
            && heir.intent.as_ref().map(|own| &own.nonce) != source.intent.as_ref().map(|its| &its.nonce);
        if heir.is_deleted || heir.is_gone || heir.external_id().is_some() || is_own {
            return None;
        }
        let mut standing = self.process.claims.standing(heir)?;
        if faults.has(Mutant::ConsentIgnored) && standing == Standing::Barred(Bar::NotConsented) {
            standing = source.external_id().map_or(standing, |id| Standing::Takes(id.to_owned()));
        }
        if let Some(state) = standing.state(&"n0/t", &"n1/t") {
            return Some(state);
        }
        let Standing::Takes(id) = standing else { return None };
        let crashed = State::waiting(Reason::Progressing, "crashed", None);
        heir.intent.clone_from(&source.intent);
        if faults.may_crash().is_err() {
            return Some(crashed);
        }
        let facts = source.resource.status.as_ref().map(|status| status.facts.clone());
        heir.record(Some(id), facts, None, faults).is_err().then_some(crashed)
    }

    /// What a deleted source waits for; returns the state in which the reconcile ends.
    fn stays(&self, mutant: Option<Mutant>) -> Option<State> {
        let [source, heir] = &self.stored;
        let has_heir = source.is_deleted && !source.is_gone && self.process.claims.has_heir(source);
        let is_waiting = has_heir && source.external_id().is_some() && heir.external_id() != source.external_id();
        let waits = is_waiting && mutant != Some(Mutant::SourceGoesFirst);
        waits.then(|| State::waiting(Reason::HasDependents, "", None))
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
