//! The scenario of one customer: renamed, given another address by a code that is mailed, edited by people, and closed. No IO.

use std::collections::BTreeSet;

use serde_json::json;

use crate::api::customer::{Customer, CustomerFacts, UsernameCall};
use crate::api::reason::Reason;
use crate::plan::managed::Managed;
use crate::plan::state::State;
use crate::plan::tests::explorer::announced::Between;
use crate::plan::tests::explorer::clock::LAG;
use crate::plan::tests::explorer::environment::Environment;
use crate::plan::tests::explorer::faults::FaultChoice;
use crate::plan::tests::explorer::models::customer::CustomerModel;
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::same_calls::Planned;
use crate::plan::tests::explorer::scenario::{Scenario, pauses};

/// One event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum CustomerEvent {
    /// The operator reconciles.
    Reconcile(FaultChoice),
    /// Seconds pass.
    Wait(i64),
    /// The process ends and another one starts.
    Restart,
    /// The spec gets another name.
    Rename,
    /// The spec gets another address.
    Username,
    /// A person puts the code that was mailed last into the Secret, or a wrong one.
    Code(bool),
    /// A person changes the name, or the address.
    Edit(bool),
    /// The resource is deleted.
    Delete,
    /// The provider, or a person, makes a move.
    Happens(Move),
}

#[derive(Clone)]
pub(crate) struct CustomerScenario {
    /// The address that the spec confirms for the closure of the account.
    confirmed: &'static str,
    events: Vec<CustomerEvent>,
}

/// The address before, and the other one that the spec asks for.
const ADDRESSES: [&str; 2] = ["a@x.org", "b@x.org"];

struct CustomerEnvironment {
    inner: Environment<Customer, CustomerModel>,
    confirmed: &'static str,
    /// How many mails may have been asked for.
    asked: u32,
    /// The code that was in the Secret when the spec got its address.
    in_secret: Option<String>,
    /// The codes that were in the Secret from then on until the mail was sent.
    stale: BTreeSet<String>,
    /// Whether a person changed the address.
    is_edited: bool,
    /// How many wrong codes there were.
    wrong: u32,
    broken: Option<String>,
}

impl Scenario for CustomerScenario {
    type Event = CustomerEvent;

    fn generated(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let event = |random: &mut fastrand::Rng| match random.u8(0..22) {
            0..=8 => CustomerEvent::Reconcile(FaultChoice::Drawn(random.u64(..))),
            9 | 10 => CustomerEvent::Wait(random.i64(1..=LAG + 2)),
            11 => CustomerEvent::Wait(random.i64(LAG..=70)),
            12 => CustomerEvent::Restart,
            13 => CustomerEvent::Rename,
            14..=16 => CustomerEvent::Username,
            17 | 18 => CustomerEvent::Code(true),
            19 => CustomerEvent::Code(false),
            20 => CustomerEvent::Edit(random.bool()),
            _ => CustomerEvent::Delete,
        };
        let confirmed = ADDRESSES[random.usize(0..2)];
        let length = random.usize(3..=14);
        Self { confirmed, events: (0..length).map(|_| event(&mut random)).collect() }
    }

    fn moves() -> Vec<Move> {
        Move::of_customer()
    }

    fn event_of(a_move: Move) -> CustomerEvent {
        CustomerEvent::Happens(a_move)
    }

    fn happy_paths() -> Vec<Self> {
        let reconcile = CustomerEvent::Reconcile(FaultChoice::None);
        let happy_path = |confirmed, [one, other]: [i64; 2]| {
            let asked = [reconcile, CustomerEvent::Username, reconcile, CustomerEvent::Wait(one), reconcile];
            let confirmed_by =
                [CustomerEvent::Code(true), reconcile, CustomerEvent::Wait(other), reconcile, CustomerEvent::Rename];
            let closed = [reconcile, CustomerEvent::Delete, reconcile];
            Self { confirmed, events: [&asked[..], &confirmed_by, &closed].concat() }
        };
        ADDRESSES.into_iter().flat_map(|confirmed| pauses().map(|pauses| happy_path(confirmed, pauses))).collect()
    }

