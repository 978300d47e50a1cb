//! The scenario of one Team with one person. No IO.

use serde_json::json;

use crate::api::approval::ApprovalPolicy;
use crate::api::reason::Reason;
use crate::api::team::Team;
use crate::plan::state::State;
use crate::plan::tests::explorer::announced::Between;
use crate::plan::tests::explorer::clock::{CALL, LAG};
use crate::plan::tests::explorer::faults::FaultChoice;
use crate::plan::tests::explorer::models::teams::{Maker, ModelTeam, PERSON, TeamsModel};
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::same_calls::Planned;
use crate::plan::tests::explorer::scenario::{Scenario, pauses};
use crate::plan::tests::explorer::stored::ApprovedIn;

/// One event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum TeamEvent {
    /// The operator reconciles.
    Reconcile(FaultChoice),
    /// Seconds pass.
    Wait(i64),
    /// The process ends and another one starts.
    Restart,
    /// The spec gets another name.
    Rename,
    /// The resource is deleted.
    Delete,
    /// A person makes a team of the same name.
    LookAlike,
    /// A person renames, or deletes, the team.
    Edit(bool),
    /// The invited person answers.
    Answer(bool),
    /// The spec lists the person, or nobody.
    List(bool),
    /// The provider, or a person, makes a move.
    Happens(Move),
}

#[derive(Clone)]
pub(crate) struct TeamScenario(Vec<TeamEvent>);

type TeamEnvironment = crate::plan::tests::explorer::environment::Environment<Team, TeamsModel>;

impl Scenario for TeamScenario {
    type Event = TeamEvent;

    fn generated(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let reconcile = |random: &mut fastrand::Rng| TeamEvent::Reconcile(FaultChoice::Drawn(random.u64(..)));
        let event = |random: &mut fastrand::Rng| match random.u8(0..23) {
            0..=8 => vec![reconcile(random)],
            9..=12 => vec![TeamEvent::Wait(random.i64(1..=LAG + 2))],
            13 => vec![TeamEvent::Wait(random.i64(LAG..=70))],
            14 => vec![TeamEvent::Restart],
            15 => vec![TeamEvent::Rename],
            16 => vec![TeamEvent::Delete],
            17 => vec![TeamEvent::LookAlike],
            18 => vec![TeamEvent::Edit(random.bool())],
            19 => vec![TeamEvent::Answer(random.u8(0..4) > 0), reconcile(random)],
            20 => vec![TeamEvent::List(random.bool())],
            21 => vec![TeamEvent::List(false), TeamEvent::Wait(4), reconcile(random), TeamEvent::List(true)],
            _ => listed_again_later(|| reconcile(random)),
        };
        let length = random.usize(3..=14);
        Self((0..length).flat_map(|_| event(&mut random)).collect())
    }

    fn moves() -> Vec<Move> {
        Move::of_team()
    }

    fn event_of(a_move: Move) -> TeamEvent {
        TeamEvent::Happens(a_move)
    }

    fn happy_paths() -> Vec<Self> {
        let reconcile = TeamEvent::Reconcile(FaultChoice::None);
        let happy_path = |[one, other]: [i64; 2]| {
            let created = [
                reconcile,
                TeamEvent::Wait(one),
                reconcile,
                TeamEvent::Answer(true),
                TeamEvent::Wait(other),
                reconcile,
            ];
            let changed = [TeamEvent::Rename, reconcile, TeamEvent::Wait(one), reconcile];
            let deleted = [TeamEvent::Delete, reconcile, TeamEvent::Wait(other), reconcile];
            Self([&created[..], &changed, &deleted].concat())
        };
        pauses().into_iter().map(happy_path).chain([Self::of_returning(pauses()[1])]).collect()
    }

    fn run(&self, mutant: Option<Mutant>) -> Result<(), String> {
        self.run_under(None, mutant)
    }

    fn events(&mut self) -> &mut Vec<TeamEvent> {
        &mut self.0
    }

    fn fault_choices(event: &mut TeamEvent) -> &mut [FaultChoice] {
        if let TeamEvent::Reconcile(fault_choice) = event { std::slice::from_mut(fault_choice) } else { &mut [] }
    }
}

