//! The story of three channels of one owner, beside channels that people made: positions move, and a guard counts deletions.

use serde_json::json;

use crate::api::notification_channel::NotificationChannel;
use crate::plan::state::State;
use crate::plan::tests::explorer::clock::LAG;
use crate::plan::tests::explorer::faults::{Faults, Mutant, Trouble};
use crate::plan::tests::explorer::models::channels::{Board, Entry, GUARD};
use crate::plan::tests::explorer::operator::Process;
use crate::plan::tests::explorer::scenario::{Scenario, pauses};
use crate::plan::tests::explorer::stored::Stored;

/// How many resources there are.
const MANY: usize = 3;

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Event {
    /// The operator visits one of them.
    Reconcile(usize, Trouble),
    /// Seconds pass.
    Pass(i64),
    /// The process ends and another one starts.
    Restart,
    /// One of them gets another address.
    Change(usize),
    /// One of them is deleted.
    Delete(usize),
    /// A person makes a channel, or deletes one that a person made.
    Person(bool),
}

#[derive(Clone)]
pub(crate) struct ChannelsScenario(Vec<Event>);

struct Scene {
    board: Board,
    stored: Vec<Stored<NotificationChannel>>,
    process: Process,
    now: i64,
    made: u32,
    /// What people made and did not delete.
    theirs: Vec<Entry>,
}

fn channel(place: usize) -> NotificationChannel {
    let channel = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "NotificationChannel",
        "metadata": {"name": format!("c{place}"), "namespace": "n", "generation": 1, "uid": format!("u{place}")},
        "spec": {"owner": {"customer": {}}, "type": "webhook", "value": format!("https://x.org/{place}/0")},
    });
    serde_json::from_value(channel).unwrap()
}

impl Scenario for ChannelsScenario {
    type Event = Event;

    fn generated(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let event = |random: &mut fastrand::Rng| match random.u8(0..20) {
            0..=9 => Event::Reconcile(random.usize(0..MANY), Trouble::Drawn(random.u64(..))),
            10..=12 => Event::Pass(random.i64(1..=LAG + 2)),
            13 => Event::Pass(random.i64(LAG..=70)),
            14 => Event::Restart,
            15 => Event::Change(random.usize(0..MANY)),
            16 | 17 => Event::Delete(random.usize(0..MANY)),
            18 => Event::Person(true),
            _ => Event::Person(false),
        };
        let length = random.usize(3..=20);
        Self((0..length).map(|_| event(&mut random)).collect())
    }

    fn happy_paths() -> Vec<Self> {
        let reconcile = |place| Event::Reconcile(place, Trouble::None);
        let life = |[one, other]: [i64; 2]| {
            let born = [reconcile(0), Event::Pass(one), reconcile(1), Event::Pass(other), reconcile(0)];
            let changed = [Event::Change(0), reconcile(0), Event::Person(true), Event::Pass(one), reconcile(1)];
            let ended = [Event::Delete(0), reconcile(0), Event::Pass(other), reconcile(0)];
            Self([&born[..], &changed, &ended].concat())
        };
        pauses().into_iter().map(life).collect()
    }

    fn run(&self, mutant: Option<Mutant>) -> Result<(), String> {
        let mut scene = Scene::new();
        for event in &self.0 {
            scene.play(*event, mutant);
            scene.holds()?;
        }
        let states = scene.record_result(mutant);
        scene.holds()?;
        scene.is_ready_for_generation(&states)
    }

    fn events(&mut self) -> &mut Vec<Event> {
        &mut self.0
    }

    fn troubles(event: &mut Event) -> &mut [Trouble] {
        if let Event::Reconcile(_, trouble) = event { std::slice::from_mut(trouble) } else { &mut [] }
    }
}