    fn run(&self, mutant: Option<Mutant>) -> Result<(), String> {
        let mut environment = CustomerEnvironment::new(self.confirmed);
        for event in &self.events {
            environment.apply(*event, mutant);
            environment.check_invariants()?;
        }
        let state = environment.inner.converge(mutant);
        environment.check_invariants()?;
        environment.check_converged(state.as_ref())
    }

    fn events(&mut self) -> &mut Vec<CustomerEvent> {
        &mut self.events
    }

    fn fault_choices(event: &mut CustomerEvent) -> &mut [FaultChoice] {
        if let CustomerEvent::Reconcile(fault_choice) = event { std::slice::from_mut(fault_choice) } else { &mut [] }
    }
}

impl Planned for CustomerScenario {
    fn compared(&self, between: Between, mutant: Option<Mutant>) -> Result<(), String> {
        let mut environment = CustomerEnvironment::new(self.confirmed);
        self.events.iter().for_each(|event| environment.apply(*event, None));
        environment.inner.subject().compare(between, mutant)
    }
}

/// The resource of the scenario.
fn customer(confirmed: &str) -> Customer {
    let customer = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Customer",
        "metadata": {"name": "c", "namespace": "n", "generation": 1, "uid": "u"},
        "spec": {
            "name": "N", "surname": "S", "username": ADDRESSES[0],
            "usernameVerification": {"codeSecretRef": {"name": "s", "key": "k"}},
            "deletionPolicy": "CloseAccount", "closure": {"reason": "other", "confirmUsername": confirmed},
        },
    });
    serde_json::from_value(customer).unwrap()
}

impl CustomerEnvironment {
    fn new(confirmed: &'static str) -> Self {
        let inner = Environment::new(customer(confirmed), CustomerModel::new("c1", ADDRESSES[0]));
        Self {
            inner,
            confirmed,
            asked: 0,
            in_secret: None,
            stale: BTreeSet::new(),
            is_edited: false,
            wrong: 0,
            broken: None,
        }
    }

    fn apply(&mut self, event: CustomerEvent, mutant: Option<Mutant>) {
        if !matches!(event, CustomerEvent::Reconcile(_) | CustomerEvent::Wait(_) | CustomerEvent::Restart) {
            self.inner.provider.bounds.restart();
        }
        let Environment { provider, stored, now, .. } = &mut self.inner;
        match event {
            CustomerEvent::Reconcile(fault_choice) => self.reconcile(fault_choice, mutant),
            CustomerEvent::Wait(seconds) => *now += seconds,
            CustomerEvent::Restart => self.inner.restart(),
            CustomerEvent::Happens(a_move) => self.inner.happens(a_move, mutant),
            CustomerEvent::Rename => stored.edit(|customer| {
                let name = if customer.spec.name.as_deref() == Some("N") { "M" } else { "N" };
                customer.spec.name = Some(name.to_owned());
            }),
            CustomerEvent::Username => {
                self.asked += 1;
                self.in_secret.clone_from(&stored.code);
                let [one, other] = ADDRESSES;
                stored.edit(|customer| {
                    let username = if customer.spec.username.as_deref() == Some(one) { other } else { one };
                    customer.spec.username = Some(username.to_owned());
                });
            }
            CustomerEvent::Code(true) => {
                stored.code = Some(provider.code());
            }
            CustomerEvent::Code(false) => {
                self.wrong += 1;
                stored.code = Some(format!("wrong-{}", self.wrong));
            }
            CustomerEvent::Edit(true) => {
                provider.profile.change(*now, |profile| "Edited".clone_into(&mut profile.name));
            }
            CustomerEvent::Edit(false) => {
                (self.is_edited, self.asked) = (true, self.asked + 1);
                provider.profile.change(*now, |profile| "c@x.org".clone_into(&mut profile.email));
            }
            CustomerEvent::Delete => stored.is_deleted = true,
        }
        self.inner.now += 1;
    }