/// A person who is in the team is taken out of the spec, and listed again once nothing is known of the person any more.
fn listed_again_later(mut reconcile: impl FnMut() -> TeamEvent) -> Vec<TeamEvent> {
    let (long, lists) = (TeamEvent::Wait(CALL + LAG + 1), TeamEvent::List);
    let mut events = vec![TeamEvent::Answer(true), reconcile(), lists(false), TeamEvent::Wait(4), reconcile()];
    events.extend([long, reconcile(), lists(true), reconcile()]);
    events
}

impl TeamScenario {
    /// A happy path in which a person who is in the team is taken out of the spec and listed again, at once and later.
    fn of_returning([short, long]: [i64; 2]) -> Self {
        let reconcile = TeamEvent::Reconcile(FaultChoice::None);
        let invited = [reconcile, TeamEvent::Wait(short), reconcile];
        let at_once = [TeamEvent::List(false), TeamEvent::Wait(4), reconcile, TeamEvent::List(true), reconcile];
        let waited = [TeamEvent::Wait(long), reconcile];
        let later = listed_again_later(|| reconcile);
        Self([&invited[..], &[TeamEvent::Answer(true), reconcile], &at_once, &waited, &later].concat())
    }

    /// Runs it; if a person approves somewhere, under a config that requires that.
    pub(crate) fn run_under(&self, approved_in: Option<ApprovedIn>, mutant: Option<Mutant>) -> Result<(), String> {
        let mut environment = TeamEnvironment::new(team(), TeamsModel::default());
        if let Some(approved_in) = approved_in {
            environment.stored.approvals.policy = ApprovalPolicy::Required;
            environment.stored.approved_in = approved_in;
        }
        for event in &self.0 {
            environment.apply(*event, mutant);
            environment.check_invariants()?;
        }
        let state = environment.converge(mutant);
        environment.check_invariants()?;
        environment.check_converged(state.as_ref())
    }
}

impl Planned for TeamScenario {
    fn compared(&self, between: Between, mutant: Option<Mutant>) -> Result<(), String> {
        let mut environment = TeamEnvironment::new(team(), TeamsModel::default());
        self.0.iter().for_each(|event| environment.apply(*event, None));
        environment.subject().compare(between, mutant)
    }
}

/// The resource of the scenario.
fn team() -> Team {
    let team = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Team",
        "metadata": {"name": "t", "namespace": "n", "generation": 1, "uid": "u"},
        "spec": {"name": "A", "members": [{"email": PERSON}]},
    });
    serde_json::from_value(team).unwrap()
}

impl TeamEnvironment {
    fn apply(&mut self, event: TeamEvent, mutant: Option<Mutant>) {
        if !matches!(event, TeamEvent::Reconcile(_) | TeamEvent::Wait(_) | TeamEvent::Restart) {
            self.provider.bounds.restart();
        }
        let (now, ours) = (self.now, self.stored.external_id().map(str::to_owned));
        // Who was taken out before was judged with the spec of then, which this event may change.
        self.provider.taken_out = 0;
        match event {
            TeamEvent::Reconcile(fault_choice) => drop(self.reconcile(fault_choice, mutant)),
            TeamEvent::Wait(seconds) => self.now += seconds,
            TeamEvent::Restart => self.restart(),
            TeamEvent::Happens(a_move) => self.happens(a_move, mutant),
            TeamEvent::Rename => {
                let name = if self.stored.resource.spec.name == "A" { "B" } else { "A" };
                self.stored.edit(|team| name.clone_into(&mut team.spec.name));
            }
            TeamEvent::Delete => self.stored.is_deleted = true,
            TeamEvent::LookAlike => {
                let name = self.stored.resource.spec.name.clone();
                let id = self.provider.make(now, &name, Maker::Human);
                self.add_look_alike(id);
            }
            TeamEvent::Edit(deletes) => self.provider.teams.change(now, |teams| {
                let Some(id) = ours.filter(|id| teams.contains_key(id)) else { return };
                self.is_renamed |= !deletes;
                match teams.get_mut(&id) {
                    Some(team) if !deletes => "Edited".clone_into(&mut team.name),
                    _ => drop(teams.remove(&id)),
                }
            }),
            TeamEvent::Answer(accepts) => self.provider.answers(now, accepts),
            TeamEvent::List(lists) => self.list(lists),
        }
        self.now += 1;
    }

