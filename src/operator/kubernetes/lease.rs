//! The Lease of this operator, written by compare-and-swap and measured by the clocks of this machine alone.
//!
//! With `--leader-elect` only its holder works. Without, each process takes it and works: then the Lease only tells other operators,
//! whose Lease is another one, that this one is alive. A process whose Lease another one has taken ends, and the one that took it writes
//! when the writes of the other have ended.
//!
//! The wall clocks of two machines may differ. So a candidate measures by its own clock how long the Lease has not changed, and
//! the leader knows by its own clocks until when no other can take over.

pub(crate) mod hold;
pub(crate) mod identity;
pub(crate) mod renewal;
pub(crate) mod seen;
pub(crate) mod telling;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Client;
use kube::api::{Api, ObjectMeta, PostParams};
use parking_lot::Mutex;
use tokio::sync::watch as signal;

use crate::operator::kubernetes::lease::hold::{Fence, LeaseHold, LeaseState, Moment};
use crate::operator::kubernetes::lease::identity::{holder, own_identity, process};
use crate::operator::kubernetes::lease::seen::{LEASE_DURATION, SeenLease};
use crate::operator::kubernetes::patch::is_conflict;
use crate::operator::state::last_answer::LastAnswer;
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::operator::trouble::warnings::Warnings;

/// How often other candidates read the Lease: one that was released is acquired within a second.
const POLL: Duration = Duration::from_millis(500);
/// How long a candidate waits for an answer about the Lease before it says so and asks again.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often trouble with the Lease is written to the log.
const REPEAT: SignedDuration = SignedDuration::from_secs(15);
/// Why a process ends whose clocks differ.
const UNSTEADY: &str =
    "the machine slept, or its clock was set: what was read may be older than it seems, and the process starts anew";

/// Who may hold the Lease.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    /// One of several processes, for as long as it renews the Lease.
    Elected,
    /// The process that started last.
    Newest,
    /// All processes of one identity together, for as long as one of them renews the Lease.
    Together,
}

/// One candidate for the Lease.
pub(crate) struct Candidate {
    leases: Api<Lease>,
    /// The name of the Lease.
    name: String,
    identity: String,
    namespace: String,
    /// The labels that the Lease gets.
    labels: BTreeMap<String, String>,
    mode: Mode,
    state: Arc<Mutex<LeaseState>>,
    /// The Lease of this candidate as it was written or read last; absent: it must be read before the next renewal.
    known: Mutex<Option<Lease>>,
    /// When the API server answered about the Lease last.
    answers: Arc<LastAnswer>,
    /// What was written to the log of the Lease.
    warnings: Warnings,
}

impl Candidate {
    /// A candidate for the Lease `name` in `namespace`.
    pub(crate) fn new(client: Client, namespace: &str, name: &str, mode: Mode) -> Self {
        Self {
            leases: Api::namespaced(client, namespace),
            name: name.to_owned(),
            identity: own_identity(),
            namespace: namespace.to_owned(),
            labels: BTreeMap::new(),
            mode,
            state: Arc::new(Mutex::new(LeaseState::started(Moment::now()))),
            known: Mutex::default(),
            answers: Arc::default(),
            warnings: Warnings::every(REPEAT),
        }
    }

    /// The same candidate with another identity, for a Lease with these labels.
    pub(crate) fn known_as(self, identity: String, labels: BTreeMap<String, String>) -> Self {
        Self { identity, labels, ..self }
    }

    /// The name of the Lease.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The namespace of the Lease.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Who may hold the Lease.
    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// Namespace and name of the Lease; `None`: this process does without.
    pub(crate) fn lease(&self) -> Option<String> {
        let is_without = matches!(self.state.lock().lease, LeaseHold::WithoutLease);
        (!is_without).then(|| format!("{}/{}", self.namespace, self.name))
    }

    /// What tells whether no other candidate can write.
    pub(crate) fn fence(&self) -> Fence {
        Fence::new(&self.state)
    }

    /// Whether no other candidate can have acquired the Lease.
    fn is_certain(&self) -> bool {
        self.state.lock().lease.is_certain(Moment::now(), Duration::ZERO)
    }

