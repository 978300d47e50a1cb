//! The scenario of the settings of one primary account, which people change, too. No IO.

use serde_json::json;

use crate::api::account::Account;
use crate::plan::state::State;
use crate::plan::tests::explorer::announced::Between;
use crate::plan::tests::explorer::clock::LAG;
use crate::plan::tests::explorer::faults::FaultChoice;
use crate::plan::tests::explorer::models::primary::{ModelSettings, PrimaryModel};
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::same_calls::Planned;
use crate::plan::tests::explorer::scenario::{Scenario, pauses};

/// One event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum AccountEvent {
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
    /// A person renames the account.
    Edit,
    /// The resource is deleted.
    Delete,
    /// The provider, or a person, makes a move.
    Happens(Move),
}

#[derive(Clone)]
pub(crate) struct AccountScenario(Vec<AccountEvent>);

type AccountEnvironment = crate::plan::tests::explorer::environment::Environment<Account, PrimaryModel>;

impl Scenario for AccountScenario {
    type Event = AccountEvent;

    fn generated(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let event = |random: &mut fastrand::Rng| match random.u8(0..20) {
            0..=8 => AccountEvent::Reconcile(FaultChoice::Drawn(random.u64(..))),
            9..=11 => AccountEvent::Wait(random.i64(1..=LAG + 2)),
            12 => AccountEvent::Wait(random.i64(LAG..=70)),
            13 => AccountEvent::Restart,
            14 => AccountEvent::Rename,
            15 => AccountEvent::Timezone,
            16 => AccountEvent::Suppress,
            17 | 18 => AccountEvent::Edit,
            _ => AccountEvent::Delete,
        };
        let length = random.usize(3..=12);
        Self((0..length).map(|_| event(&mut random)).collect())
    }

    fn moves() -> Vec<Move> {
        Move::of_what_is_there()
    }

    fn event_of(a_move: Move) -> AccountEvent {
        AccountEvent::Happens(a_move)
    }

    fn happy_paths() -> Vec<Self> {
        let reconcile = AccountEvent::Reconcile(FaultChoice::None);
        let happy_path = |[one, other]: [i64; 2]| {
            let settled = [reconcile, AccountEvent::Wait(one), AccountEvent::Rename, reconcile];
            let edited = [AccountEvent::Edit, AccountEvent::Wait(other), reconcile, AccountEvent::Suppress, reconcile];
            Self([&settled[..], &edited, &[AccountEvent::Delete, reconcile]].concat())
        };
        pauses().into_iter().map(happy_path).collect()
    }

    fn run(&self, mutant: Option<Mutant>) -> Result<(), String> {
        let mut environment = AccountEnvironment::new(account(), PrimaryModel::new("p1"));
        for event in &self.0 {
            environment.apply(*event, mutant);
            environment.check_invariants()?;
        }
        let state = environment.converge(mutant);
        environment.check_invariants()?;
        environment.check_converged(state.as_ref())
    }

    fn events(&mut self) -> &mut Vec<AccountEvent> {
        &mut self.0
    }

    fn fault_choices(event: &mut AccountEvent) -> &mut [FaultChoice] {
        if let AccountEvent::Reconcile(fault_choice) = event { std::slice::from_mut(fault_choice) } else { &mut [] }
    }
}

impl Planned for AccountScenario {
    fn compared(&self, between: Between, mutant: Option<Mutant>) -> Result<(), String> {
        let mut environment = AccountEnvironment::new(account(), PrimaryModel::new("p1"));
        self.0.iter().for_each(|event| environment.apply(*event, None));
        environment.subject().compare(between, mutant)
    }
}

/// The resource of the scenario. It says nothing of mails and of the region.
fn account() -> Account {
    let account = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Account",
        "metadata": {"name": "a", "namespace": "n", "generation": 1, "uid": "u"},
        "spec": {"name": "A", "timezone": "1", "suppressNotifications": false},
    });
    serde_json::from_value(account).unwrap()
}

impl AccountEnvironment {
    fn apply(&mut self, event: AccountEvent, mutant: Option<Mutant>) {
        if !matches!(event, AccountEvent::Reconcile(_) | AccountEvent::Wait(_) | AccountEvent::Restart) {
            self.provider.bounds.restart();
        }
        let other = |known: &Option<String>, [one, other]: [&str; 2]| {
            Some(if known.as_deref() == Some(one) { other } else { one }.to_owned())
        };
        match event {
            AccountEvent::Reconcile(fault_choice) => drop(self.reconcile(fault_choice, mutant)),
            AccountEvent::Wait(seconds) => self.now += seconds,
            AccountEvent::Restart => self.restart(),
            AccountEvent::Happens(a_move) => self.happens(a_move, mutant),
            AccountEvent::Rename => self.stored.edit(|account| {
                account.spec.name = other(&account.spec.name, ["A", "B"]);
            }),
            AccountEvent::Timezone => self.stored.edit(|account| {
                account.spec.timezone = other(&account.spec.timezone, ["1", "2"]);
            }),
            AccountEvent::Suppress => self.stored.edit(|account| {
                account.spec.suppress_notifications = account.spec.suppress_notifications.map(|is| !is);
            }),
            AccountEvent::Edit => {
                let now = self.now;
                self.provider.settings.change(now, |settings| "Edited".clone_into(&mut settings.name));
            }
            AccountEvent::Delete => self.stored.is_deleted = true,
        }
        self.now += 1;
    }

    /// Checks what must be true at all times.
    fn check_invariants(&self) -> Result<(), String> {
        let ModelSettings { location, email_me, .. } = &*self.provider.settings;
        if location != "eur" || !email_me {
            return Err("a setting was changed of which the spec says nothing".to_owned());
        }
        self.check_others_untouched()
    }

    fn check_converged(&self, state: Option<&State>) -> Result<(), String> {
        if self.is_told(state) {
            return Ok(());
        }
        if self.stored.is_deleted {
            return if self.stored.is_gone { Ok(()) } else { Err(format!("the resource does not go: {state:?}")) };
        }
        let (spec, shown) = (&self.stored.resource.spec, &*self.provider.settings);
        let is_as_wanted = spec.name.as_ref() == Some(&shown.name)
            && spec.timezone.as_ref() == Some(&shown.timezone)
            && spec.suppress_notifications == Some(shown.is_suppressed);
        match state {
            Some(State::Available) if is_as_wanted => Ok(()),
            _ => Err(format!("not converged: {state:?}, {shown:?}, wanted {spec:?}")),
        }
    }
}
