//! The story of one Team with one person: what happens in order, and what must hold.

use serde_json::json;

use crate::api::reason::Reason;
use crate::api::team::Team;
use crate::plan::state::State;
use crate::plan::tests::explorer::clock::LAG;
use crate::plan::tests::explorer::faults::{Mutant, Trouble};
use crate::plan::tests::explorer::models::teams::{Maker, PERSON, Provider};
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
    /// The resource is deleted.
    Delete,
    /// A person makes a team of the same name.
    Twin,
    /// A person renames, or deletes, the team.
    Edit(bool),
    /// The invited person answers.
    Answer(bool),
}

#[derive(Clone)]
pub(crate) struct TeamScenario(Vec<Event>);

type Scene = crate::plan::tests::explorer::scene::Scene<Team, Provider>;

impl Scenario for TeamScenario {
    type Event = Event;

    fn generated(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let event = |random: &mut fastrand::Rng| match random.u8(0..20) {
            0..=8 => Event::Reconcile(Trouble::Drawn(random.u64(..))),
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

    fn happy_paths() -> Vec<Self> {
        let reconcile = Event::Reconcile(Trouble::None);
        let life = |[one, other]: [i64; 2]| {
            let born = [reconcile, Event::Pass(one), reconcile, Event::Answer(true), Event::Pass(other), reconcile];
            let changed = [Event::Rename, reconcile, Event::Pass(one), reconcile];
            let ended = [Event::Delete, reconcile, Event::Pass(other), reconcile];
            Self([&born[..], &changed, &ended].concat())
        };
        pauses().into_iter().map(life).collect()
    }

    /// Plays it, and then lets everything come to rest.
    fn run(&self, mutant: Option<Mutant>) -> Result<(), String> {
        let mut scene = Scene::new(team(), Provider::default());
        for event in &self.0 {
            scene.play(*event, mutant);
            scene.holds()?;
        }
        let state = scene.record_result(mutant);
        scene.holds()?;
        scene.is_ready_for_generation(state.as_ref())
    }

    fn events(&mut self) -> &mut Vec<Event> {
        &mut self.0
    }

    fn troubles(event: &mut Event) -> &mut [Trouble] {
        if let Event::Reconcile(trouble) = event { std::slice::from_mut(trouble) } else { &mut [] }
    }
}

/// The resource that the story is of.
fn team() -> Team {
    let team = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Team",
        "metadata": {"name": "t", "namespace": "n", "generation": 1, "uid": "u"},
        "spec": {"name": "A", "members": [{"email": PERSON}]},
    });
    serde_json::from_value(team).unwrap()
}

impl Scene {
    fn play(&mut self, event: Event, mutant: Option<Mutant>) {
        let (now, ours) = (self.now, self.stored.external_id().map(str::to_owned));
        match event {
            Event::Reconcile(trouble) => drop(self.reconcile(trouble, mutant)),
            Event::Pass(seconds) => self.now += seconds,
            Event::Restart => self.restart(),
            Event::Rename => {
                let name = if self.stored.resource.spec.name == "A" { "B" } else { "A" };
                self.stored.edit(|team| name.clone_into(&mut team.spec.name));
            }
            Event::Delete => self.stored.is_deleted = true,
            Event::Twin => {
                let name = self.stored.resource.spec.name.clone();
                let id = self.provider.make(now, &name, Maker::Human);
                self.twin(id);
            }
            Event::Edit(deletes) => self.provider.teams.change(now, |teams| {
                let Some(id) = ours.filter(|id| teams.contains_key(id)) else { return };
                self.is_renamed |= !deletes;
                match teams.get_mut(&id) {
                    Some(team) if !deletes => "Edited".clone_into(&mut team.name),
                    _ => drop(teams.remove(&id)),
                }
            }),
            Event::Answer(accepts) => self.provider.teams.change(now, |teams| {
                let invited = teams.values_mut().find(|team| team.invitation == Some("Pending"));
                let Some(team) = invited else { return };
                (team.invitation, team.is_member) = (Some(if accepts { "Accepted" } else { "Declined" }), accepts);
            }),
        }
        self.now += 1;
    }

    /// What must hold at every moment.
    fn holds(&self) -> Result<(), String> {
        let ours: Vec<_> = self.provider.teams.iter().filter(|(_, team)| team.maker == Maker::Operator).collect();
        if ours.len() > 1 && !self.is_renamed {
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

    fn is_ready_for_generation(&self, state: Option<&State>) -> Result<(), String> {
        let stalled = matches!(state, Some(State::Stalled { reason: Reason::AmbiguousCreate | Reason::NameTaken, .. }));
        let ours = self.provider.teams.values().filter(|team| team.maker == Maker::Operator).count();
        if self.stored.is_deleted {
            // Which of two is ours only a person can tell; that is held, and said.
            return match (self.stored.is_gone, ours) {
                (true, 0) => Ok(()),
                (true, n) if self.twins.is_empty() => Err(format!("{n} teams were left behind")),
                (false, _) if !stalled => Err(format!("the resource does not go: {state:?}")),
                _ => Ok(()),
            };
        }
        if stalled && !self.twins.is_empty() {
            return Ok(());
        }
        let bound = self.stored.external_id().and_then(|id| self.provider.teams.get(id));
        match (state, bound) {
            (Some(State::Available), Some(team)) if team.name == self.stored.resource.spec.name => Ok(()),
            _ => Err(format!("not settled: {state:?}, {bound:?}, wanted {}", self.stored.resource.spec.name)),
        }
    }
}
