//! The scenario of one sub-account: renamed, changed, suppressed, edited and deleted by people, in the end suspended or deleted. No IO.

use std::collections::BTreeMap;

use serde_json::json;

use crate::api::reason::Reason;
use crate::api::sub_account::SubAccount;
use crate::plan::state::State;
use crate::plan::tests::explorer::announced::Between;
use crate::plan::tests::explorer::clock::LAG;
use crate::plan::tests::explorer::faults::FaultChoice;
use crate::plan::tests::explorer::models::accounts::{AccountsModel, ModelAccount};
use crate::plan::tests::explorer::models::teams::Maker;
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::same_calls::Planned;
use crate::plan::tests::explorer::scenario::{Scenario, pauses};

/// One event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum SubAccountEvent {
    /// The operator reconciles.
    Reconcile(FaultChoice),
    /// Seconds pass.
    Wait(i64),
    /// The process ends and another one starts.
    Restart,
    /// The spec gets another name.
    Rename,
    /// The spec gets another time zone.
    Timezone,
    /// The spec silences the account, or no longer does.
    Suppress,
    /// The resource is deleted.
    Delete,
    /// A person makes a sub-account of the same name.
    LookAlike,
    /// A person renames, or deletes, the account.
    Edit(bool),
    /// The provider, or a person, makes a move.
    Happens(Move),
}

#[derive(Clone)]
pub(crate) struct SubAccountScenario {
    /// What deleting the resource does.
    end: &'static str,
    events: Vec<SubAccountEvent>,
}

type SubAccountEnvironment = crate::plan::tests::explorer::environment::Environment<SubAccount, AccountsModel>;

impl Scenario for SubAccountScenario {
    type Event = SubAccountEvent;

    fn generated(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let event = |random: &mut fastrand::Rng| match random.u8(0..22) {
            0..=8 => SubAccountEvent::Reconcile(FaultChoice::Drawn(random.u64(..))),
            9..=12 => SubAccountEvent::Wait(random.i64(1..=LAG + 2)),
            13 => SubAccountEvent::Wait(random.i64(LAG..=70)),
            14 => SubAccountEvent::Restart,
            15 => SubAccountEvent::Rename,
            16 => SubAccountEvent::Timezone,
            17 => SubAccountEvent::Suppress,
            18 | 19 => SubAccountEvent::Delete,
            20 => SubAccountEvent::LookAlike,
            _ => SubAccountEvent::Edit(random.bool()),
        };
        let end = ["Delete", "Suspend"][random.usize(0..2)];
        let length = random.usize(3..=16);
        Self { end, events: (0..length).map(|_| event(&mut random)).collect() }
    }

    fn moves() -> Vec<Move> {
        Move::of_one_object()
    }

    fn event_of(a_move: Move) -> SubAccountEvent {
        SubAccountEvent::Happens(a_move)
    }

    fn happy_paths() -> Vec<Self> {
        let reconcile = SubAccountEvent::Reconcile(FaultChoice::None);
        let happy_path = |end, [one, other]: [i64; 2]| {
            let created = [
                reconcile,
                SubAccountEvent::Wait(one),
                reconcile,
                SubAccountEvent::Rename,
                SubAccountEvent::Suppress,
                reconcile,
            ];
            let changed = [SubAccountEvent::Timezone, reconcile, SubAccountEvent::Wait(other), reconcile];
            let deleted = [
                SubAccountEvent::Delete,
                reconcile,
                SubAccountEvent::Wait(one),
                reconcile,
                SubAccountEvent::Wait(other),
                reconcile,
            ];
            Self { end, events: [&created[..], &changed, &deleted].concat() }
        };
        ["Delete", "Suspend"].into_iter().flat_map(|end| pauses().map(|pauses| happy_path(end, pauses))).collect()
    }

    fn run(&self, mutant: Option<Mutant>) -> Result<(), String> {
        let mut environment = SubAccountEnvironment::new(sub_account(self.end), AccountsModel::default());
        for event in &self.events {
            environment.apply(*event, mutant);
            environment.check_invariants()?;
        }
        let state = environment.converge(mutant);
        environment.check_invariants()?;
        environment.check_converged(self.end == "Suspend", state.as_ref())
    }

    fn events(&mut self) -> &mut Vec<SubAccountEvent> {
        &mut self.events
    }

    fn fault_choices(event: &mut SubAccountEvent) -> &mut [FaultChoice] {
        if let SubAccountEvent::Reconcile(fault_choice) = event { std::slice::from_mut(fault_choice) } else { &mut [] }
    }
}

impl Planned for SubAccountScenario {
    fn compared(&self, between: Between, mutant: Option<Mutant>) -> Result<(), String> {
        let mut environment = SubAccountEnvironment::new(sub_account(self.end), AccountsModel::default());
        self.events.iter().for_each(|event| environment.apply(*event, None));
        environment.subject().compare(between, mutant)
    }
}

