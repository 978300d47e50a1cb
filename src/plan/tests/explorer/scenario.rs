//! A schedule as a story that can be told, shrunk and described.

use std::fmt::Debug;

use crate::plan::tests::explorer::clock::LAG;
use crate::plan::tests::explorer::faults::{Mutant, Trouble};

/// What happens in order, and what must hold.
pub(crate) trait Scenario: Clone {
    type Event: Debug;

    fn generated(seed: u64) -> Self;
    /// Ordinary lives, of which every schedule with a trouble or two is played.
    fn happy_paths() -> Vec<Self>;
    /// Plays it, and then lets everything come to rest.
    fn run(&self, mutant: Option<Mutant>) -> Result<(), String>;
    fn events(&mut self) -> &mut Vec<Self::Event>;
    /// The troubles of the visits that an event is.
    fn troubles(event: &mut Self::Event) -> &mut [Trouble];

    /// The shortest story of those that leave events out and still break an oracle.
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

/// Pauses of two kinds at two places: before and after lists surely tell.
pub(crate) fn pauses() -> [[i64; 2]; 4] {
    let (short, long) = (1, LAG + 4);
    [[short, short], [short, long], [long, short], [long, long]]
}

/// Every schedule of a life in which one decision goes wrong, and with `pairs` also each in which two do.
pub(crate) fn with_faults<T: Scenario>(life: &T, pairs: bool) -> impl Iterator<Item = T> {
    let life = life.clone();
    let visits = life.clone().events().iter_mut().map(|event| T::troubles(event).len()).sum::<usize>();
    let decisions = 0..visits * usize::from(Trouble::MOST);
    decisions.flat_map(move |one| {
        let others = if pairs { 0..one } else { 0..0 };
        let life = life.clone();
        others.map(Some).chain([None]).map(move |other| with(&life, [Some(one), other]))
    })
}

/// A life in which these decisions go wrong, counted through all visits.
fn with<T: Scenario>(life: &T, wrong: [Option<usize>; 2]) -> T {
    let mut scenario = life.clone();
    let troubles = scenario.events().iter_mut().flat_map(T::troubles);
    for (trouble, context) in troubles.zip(0..) {
        let within =
            |one: usize| (one / usize::from(Trouble::MOST) == context).then(|| one % usize::from(Trouble::MOST));
        let [one, other] = wrong.map(|one| one.and_then(within).and_then(|at| u16::try_from(at + 1).ok()).unwrap_or(0));
        *trouble = Trouble::At(one, other);
    }
    scenario
}
