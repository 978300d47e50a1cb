//! The scenario of three channels of one owner, beside channels that people created: positions move, and a guard counts deletions. No IO.

mod oracles;

use serde_json::json;

use crate::api::notification_channel::NotificationChannel;
use crate::plan::state::State;
use crate::plan::tests::explorer::announced::{Between, Subject};
use crate::plan::tests::explorer::clock::LAG;
use crate::plan::tests::explorer::faults::{FaultChoice, Faults};
use crate::plan::tests::explorer::gateway::Gateway;
use crate::plan::tests::explorer::happenings::set_policy;
use crate::plan::tests::explorer::models::channels::{ChannelsModel, GUARD, ModelChannel};
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::operator::Process;
use crate::plan::tests::explorer::same_calls::Planned;
use crate::plan::tests::explorer::scenario::{Scenario, pauses};
use crate::plan::tests::explorer::stored::{Referents, Stored};

/// How many resources there are.
const MANY: usize = 3;

/// One event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ChannelEvent {
    /// The operator reconciles one of them.
    Reconcile(usize, FaultChoice),
    /// Seconds pass.
    Wait(i64),
    /// The process ends and another one starts.
    Restart,
    /// One of them gets another address.
    Change(usize),
    /// One of them is deleted.
    Delete(usize),
    /// A person makes a channel, or deletes one that a person made.
    Person(bool),
    /// The provider, or a person, makes a move.
    Happens(Move),
}

#[derive(Clone)]
pub(crate) struct ChannelsScenario(Vec<ChannelEvent>);

struct ChannelsEnvironment {
    provider: Gateway<ChannelsModel>,
    stored: Vec<Stored<NotificationChannel>>,
    /// One for the account; with the mutant one for each of two configs.
    processes: [Process; 2],
    now: i64,
    made: u32,
    /// What people made and did not delete.
    by_people: Vec<ModelChannel>,
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
    type Event = ChannelEvent;

    fn generated(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let event = |random: &mut fastrand::Rng| match random.u8(0..20) {
            0..=9 => ChannelEvent::Reconcile(random.usize(0..MANY), FaultChoice::Drawn(random.u64(..))),
            10..=12 => ChannelEvent::Wait(random.i64(1..=LAG + 2)),
            13 => ChannelEvent::Wait(random.i64(LAG..=70)),
            14 => ChannelEvent::Restart,
            15 => ChannelEvent::Change(random.usize(0..MANY)),
            16 | 17 => ChannelEvent::Delete(random.usize(0..MANY)),
            18 => ChannelEvent::Person(true),
            _ => ChannelEvent::Person(false),
        };
        let length = random.usize(3..=20);
        Self((0..length).map(|_| event(&mut random)).collect())
    }

    fn moves() -> Vec<Move> {
        Move::of_channels()
    }

    fn event_of(a_move: Move) -> ChannelEvent {
        ChannelEvent::Happens(a_move)
    }

    fn happy_paths() -> Vec<Self> {
        let reconcile = |place| ChannelEvent::Reconcile(place, FaultChoice::None);
        let happy_path = |[one, other]: [i64; 2]| {
            let created =
                [reconcile(0), ChannelEvent::Wait(one), reconcile(1), ChannelEvent::Wait(other), reconcile(0)];
            let changed = [
                ChannelEvent::Change(0),
                reconcile(0),
                ChannelEvent::Person(true),
                ChannelEvent::Wait(one),
                reconcile(1),
            ];
            let deleted = [ChannelEvent::Delete(0), reconcile(0), ChannelEvent::Wait(other), reconcile(0)];
            Self([&created[..], &changed, &deleted].concat())
        };
        pauses().into_iter().map(happy_path).collect()
    }

    fn run(&self, mutant: Option<Mutant>) -> Result<(), String> {
        let mut environment = ChannelsEnvironment::new();
        for event in &self.0 {
            environment.apply(*event, mutant);
            environment.check_invariants()?;
        }
        let states = environment.converge(mutant);
        environment.check_invariants()?;
        environment.check_converged(&states)
    }

    fn events(&mut self) -> &mut Vec<ChannelEvent> {
        &mut self.0
    }

    fn fault_choices(event: &mut ChannelEvent) -> &mut [FaultChoice] {
        if let ChannelEvent::Reconcile(_, fault_choice) = event { std::slice::from_mut(fault_choice) } else { &mut [] }
    }
}

