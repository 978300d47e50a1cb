//! A schedule of events that can be run, shrunk and described. No IO.

use std::fmt::Debug;

use crate::plan::tests::explorer::clock::{CALL, LAG};
use crate::plan::tests::explorer::faults::FaultChoice;
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::mutants::Mutant;

/// What happens in order, and what must hold.
pub(crate) trait Scenario: Clone {
    type Event: Debug;

    fn generated(seed: u64) -> Self;
    /// The moves that may be made in it.
    fn moves() -> Vec<Move>;
    /// The event in which a move is made.
    fn event_of(a_move: Move) -> Self::Event;
    /// Happy paths, which are run with every choice of one fault or two.
    fn happy_paths() -> Vec<Self>;
    /// Runs it, and then reconciles until nothing changes.
    fn run(&self, mutant: Option<Mutant>) -> Result<(), String>;
    fn events(&mut self) -> &mut Vec<Self::Event>;
    /// The fault choices of the reconciles of an event.
    fn fault_choices(event: &mut Self::Event) -> &mut [FaultChoice];

    /// The schedule of this number; in every second one some of these moves are made.
    fn with_moves(seed: u64, allowed: &[Move]) -> Self {
        let mut scenario = Self::generated(seed);
        let mut random = fastrand::Rng::with_seed(seed ^ 0x5eed);
        if !allowed.is_empty() && random.bool() {
            for a_move in (0..random.u8(1..=2)).filter_map(|_| Move::drawn(allowed, &mut random)).collect::<Vec<_>>() {
                let place = random.usize(0..=scenario.events().len());
                scenario.events().insert(place, Self::event_of(a_move));
            }
        }
        scenario
    }

    /// The shortest schedule of those that leave events out and still break an oracle.
    fn shrunk(&self, mutant: Option<Mutant>) -> Self {
        let mut scenario = self.clone();
        let mut at = 0;
        while at < scenario.events().len() {
            let mut shorter = scenario.clone();
            shorter.events().remove(at);
            if shorter.run(mutant).is_err() {
                (scenario, at) = (shorter, 0);
            } else {
                at += 1;
            }
        }
        scenario
    }

    fn describe(mut self, mutant: Option<Mutant>, first: &str) -> String {
        let broken = self.run(mutant).err();
        let events: Vec<_> = self.events().iter().map(|event| format!("  {event:?}")).collect();
        format!("{}\nbecause of\n{}", broken.as_deref().unwrap_or(first), events.join("\n"))
    }
}

/// Short and long pauses at two places: lists surely show a write only after a long one.
pub(crate) fn pauses() -> [[i64; 2]; 4] {
    let (short, long) = (1, CALL + LAG + 1);
    [[short, short], [short, long], [long, short], [long, long]]
}

/// Every variant of a happy path in which one decision goes wrong, and with `pairs` also each in which two do.
pub(crate) fn with_faults<T: Scenario>(happy_path: &T, pairs: bool) -> impl Iterator<Item = T> {
    let happy_path = happy_path.clone();
    let reconciles = happy_path.clone().events().iter_mut().map(|event| T::fault_choices(event).len()).sum::<usize>();
    let decisions = 0..reconciles * usize::from(FaultChoice::MOST);
    decisions.flat_map(move |one| {
        let others = if pairs { 0..one } else { 0..0 };
        let happy_path = happy_path.clone();
        others.map(Some).chain([None]).map(move |other| with(&happy_path, [Some(one), other]))
    })
}

/// Every variant of a happy path in which one of these moves is made at one place.
pub(crate) fn with_each_move<T: Scenario>(happy_path: &T, allowed: &[Move]) -> Vec<T> {
    let length = happy_path.clone().events().len();
    let places = allowed.iter().flat_map(|a_move| (0..=length).map(move |place| (*a_move, place)));
    let moved = |(a_move, place)| {
        let mut scenario = happy_path.clone();
        scenario.events().insert(place, T::event_of(a_move));
        scenario
    };
    places.map(moved).collect()
}

/// A happy path in which these decisions go wrong, counted through all reconciles.
fn with<T: Scenario>(happy_path: &T, wrong: [Option<usize>; 2]) -> T {
    let mut scenario = happy_path.clone();
    let fault_choices = scenario.events().iter_mut().flat_map(T::fault_choices);
    for (fault_choice, context) in fault_choices.zip(0..) {
        let within = |one: usize| {
            (one / usize::from(FaultChoice::MOST) == context).then(|| one % usize::from(FaultChoice::MOST))
        };
        let [one, other] = wrong.map(|one| one.and_then(within).and_then(|at| u16::try_from(at + 1).ok()).unwrap_or(0));
        *fault_choice = FaultChoice::At(one, other);
    }
    scenario
}