    /// An error, which says why, if the times that this process notes and compares are wrong.
    fn ensure_steady(&self) -> Result<(), &'static str> {
        if self.state.lock().is_steady(Moment::now()) { Ok(()) } else { Err(UNSTEADY) }
    }

    /// When the API server answered about the Lease last.
    pub(crate) fn answers(&self) -> Arc<LastAnswer> {
        Arc::clone(&self.answers)
    }

    /// Waits until this candidate holds the Lease; false: the operator is shutting down.
    ///
    /// # Errors
    /// The process must end; why.
    pub(crate) async fn elected(&self, closing: &mut signal::Receiver<bool>) -> Result<bool, &'static str> {
        let mut seen = SeenLease::nothing();
        loop {
            self.ensure_steady()?;
            match tokio::time::timeout(PATIENCE, self.attempt(&mut seen)).await {
                Ok(Ok(true)) => return Ok(true),
                Ok(Ok(false)) => self.answers.answered(),
                Ok(Err(trouble)) if self.mode == Mode::Newest && trouble.is_lasting() => {
                    self.go_without(&trouble);
                    return Ok(true);
                }
                Ok(Err(trouble)) => self.warn(&trouble),
                Err(_) => self.warn_of_silence(),
            }
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                _ = closing.wait_for(|closing| *closing) => return Ok(false),
            }
        }
    }

    /// Tries once to acquire the Lease; whether this candidate holds it. `seen`: what was seen of the Lease before.
    pub(crate) async fn try_once(&self, seen: &mut SeenLease) -> bool {
        match tokio::time::timeout(PATIENCE, self.attempt(seen)).await {
            Ok(Ok(is_held)) => {
                self.answers.answered();
                return is_held;
            }
            Ok(Err(trouble)) => self.warn(&trouble),
            Err(_) => self.warn_of_silence(),
        }
        false
    }

    /// Acquires the Lease if it has no holder, or if its holder has not renewed it for its whole duration; the newest process always.
    async fn attempt(&self, seen: &mut SeenLease) -> Result<bool, ApiTrouble> {
        let asked = Instant::now();
        let Some(lease) = self.asked(Verb::Get).check(self.leases.get_opt(&self.name).await)? else {
            return self.create().await;
        };
        let is_alive = seen.see(&lease, asked).may_be_alive();
        // The answer to an earlier attempt may have been lost.
        if is_alive && self.mode != Mode::Newest && !self.is_holder(&lease) {
            return Ok(false);
        }
        let begun = Moment::now();
        let before = self.awaits_writes_of(&lease, is_alive, begun);
        let ours = Lease { spec: Some(self.spec(lease.spec.as_ref())), metadata: self.labelled(lease.metadata) };
        let written = self.leases.replace(&self.name, &PostParams::default(), &ours).await;
        let acquired = self.acquired(begun, Verb::Update, written);
        if acquired.as_ref().map_or_else(ApiTrouble::is_lasting, |is_acquired| !is_acquired) {
            // It was surely not taken.
            self.state.lock().taken_at = before;
        }
        acquired
    }

    /// Creates the Lease, which does not exist.
    async fn create(&self) -> Result<bool, ApiTrouble> {
        let begun = Moment::now();
        let metadata = self.labelled(ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() });
        let created = Lease { metadata, spec: Some(self.spec(None)) };
        self.acquired(begun, Verb::Create, self.leases.create(&PostParams::default(), &created).await)
    }

    /// Notes whose writes must have ended before this process writes, before it takes the Lease: the answer to that may be lost. Returns
    /// what was noted before.
    fn awaits_writes_of(&self, lease: &Lease, is_alive: bool, begun: Moment) -> Option<Moment> {
        let mut state = self.state.lock();
        let before = state.taken_at;
        if !is_alive {
            state.taken_at = None;
        } else if !self.is_of_this_pod(lease) {
            state.taken_at = Some(begun);
        }
        before
    }

    /// Whether this candidate holds a Lease as it was just read.
    fn is_holder(&self, lease: &Lease) -> bool {
        holder(lease) == self.identity
    }

    /// Whether the holder is this process, or an earlier one of its pod, which has ended.
    fn is_of_this_pod(&self, lease: &Lease) -> bool {
        process(holder(lease)) == process(&self.identity)
    }

    /// The metadata of the Lease, with the labels of this candidate.
    fn labelled(&self, mut metadata: ObjectMeta) -> ObjectMeta {
        if !self.labels.is_empty() {
            metadata.labels.get_or_insert_default().extend(self.labels.clone());
        }
        metadata
    }

    fn spec(&self, before: Option<&LeaseSpec>) -> LeaseSpec {
        let now = MicroTime(Timestamp::now());
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: duration(),
            acquire_time: Some(now.clone()),
            renew_time: Some(now),
            lease_transitions: Some(before.and_then(|spec| spec.lease_transitions).unwrap_or(0).saturating_add(1)),
            ..LeaseSpec::default()
        }
    }

    fn asked(&self, verb: Verb) -> Asked {
        Asked::to::<Lease>(verb, &self.namespace)
    }

    fn acquired(&self, begun: Moment, verb: Verb, result: kube::Result<Lease>) -> Result<bool, ApiTrouble> {
        match result {
            Err(error) if is_conflict(&error) => Ok(false),
            result => {
                let written = self.asked(verb).check(result)?;
                self.held_since(begun, written);
                tracing::info!(identity = self.identity, lease = self.lease(), "this operator holds its Lease now");
                if self.state.lock().taken_at.is_some() {
                    tracing::info!(
                        "another process held the Lease: this one only reads until the writes of that one have ended"
                    );
                }
                Ok(true)
            }
        }
    }

    /// The Lease was written as it is here, by a request that begun then.
    fn held_since(&self, begun: Moment, written: Lease) {
        *self.known.lock() = Some(written);
        self.state.lock().lease = LeaseHold::Since(begun);
    }

    fn resign(&self) {
        self.state.lock().lease = LeaseHold::None;
    }
}

/// How long a renewal counts, in seconds.
fn duration() -> Option<i32> {
    i32::try_from(LEASE_DURATION.as_secs()).ok()
}
