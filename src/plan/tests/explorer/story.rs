//! A schedule as a story: what happens in order, what must hold, and how it is shrunk and told.

use super::operator::{Crash, LAG, Process, Stored};
use super::provider::{Maker, Provider};
use crate::plan::State;

/// A known mistake, which the explorer must find.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mutant {
    /// No create record before a create.
    NoIntent,
    /// The list is believed at once after a create.
    NoLagWait,
    /// One list that lacks the object proves that it is gone.
    AbsentByOneList,
    /// A create whose answer was lost counts as one that did not happen.
    BlindRetry,
    /// An invitation is not recorded before it is sent.
    NoRecord,
}

impl Mutant {
    pub(super) const ALL: [Self; 5] =
        [Self::NoIntent, Self::NoLagWait, Self::AbsentByOneList, Self::BlindRetry, Self::NoRecord];
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Event {
    /// The operator visits; trouble is drawn from this number.
    Visit(u64),
    /// Seconds pass.
    Pass(i64),
    /// The process ends and another one starts.
    Restart,
    /// The spec gets another name.
    Rename,
    /// The resource is deleted.
    Delete,
    /// A person makes a team of the same name.
    Twin,
    /// A person renames, or deletes, the team.
    Edit(bool),
    /// The invited person answers.
    Answer(bool),
}

/// Draws the trouble of one visit.
pub(super) struct Chaos {
    pub(super) now: i64,
    pub(super) mutant: Option<Mutant>,
    random: fastrand::Rng,
    /// How likely trouble is, in percent.
    trouble: u8,
}

impl Chaos {
    fn of(seed: u64, now: i64, mutant: Option<Mutant>, trouble: u8) -> Self {
        Self { now, mutant, random: fastrand::Rng::with_seed(seed), trouble }
    }

    pub(super) fn may_crash(&mut self) -> Result<(), Crash> {
        if self.random.u8(0..100) < self.trouble / 2 { Err(Crash) } else { Ok(()) }
    }

    pub(super) fn fails(&mut self) -> bool {
        self.random.u8(0..100) < self.trouble
    }

    pub(super) fn flips(&mut self) -> bool {
        self.trouble > 0 && self.random.bool()
    }

    pub(super) fn staleness(&mut self, most: i64) -> i64 {
        if self.trouble == 0 { 0 } else { self.random.i64(0..=most) }
    }

    pub(super) fn number(&mut self) -> u64 {
        self.random.u64(..)
    }
}

#[derive(Clone)]
pub(super) struct Story(Vec<Event>);

/// What the world is while a story is told.
struct Scene {
    provider: Provider,
    stored: Stored,
    process: Process,
    now: i64,
    edited: bool,
    twins: bool,
}

impl Story {
    pub(super) fn generated(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let event = |random: &mut fastrand::Rng| match random.u8(0..20) {
            0..=8 => Event::Visit(random.u64(..)),
            9..=12 => Event::Pass(random.i64(1..=LAG + 2)),
            13 => Event::Pass(random.i64(LAG..=70)),
            14 => Event::Restart,
            15 => Event::Rename,
            16 => Event::Delete,
            17 => Event::Twin,
            18 => Event::Edit(random.bool()),
            _ => Event::Answer(random.bool()),
        };
        let length = random.usize(3..=14);
        Self((0..length).map(|_| event(&mut random)).collect())
    }

    /// Plays it, and then lets everything come to rest.
    pub(super) fn tell(&self, mutant: Option<Mutant>) -> Result<(), String> {
        let mut scene = Scene {
            provider: Provider::default(),
            stored: Stored::new(),
            process: Process::start(),
            now: 0,
            edited: false,
            twins: false,
        };
        for event in &self.0 {
            scene.play(*event, mutant);
            scene.holds()?;
        }
        let state = scene.settle(mutant);
        scene.holds()?;
        scene.is_settled(state.as_ref())
    }

    /// The shortest story of those that leave events out and still break an oracle.
    pub(super) fn shrunk(&self, mutant: Option<Mutant>) -> Self {
        let mut story = self.clone();
        let mut at = 0;
        while at < story.0.len() {
            let mut shorter = story.clone();
            shorter.0.remove(at);
            if shorter.tell(mutant).is_err() {
                (story, at) = (shorter, 0);
            } else {
                at += 1;
            }
        }
        story
    }

