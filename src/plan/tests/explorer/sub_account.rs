//! The story of one sub-account: it is renamed, changed and silenced, edited and deleted by people, suspended or deleted in the end.

use std::collections::BTreeMap;

use serde_json::json;

use crate::api::reason::Reason;
use crate::api::sub_account::SubAccount;
use crate::plan::state::State;
use crate::plan::tests::explorer::clock::LAG;
use crate::plan::tests::explorer::faults::{Mutant, Trouble};
use crate::plan::tests::explorer::models::accounts::{Tenant, Tenants};
use crate::plan::tests::explorer::models::teams::Maker;
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
    /// The spec gets another time zone.
    Zone,
    /// The spec silences the account, or no longer does.
    Silence,
    /// The resource is deleted.
    Delete,
    /// A person makes a sub-account of the same name.
    Twin,
    /// A person renames, or deletes, the account.
    Edit(bool),
}

#[derive(Clone)]
pub(crate) struct SubAccountScenario {
    /// What deleting the resource does.
    end: &'static str,
    events: Vec<Event>,
}

type Scene = crate::plan::tests::explorer::scene::Scene<SubAccount, Tenants>;

impl Scenario for SubAccountScenario {
    type Event = Event;

    fn generated(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let event = |random: &mut fastrand::Rng| match random.u8(0..22) {
            0..=8 => Event::Reconcile(Trouble::Drawn(random.u64(..))),
            9..=12 => Event::Pass(random.i64(1..=LAG + 2)),
            13 => Event::Pass(random.i64(LAG..=70)),
            14 => Event::Restart,
            15 => Event::Rename,
            16 => Event::Zone,
            17 => Event::Silence,
            18 | 19 => Event::Delete,
            20 => Event::Twin,
            _ => Event::Edit(random.bool()),
        };
        let end = ["Delete", "Suspend"][random.usize(0..2)];
        let length = random.usize(3..=16);
        Self { end, events: (0..length).map(|_| event(&mut random)).collect() }
    }

    fn happy_paths() -> Vec<Self> {
        let reconcile = Event::Reconcile(Trouble::None);
        let life = |end, [one, other]: [i64; 2]| {
            let born = [reconcile, Event::Pass(one), reconcile, Event::Rename, Event::Silence, reconcile];
            let changed = [Event::Zone, reconcile, Event::Pass(other), reconcile];
            let ended = [Event::Delete, reconcile, Event::Pass(one), reconcile, Event::Pass(other), reconcile];
            Self { end, events: [&born[..], &changed, &ended].concat() }
        };
        ["Delete", "Suspend"].into_iter().flat_map(|end| pauses().map(|pauses| life(end, pauses))).collect()
    }

    fn run(&self, mutant: Option<Mutant>) -> Result<(), String> {
        let mut scene = Scene::new(sub_account(self.end), Tenants::default());
        for event in &self.events {
            scene.play(*event, mutant);
            scene.holds()?;
        }
        let state = scene.record_result(mutant);
        scene.holds()?;
        scene.is_ready_for_generation(self.end == "Suspend", state.as_ref())
    }

    fn events(&mut self) -> &mut Vec<Event> {
        &mut self.events
    }

    fn troubles(event: &mut Event) -> &mut [Trouble] {
        if let Event::Reconcile(trouble) = event { std::slice::from_mut(trouble) } else { &mut [] }
    }
}

/// The resource that the story is of.
fn sub_account(end: &str) -> SubAccount {
    let account = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "SubAccount",
        "metadata": {"name": "a", "namespace": "n", "generation": 1, "uid": "u"},
        "spec": {"name": "A", "contactName": "P", "email": "p@x.org", "timezone": "1", "location": "eur", "deletionPolicy": end},
    });
    serde_json::from_value(account).unwrap()
}

impl Scene {
    fn play(&mut self, event: Event, mutant: Option<Mutant>) {
        let now = self.now;
        match event {
            Event::Reconcile(trouble) => drop(self.reconcile(trouble, mutant)),
            Event::Pass(seconds) => self.now += seconds,
            Event::Restart => self.restart(),
            Event::Rename => {
                let name = if self.stored.resource.spec.name == "A" { "B" } else { "A" };
                self.stored.edit(|account| name.clone_into(&mut account.spec.name));
            }
            Event::Zone => {
                let zone = if self.stored.resource.spec.timezone == "1" { "2" } else { "1" };
                self.stored.edit(|account| zone.clone_into(&mut account.spec.timezone));
            }
            Event::Silence => self.stored.edit(|account| {
                account.spec.suppress_notifications = !account.spec.suppress_notifications;
            }),
            Event::Delete => self.stored.is_deleted = true,
            Event::Twin => {
                let name = self.stored.resource.spec.name.clone();
                let id = self.provider.make(now, &name, "1", Maker::Human);
                self.twin(id);
            }
            Event::Edit(true) => self.by_hand(|tenants, id| drop(tenants.remove(id))),
            Event::Edit(false) => {
                self.is_renamed = true;
                self.by_hand(|tenants, id| "Edited".clone_into(&mut tenants.get_mut(id).unwrap().name));
            }
        }
        self.now += 1;
    }

    /// What a person does to the account, if it is there.
    fn by_hand(&mut self, change: impl FnOnce(&mut BTreeMap<String, Tenant>, &str)) {
        let Some(id) = self.ours().first().map(|(id, _)| (*id).clone()) else { return };
        self.provider.all.change(self.now, |tenants| change(tenants, &id));
    }

    /// What the operator made, unless its deletion is queued.
    fn ours(&self) -> Vec<(&String, &Tenant)> {
        let all = self.provider.all.iter();
        all.filter(|(_, tenant)| tenant.maker == Maker::Operator && tenant.stays()).collect()
    }

    /// What must hold at every moment.
    fn holds(&self) -> Result<(), String> {
        let ours = self.ours();
        if ours.len() > 1 && !self.is_renamed {
            return Err(format!("two accounts were made: {ours:?}"));
        }
        self.spares_others()
    }

    fn is_ready_for_generation(&self, is_suspended: bool, state: Option<&State>) -> Result<(), String> {
        let is_a_persons_turn =
            matches!(state, Some(State::Stalled { reason: Reason::AmbiguousCreate | Reason::NameTaken, .. }));
        if is_a_persons_turn && !self.twins.is_empty() && !self.stored.is_gone {
            return Ok(());
        }
        let ours = self.ours();
        if self.stored.is_deleted {
            let left = ours.iter().filter(|(_, tenant)| !is_suspended || tenant.status != "Suspend").count();
            return match (self.stored.is_gone, left) {
                (true, 0) => Ok(()),
                (true, _) if !self.twins.is_empty() || self.is_renamed => Ok(()),
                (true, n) => Err(format!("{n} accounts were left behind")),
                (false, _) => Err(format!("the resource does not go: {state:?}")),
            };
        }
        let bound = self.stored.external_id().and_then(|id| self.provider.all.get(id));
        let spec = &self.stored.resource.spec;
        let is_as_wanted = |tenant: &Tenant| {
            tenant.name == spec.name
                && tenant.timezone == spec.timezone
                && tenant.is_suppressed == spec.suppress_notifications
        };
        match (state, bound) {
            (Some(State::Available), Some(tenant)) if is_as_wanted(tenant) => Ok(()),
            _ => Err(format!("not settled: {state:?}, {bound:?}, wanted {spec:?}")),
        }
    }
}