    fn reconcile(&mut self, fault_choice: FaultChoice, mutant: Option<Mutant>) {
        let (mails, submitted) = (self.inner.provider.mails, self.inner.provider.submitted.len());
        self.inner.reconcile(fault_choice, mutant);
        if self.inner.provider.mails > mails {
            let code = self.inner.stored.code.clone();
            self.stale.extend(code.filter(|_| self.in_secret == self.inner.stored.code));
        }
        let codes = &self.inner.provider.submitted;
        for (place, code) in codes.iter().enumerate().skip(submitted) {
            let is_again = place.checked_sub(1).and_then(|before| codes.get(before)) == Some(code);
            if self.stale.contains(code) || is_again {
                self.broken.get_or_insert(format!("{code} was submitted, which is not the code of this mail"));
            }
        }
    }

    /// Checks what must be true at all times.
    fn check_invariants(&self) -> Result<(), String> {
        let (provider, stored) = (&self.inner.provider, &self.inner.stored);
        // The customer of another token has another address. A username that was right and is shown in another form is taken for one that
        // somebody changed.
        let others = [Move::OtherToken, Move::Masked].map(|one| u32::from(provider.has_played(one)));
        let asked = others.iter().fold(self.asked, |sum, one| sum + one);
        if provider.mails > asked {
            return Err(format!("{} mails, and at most {asked} were asked for", provider.mails));
        }
        let closed_as = provider.closed_as.as_ref();
        if closed_as.is_some_and(|shown| !stored.is_deleted || !shown.iter().any(|email| *email == self.confirmed)) {
            return Err(format!("the account of {closed_as:?} was closed, and {} was confirmed", self.confirmed));
        }
        self.broken.clone().map_or(Ok(()), Err)?;
        self.inner.check_others_untouched()
    }

    fn check_converged(&self, state: Option<&State>) -> Result<(), String> {
        let (provider, stored) = (&self.inner.provider, &self.inner.stored);
        if self.inner.is_told(state) {
            return Ok(());
        }
        let shown = &*provider.profile;
        if stored.is_deleted {
            return match (stored.is_gone, &provider.closed_as) {
                // Also if the answer to the closure was lost, and the token is refused since.
                (false, _) => Err(format!("the resource does not go: {state:?}")),
                (true, Some(_)) => Ok(()),
                (true, None) if stored.external_id().is_none() || self.is_edited || self.asked > 0 => Ok(()),
                // The customer of another token got the address a moment ago, and a read shows the one before.
                (true, None) if provider.mails > 0 => Ok(()),
                (true, None) if shown.email != self.confirmed => Ok(()),
                (true, None) => Err("the account stays, although its closure was confirmed".to_owned()),
            };
        }
        let spec = &stored.resource.spec;
        let is_named = spec.name.as_ref() == Some(&shown.name) && spec.surname.as_ref() == Some(&shown.surname);
        match state {
            Some(State::Available) if is_named => self.check_username(),
            Some(State::Stalled { reason: Reason::NotConverging, .. }) if is_named && self.may_be_other() => Ok(()),
            _ => Err(format!("not converged: {state:?}, {shown:?}, wanted {spec:?}")),
        }
    }

    /// Whether Pinghome may show another address than the one for which a code was accepted: a person changed it, or put in the code
    /// for another request although this one was lost.
    fn may_be_other(&self) -> bool {
        self.is_edited || self.inner.stored.resource.recorded_facts().unconfirmed == Some(UsernameCall::Request)
    }

    /// What status says of the address is true.
    fn check_username(&self) -> Result<(), String> {
        let (provider, stored) = (&self.inner.provider, &self.inner.stored);
        let (wanted, shown) = (stored.resource.spec.username.as_ref(), &provider.profile.email);
        let CustomerFacts { pending_username: said, unconfirmed, .. } = stored.resource.recorded_facts();
        // A call that reaches a person is not repeated: what came of it may not be known.
        let is_asked = provider.pending.as_ref() == wanted || unconfirmed.is_some();
        if wanted == Some(shown) || (said.as_ref() == wanted && is_asked) {
            return Ok(());
        }
        Err(format!("status says that {said:?} is asked for, and it is {:?}; {shown} is shown", provider.pending))
    }
}