    pub(super) fn describe(&self, mutant: Option<Mutant>, first: &str) -> String {
        let broken = self.tell(mutant).err();
        let events: Vec<_> = self.0.iter().map(|event| format!("  {event:?}")).collect();
        format!("{}\nbecause of\n{}", broken.as_deref().unwrap_or(first), events.join("\n"))
    }
}

impl Scene {
    fn play(&mut self, event: Event, mutant: Option<Mutant>) {
        let (now, ours) = (self.now, self.stored.external_id().map(str::to_owned));
        match event {
            Event::Visit(seed) => drop(self.visit(Chaos::of(seed, now, mutant, 12))),
            Event::Pass(seconds) => self.now += seconds,
            Event::Restart => self.process = Process::start(),
            Event::Rename => {
                let name = if self.stored.team.spec.name == "A" { "B" } else { "A" };
                self.stored.rename(name);
            }
            Event::Delete => self.stored.is_deleted = true,
            Event::Twin => {
                self.twins = true;
                let name = self.stored.team.spec.name.clone();
                self.provider.make(now, &name, Maker::Human);
            }
            Event::Edit(deletes) => self.provider.change(now, |teams| {
                let Some(id) = ours.filter(|id| teams.contains_key(id)) else { return };
                self.edited = true;
                match teams.get_mut(&id) {
                    Some(team) if !deletes => "Edited".clone_into(&mut team.name),
                    _ => drop(teams.remove(&id)),
                }
            }),
            Event::Answer(accepts) => self.provider.change(now, |teams| {
                let invited = teams.values_mut().find(|team| team.invitation == Some("Pending"));
                let Some(team) = invited else { return };
                (team.invitation, team.is_member) = (Some(if accepts { "Accepted" } else { "Declined" }), accepts);
            }),
        }
        self.now += 1;
    }

    fn visit(&mut self, mut chaos: Chaos) -> Option<State> {
        if self.stored.is_gone {
            return None;
        }
        let outcome = self.process.visit(&mut self.stored, &mut self.provider, &mut chaos);
        if outcome.is_err() {
            self.process = Process::start();
        }
        outcome.ok()
    }

    /// What must hold at every moment.
    fn holds(&self) -> Result<(), String> {
        let ours: Vec<_> = self.provider.teams.iter().filter(|(_, team)| team.maker == Maker::Operator).collect();
        if ours.len() > 1 && !self.edited {
            return Err(format!("two teams were made: {ours:?}"));
        }
        if let Some((id, team)) = self.provider.teams.iter().find(|(_, team)| team.mails > 1) {
            return Err(format!("the person was invited {} times to {id}", team.mails));
        }
        let theirs = self.provider.teams.iter().find(|(_, team)| team.maker == Maker::Human && team.mails > 0);
        match theirs.filter(|(id, _)| self.stored.external_id() != Some(id.as_str())) {
            Some((id, _)) => Err(format!("somebody else's team {id} was touched")),
            None => Ok(()),
        }
    }

    /// Trouble is over: visits go on until nothing changes any more.
    fn settle(&mut self, mutant: Option<Mutant>) -> Option<State> {
        let mut state = None;
        for _ in 0..14 {
            self.now += 61;
            state = self.visit(Chaos::of(0, self.now, mutant, 0)).or(state);
        }
        state
    }

    fn is_settled(&self, state: Option<&State>) -> Result<(), String> {
        let stalled = matches!(state, Some(State::Stalled { reason: "AmbiguousCreate" | "NameTaken", .. }));
        let ours = self.provider.teams.values().filter(|team| team.maker == Maker::Operator).count();
        if self.stored.is_deleted {
            // Which of two is ours only a person can tell; that is held, and said.
            return match (self.stored.is_gone, ours) {
                (true, 0) => Ok(()),
                (true, n) if !self.twins => Err(format!("{n} teams were left behind")),
                (false, _) if !stalled => Err(format!("the resource does not go: {state:?}")),
                _ => Ok(()),
            };
        }
        if stalled && self.twins {
            return Ok(());
        }
        let bound = self.stored.external_id().and_then(|id| self.provider.teams.get(id));
        match (state, bound) {
            (Some(State::Available), Some(team)) if team.name == self.stored.team.spec.name => Ok(()),
            _ => Err(format!("not settled: {state:?}, {bound:?}, wanted {}", self.stored.team.spec.name)),
        }
    }
}