    /// The spec lists the person from now on, or nobody. Who is listed again may be invited again.
    fn list(&mut self, lists: bool) {
        let members = if lists { json!([{"email": PERSON}]) } else { json!([]) };
        self.provider.listed_again += u32::from(lists && self.provider.is_delisted);
        self.provider.is_delisted = !lists;
        self.stored.edit(|team| team.spec.members = serde_json::from_value(members).unwrap());
    }

    fn lists_nobody(&self) -> bool {
        self.stored.resource.spec.members.as_ref().is_some_and(Vec::is_empty)
    }

    /// Checks what must be true at all times.
    fn check_invariants(&self) -> Result<(), String> {
        let ours: Vec<_> = self.provider.teams.iter().filter(|(_, team)| team.maker == Maker::Operator).collect();
        if ours.len() > self.most_objects() && !self.is_renamed {
            return Err(format!("two teams were made: {ours:?}"));
        }
        if let Some((id, team)) =
            self.provider.teams.iter().find(|(_, team)| team.mails > 1 + self.provider.listed_again)
        {
            return Err(format!("the person was invited {} times to {id}", team.mails));
        }
        if self.provider.taken_out > 0 && !self.lists_nobody() {
            return Err("a person was taken out whom the spec lists, or of whom it says nothing".to_owned());
        }
        self.check_others_untouched()?;
        let bound = self.stored.external_id().and_then(|id| self.provider.teams.get(id));
        if self.provider.has_played(Move::Observed)
            && bound.is_some_and(|team| team.mails == 0 && !team.is_member)
            && self.member_state() == "Invited"
        {
            return Err("status says that the person is invited, and nobody was".to_owned());
        }
        let theirs = self.provider.teams.iter().find(|(_, team)| team.maker == Maker::Human && team.mails > 0);
        match theirs.filter(|(id, _)| self.stored.external_id() != Some(id.as_str())) {
            Some((id, _)) => Err(format!("somebody else's team {id} was touched")),
            None => Ok(()),
        }
    }

    fn check_converged(&self, state: Option<&State>) -> Result<(), String> {
        if self.is_told(state) {
            return Ok(());
        }
        if self.is_held_by_new_name(state) && self.stored.is_deleted {
            return Err(format!("the resource does not go: {state:?}"));
        }
        let stalled = matches!(state, Some(State::Stalled { reason: Reason::AmbiguousCreate | Reason::NameTaken, .. }));
        let ours = self.provider.teams.values().filter(|team| team.maker == Maker::Operator).count();
        if self.stored.is_deleted {
            // Which of two objects is ours only a person can decide; that blocks the deletion, and is reported.
            return match (self.stored.is_gone, ours) {
                (true, 0) => Ok(()),
                (true, n) if self.look_alikes.is_empty() && self.most_objects() == 1 => {
                    Err(format!("{n} teams were left behind"))
                }
                (false, _) if !stalled => Err(format!("the resource does not go: {state:?}")),
                _ => Ok(()),
            };
        }
        if stalled && !self.look_alikes.is_empty() {
            return Ok(());
        }
        let bound = self.stored.external_id().and_then(|id| self.provider.teams.get(id));
        match (state, bound) {
            (Some(State::Available), Some(team)) if team.name == self.stored.resource.spec.name => {
                self.check_person(team)
            }
            _ => Err(format!("not converged: {state:?}, {bound:?}, wanted {}", self.stored.resource.spec.name)),
        }
    }

    /// What status says of the person is true.
    fn check_person(&self, team: &ModelTeam) -> Result<(), String> {
        let said = self.member_state();
        let is_well = match (team.is_member, team.invitation) {
            _ if self.provider.has_played(Move::MembersAbsent) => true,
            (is_member, invitation) if self.lists_nobody() => {
                said.is_empty() && !is_member && invitation != Some("Pending")
            }
            (true, _) => said == "Active",
            (false, None) if team.has_lapsed => said == "Expired",
            (false, Some("Pending")) => said == "Invited",
            (false, Some("Declined")) => said == "Declined",
            // Nobody but the operator took the person out, who is listed again.
            (false, None | Some(_)) => false,
        };
        if is_well { Ok(()) } else { Err(format!("status says '{said}' of the person, and it is {team:?}")) }
    }
}