/// The resource of the scenario.
fn sub_account(end: &str) -> SubAccount {
    let account = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "SubAccount",
        "metadata": {"name": "a", "namespace": "n", "generation": 1, "uid": "u"},
        "spec": {"name": "A", "contactName": "P", "email": "p@x.org", "timezone": "1", "location": "eur", "deletionPolicy": end},
    });
    serde_json::from_value(account).unwrap()
}

impl SubAccountEnvironment {
    fn apply(&mut self, event: SubAccountEvent, mutant: Option<Mutant>) {
        if !matches!(event, SubAccountEvent::Reconcile(_) | SubAccountEvent::Wait(_) | SubAccountEvent::Restart) {
            self.provider.bounds.restart();
        }
        let now = self.now;
        match event {
            SubAccountEvent::Reconcile(fault_choice) => drop(self.reconcile(fault_choice, mutant)),
            SubAccountEvent::Wait(seconds) => self.now += seconds,
            SubAccountEvent::Restart => self.restart(),
            SubAccountEvent::Happens(a_move) => self.happens(a_move, mutant),
            SubAccountEvent::Rename => {
                let name = if self.stored.resource.spec.name == "A" { "B" } else { "A" };
                self.stored.edit(|account| name.clone_into(&mut account.spec.name));
            }
            SubAccountEvent::Timezone => {
                let zone = if self.stored.resource.spec.timezone == "1" { "2" } else { "1" };
                self.stored.edit(|account| zone.clone_into(&mut account.spec.timezone));
            }
            SubAccountEvent::Suppress => self.stored.edit(|account| {
                account.spec.suppress_notifications = !account.spec.suppress_notifications;
            }),
            SubAccountEvent::Delete => self.stored.is_deleted = true,
            SubAccountEvent::LookAlike => {
                let name = self.stored.resource.spec.name.clone();
                let id = self.provider.make(now, &name, "1", Maker::Human);
                self.add_look_alike(id);
            }
            SubAccountEvent::Edit(true) => self.by_hand(|accounts, id| drop(accounts.remove(id))),
            SubAccountEvent::Edit(false) => {
                self.is_renamed = true;
                self.by_hand(|accounts, id| "Edited".clone_into(&mut accounts.get_mut(id).unwrap().name));
            }
        }
        self.now += 1;
    }

    /// What a person does to the account, if it is there.
    fn by_hand(&mut self, change: impl FnOnce(&mut BTreeMap<String, ModelAccount>, &str)) {
        let Some(id) = self.ours().first().map(|(id, _)| (*id).clone()) else { return };
        self.provider.accounts.change(self.now, |accounts| change(accounts, &id));
    }

    /// What the operator made, unless its deletion is queued.
    fn ours(&self) -> Vec<(&String, &ModelAccount)> {
        let all = self.provider.accounts.iter();
        all.filter(|(_, account)| account.maker == Maker::Operator && account.is_kept()).collect()
    }

    /// Checks what must be true at all times.
    fn check_invariants(&self) -> Result<(), String> {
        let ours = self.ours();
        if ours.len() > self.most_objects() && !self.is_renamed {
            return Err(format!("two accounts were made: {ours:?}"));
        }
        self.check_others_untouched()
    }

    fn check_converged(&self, is_suspended: bool, state: Option<&State>) -> Result<(), String> {
        if self.is_told(state) {
            return Ok(());
        }
        let needs_a_person =
            matches!(state, Some(State::Stalled { reason: Reason::AmbiguousCreate | Reason::NameTaken, .. }));
        if needs_a_person && !self.look_alikes.is_empty() && !self.stored.is_gone {
            return Ok(());
        }
        let ours = self.ours();
        if self.stored.is_deleted {
            let left = ours.iter().filter(|(_, account)| !is_suspended || account.status != "Suspend").count();
            return match (self.stored.is_gone, left) {
                (true, 0) => Ok(()),
                (true, _) if !self.look_alikes.is_empty() || self.is_renamed || self.most_objects() > 1 => Ok(()),
                (true, n) => Err(format!("{n} accounts were left behind")),
                (false, _) => Err(format!("the resource does not go: {state:?}")),
            };
        }
        let bound = self.stored.external_id().and_then(|id| self.provider.accounts.get(id));
        let spec = &self.stored.resource.spec;
        let is_as_wanted = |account: &ModelAccount| {
            account.name == spec.name
                && account.timezone == spec.timezone
                && account.is_suppressed == spec.suppress_notifications
        };
        match (state, bound) {
            (Some(State::Available), Some(account)) if is_as_wanted(account) => Ok(()),
            _ => Err(format!("not converged: {state:?}, {bound:?}, wanted {spec:?}")),
        }
    }
}
