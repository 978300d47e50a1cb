//! What `plan` announces for a resource of a schedule, and whether it is what the operator then sends. No IO.

use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;

use crate::api::annotations::CREATE_INTENT;
use crate::inventory::Inventory;
use crate::inventory::collection::Need;
use crate::plan::managed::Managed;
use crate::plan::scope::Scope;
use crate::plan::simulation::predicted::is_predicted;
use crate::plan::simulation::{ResourceSimulation, SimulationContext};
use crate::plan::state::State;
use crate::plan::tests::explorer::clock::{LAG, LAGGING, at};
use crate::plan::tests::explorer::faults::{FaultChoice, Faults};
use crate::plan::tests::explorer::gateway::Gateway;
use crate::plan::tests::explorer::models::accounts::QUEUED;
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::operator::Process;
use crate::plan::tests::explorer::provider_model::ProviderModel;
use crate::plan::tests::explorer::stored::Stored;
use crate::provider::call::Call;
use crate::provider::request::Request;

/// The most reconciles that are simulated, or made without faults.
const VISITS: usize = 24;
/// So many reconciles with faults follow a plan.
const FAULTY: usize = 8;
/// What stands for the id of an object that was not there when the plan was made.
const NEW: &str = "(known after apply)";

/// A call as it is compared.
pub(crate) fn as_line(call: &Call) -> String {
    let Request { method, host: _, path, query, json: _, body } = call.request();
    let query = query.iter().map(|(name, value)| format!(" {name}/{value}/")).collect::<Vec<_>>().concat();
    format!("{} {path}{query} {}", method.as_str(), body.unwrap_or_default())
}

/// Whether an id ends before this character.
fn ends_word(character: char) -> bool {
    !character.is_ascii_alphanumeric() && character != '-'
}

/// What goes wrong between the plan and the calls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Between {
    /// Nothing.
    Nothing,
    /// Faults that are drawn from this number, and the moves that have not ended yet.
    Faults(u64),
}

/// One resource, what it lives in, and the time.
pub(crate) struct Subject<'a, T, O> {
    pub(crate) stored: &'a mut Stored<T>,
    pub(crate) provider: &'a mut Gateway<O>,
    pub(crate) now: &'a mut i64,
}

impl<T: Managed, O: ProviderModel> Subject<'_, T, O> {
    /// Plans, and then lets an operator reconcile that starts now: it sends the calls that were announced, and no others.
    pub(crate) fn compare(&mut self, between: Between, mutant: Option<Mutant>) -> Result<(), String> {
        // What the provider has queued is done, and every read shows what was written before the plan.
        *self.now += QUEUED + LAG + 2;
        let lasting = self.provider.calm();
        self.provider.created.clear();
        let Some(announced) = self.announced().filter(|_| !self.stored.is_gone) else { return Ok(()) };
        let mut process = Process::start(self.provider);
        self.provider.bounds.restart();
        let before = self.provider.sent.len();
        if let Between::Faults(seed) = between {
            self.provider.resume(lasting);
            self.trouble(&mut process, seed, mutant);
            self.provider.calm();
        }
        self.rest(&mut process, mutant);
        let sent: Vec<_> = self.provider.sent.iter().skip(before).map(|call| self.known(call)).collect();
        self.check(between, &announced, &sent)
    }

    /// The calls that `plan` announces, in order; none: a read fails, and it says so instead.
    fn announced(&mut self) -> Option<Vec<String>> {
        let mut resource = self.stored.resource.clone();
        if let Some(intent) = &self.stored.intent {
            let record = serde_json::to_string(intent).unwrap();
            resource.annotations_mut().insert(CREATE_INTENT.to_owned(), record);
        }
        let mut simulation =
            ResourceSimulation::new(resource, self.stored.is_deleted, 1, &self.stored.approvals).ok()?;
        if simulation.scope() != Scope::Provider {
            return Some(Vec::new());
        }
        let mut inventory = Inventory::default();
        inventory.set_read_lag(LAGGING);
        let mut time = at(*self.now);
        for _ in 0..VISITS {
            let before = simulation.steps().len();
            match self.simulated(&mut simulation, &mut inventory, time)? {
                State::Waiting { until: Some(until), .. } => {
                    time = time.max(until).saturating_add(SignedDuration::from_millis(1)).unwrap();
                }
                _ if simulation.steps().len() == before => break,
                _ => {}
            }
        }
        Some(simulation.steps().iter().map(|step| self.known(&as_line(&step.call))).collect())
    }

    /// One simulated reconcile.
    fn simulated(
        &mut self,
        simulation: &mut ResourceSimulation<T>,
        inventory: &mut Inventory,
        time: Timestamp,
    ) -> Option<State> {
        let resolved = self.stored.resource.resolve(&self.stored.refs()).ok();
        let context = SimulationContext {
            not_before: at(*self.now),
            now: time,
            read_lag: LAGGING,
            claimed_by: &|_| None,
            other_mentions: &|_| Vec::new(),
        };
        loop {
            match simulation.advance(resolved.as_ref(), &context, inventory) {
                Ok(state) => return Some(state),
                Err(Need { collection, .. }) => {
                    let call = collection.call();
                    let (status, body) = self.provider.answer(*self.now, &call, 0);
                    let answer = call.answer(status, body.as_bytes()).ok()?;
                    inventory.record(&call, &answer, time);
                }
            }
        }
    }

    /// Reconciles with faults.
    fn trouble(&mut self, process: &mut Process, seed: u64, mutant: Option<Mutant>) {
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..FAULTY {
            let faults = Faults::of(FaultChoice::Drawn(random.u64(..)), *self.now, mutant);
            process.reconcile(self.stored, self.provider, faults);
            *self.now = (*self.now).max(process.clock) + random.i64(1..=70);
        }
    }

    /// Reconciles without faults, as often as the operator itself wants to.
    fn rest(&mut self, process: &mut Process, mutant: Option<Mutant>) {
        for _ in 0..VISITS {
            *self.now += 1;
            process.reconcile(self.stored, self.provider, Faults::of(FaultChoice::None, *self.now, mutant));
            let Some(next) = process.next_visit.filter(|_| !self.stored.is_gone) else { break };
            *self.now = (*self.now).max(next.as_second() - at(0).as_second());
        }
    }

    /// A call with one word for the ids of what was made since the plan, or would be.
    fn known(&self, call: &str) -> String {
        let words = call.split_inclusive(ends_word).map(|part| {
            let word = part.trim_end_matches(ends_word);
            let is_new = is_predicted(word) || self.provider.created.iter().any(|id| id == word);
            if is_new { part.replacen(word, NEW, 1) } else { part.to_owned() }
        });
        words.collect()
    }

    fn check(&self, between: Between, announced: &[String], sent: &[String]) -> Result<(), String> {
        let is_hindered = self.provider.is_hindered();
        let is_other = |call: &&String| !announced.contains(call) && !self.is_shown_otherwise(call);
        let is_exact = !is_hindered && matches!(between, Between::Nothing);
        match sent.iter().find(is_other) {
            Some(other) => Err(format!("{other} was sent, and announced were {announced:#?}")),
            None if is_exact && sent != announced => Err(format!("{sent:#?} were sent, and announced {announced:#?}")),
            None => self.provider.bounds.check(),
        }
    }

    /// Whether a call changes what was made since the plan, and is shown otherwise than it was made: no plan can know that.
    fn is_shown_otherwise(&self, call: &str) -> bool {
        self.provider.has_played(Move::Masked) && call.contains(NEW)
    }
}