impl Scene {
    fn new() -> Self {
        let mut board = Board::default();
        let mut scene = Self {
            process: Process::start(&mut board),
            board,
            stored: (0..MANY).map(|place| Stored::new(channel(place))).collect(),
            now: 0,
            made: 0,
            theirs: Vec::new(),
        };
        scene.person(true);
        scene
    }

    fn person(&mut self, makes: bool) {
        if makes {
            self.made += 1;
            let entry = Entry { value: format!("https://people.org/{}", self.made), is_theirs: true };
            self.theirs.push(entry.clone());
            self.board.entries.change_at_once(|entries| entries.push(entry));
        } else if !self.theirs.is_empty() {
            let gone = self.theirs.remove(0);
            self.board.entries.change_at_once(|entries| entries.retain(|entry| *entry != gone));
        }
    }

    fn play(&mut self, event: Event, mutant: Option<Mutant>) {
        match event {
            Event::Reconcile(place, trouble) => drop(self.reconcile(place, Faults::of(trouble, self.now, mutant))),
            Event::Pass(seconds) => self.now += seconds,
            Event::Restart => self.process = Process::start(&mut self.board),
            Event::Change(place) => {
                self.made += 1;
                let value = format!("https://x.org/{place}/{}", self.made);
                self.stored[place].edit(|channel| channel.spec.value = Some(value));
            }
            Event::Delete(place) => self.stored[place].is_deleted = true,
            Event::Person(makes) => self.person(makes),
        }
        self.now += 1;
    }

    fn reconcile(&mut self, place: usize, faults: Faults) -> Option<State> {
        self.process.reconcile(&mut self.stored[place], &mut self.board, faults)
    }

    /// What must hold at every moment.
    fn holds(&self) -> Result<(), String> {
        let entries: &[Entry] = &self.board.entries;
        let theirs: Vec<_> = entries.iter().filter(|entry| entry.is_theirs).cloned().collect();
        if theirs != self.theirs {
            return Err(format!("people's channels were touched: {:?} are now {theirs:?}", self.theirs));
        }
        for place in 0..MANY {
            let ours = format!("https://x.org/{place}/");
            let count = entries.iter().filter(|entry| entry.value.starts_with(&ours)).count();
            if count > 2 {
                return Err(format!("channel {place} is there {count} times: {entries:?}"));
            }
        }
        let windows = usize::try_from(self.now / i64::from(GUARD.window_seconds)).unwrap_or(0) + 1;
        if self.board.deleted > windows {
            return Err(format!("{} deletions in {} s", self.board.deleted, self.now));
        }
        Ok(())
    }

    /// Trouble is over: visits go on until nothing changes any more, the guard's window included.
    fn record_result(&mut self, mutant: Option<Mutant>) -> Vec<Option<State>> {
        let mut states = vec![None; MANY];
        for _ in 0..12 {
            self.now += i64::from(GUARD.window_seconds) + 1;
            for (place, state) in states.iter_mut().enumerate() {
                *state = self.reconcile(place, Faults::of(Trouble::None, self.now, mutant)).or(state.take());
                self.now += LAG + 1;
            }
        }
        states
    }

    fn is_ready_for_generation(&self, states: &[Option<State>]) -> Result<(), String> {
        let ours: Vec<_> =
            self.board.entries.iter().filter(|entry| !entry.is_theirs).map(|entry| entry.value.clone()).collect();
        let alive = || self.stored.iter().filter(|stored| !stored.is_deleted);
        for (stored, state) in self.stored.iter().zip(states) {
            let is_well = if stored.is_deleted { stored.is_gone } else { *state == Some(State::Available) };
            if !is_well {
                return Err(format!("{:?} is not settled: {state:?}", stored.resource.spec.value));
            }
        }
        let mut wanted: Vec<_> = alive().filter_map(|stored| stored.resource.spec.value.clone()).collect();
        let mut seen = ours.clone();
        wanted.sort();
        seen.sort();
        if wanted == seen { Ok(()) } else { Err(format!("there are {ours:?}, wanted {wanted:?}")) }
    }
}