impl Planned for ChannelsScenario {
    fn compared(&self, between: Between, mutant: Option<Mutant>) -> Result<(), String> {
        let mut environment = ChannelsEnvironment::new();
        self.0.iter().for_each(|event| environment.apply(*event, None));
        let ChannelsEnvironment { stored, provider, now, .. } = &mut environment;
        stored.iter_mut().try_for_each(|stored| Subject { stored, provider, now }.compare(between, mutant))
    }
}

impl ChannelsEnvironment {
    fn new() -> Self {
        let mut provider = Gateway::new(ChannelsModel::default());
        let mut environment = Self {
            processes: [0, 1].map(|_| Process::start(&mut provider)),
            provider,
            stored: (0..MANY).map(|place| Stored::new(channel(place))).collect(),
            now: 0,
            made: 0,
            by_people: Vec::new(),
        };
        environment.person(true);
        environment
    }

    fn person(&mut self, makes: bool) {
        if makes {
            self.made += 1;
            let channel = ModelChannel { value: format!("https://people.org/{}", self.made), is_by_people: true };
            self.by_people.push(channel.clone());
            self.provider.channels.change_at_once(|channels| channels.push(channel));
        } else if !self.by_people.is_empty() {
            let gone = self.by_people.remove(0);
            self.provider.channels.change_at_once(|channels| channels.retain(|channel| *channel != gone));
        }
    }

    fn apply(&mut self, event: ChannelEvent, mutant: Option<Mutant>) {
        if !matches!(event, ChannelEvent::Reconcile(..) | ChannelEvent::Wait(_) | ChannelEvent::Restart) {
            self.provider.bounds.restart();
        }
        match event {
            ChannelEvent::Reconcile(place, fault_choice) => {
                drop(self.reconcile(place, Faults::of(fault_choice, self.now, mutant)));
            }
            ChannelEvent::Wait(seconds) => self.now += seconds,
            ChannelEvent::Restart => self.processes = [0, 1].map(|_| Process::start(&mut self.provider)),
            ChannelEvent::Happens(a_move) => {
                self.provider.play(a_move);
                set_policy(&mut self.stored[0], a_move, false);
                if a_move == Move::ReferencesGone {
                    self.stored.iter_mut().for_each(|stored| stored.referents = Referents::GoFirst);
                }
            }
            ChannelEvent::Change(place) => {
                self.made += 1;
                let value = format!("https://x.org/{place}/{}", self.made);
                self.stored[place].edit(|channel| channel.spec.value = Some(value));
            }
            ChannelEvent::Delete(place) => self.stored[place].is_deleted = true,
            ChannelEvent::Person(makes) => self.person(makes),
        }
        self.now += 1;
    }

    fn reconcile(&mut self, place: usize, faults: Faults) -> Option<State> {
        let config = if faults.has(Mutant::StatePerConfig) { place % 2 } else { 0 };
        let process = &mut self.processes[config];
        let state = process.reconcile(&mut self.stored[place], &mut self.provider, faults);
        self.now = self.now.max(process.clock);
        state
    }

    /// Reconciles without faults until nothing changes any more, the guard's window included.
    fn converge(&mut self, mutant: Option<Mutant>) -> Vec<Option<State>> {
        self.provider.calm();
        for a_move in Move::OF_POLICIES.into_iter().filter(|one| self.provider.has_played(*one)) {
            set_policy(&mut self.stored[0], a_move, true);
        }
        let mut states = vec![None; MANY];
        let mut before = 0;
        for round in 0..14 {
            if round == 12 {
                before = self.provider.bounds.sent;
            }
            self.now += i64::from(GUARD.window_seconds) + 1;
            for (place, state) in states.iter_mut().enumerate() {
                *state = self.reconcile(place, Faults::of(FaultChoice::None, self.now, mutant)).or(state.take());
                self.now += LAG + 1;
            }
        }
        let sent = self.provider.bounds.sent - before;
        // A deletion is never given up: it is tried again now and then.
        if sent > 2 * self.stored.iter().filter(|stored| stored.is_deleted && !stored.is_gone).count() {
            self.provider.bounds.break_off(format!("{sent} calls in the end, and no rest: {states:?}"));
        }
        states
    }
}
