//! The Lease of this operator, written by compare-and-swap and measured by the clocks of this machine alone.
//!
//! With `--leader-elect` only its holder works. Without, each process takes it and works: then the Lease only tells other operators,
//! whose Lease is another one, that this one is alive. A process whose Lease another one has taken ends.
//!
//! The wall clocks of two machines may differ. So a candidate measures by its own clock how long the Lease has not changed, and
//! the leader knows by its own clocks until when no other can take over.

pub(crate) mod hold;
pub(crate) mod seen;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Client;
use kube::api::{Api, ObjectMeta, PostParams};
use parking_lot::Mutex;
use tokio::sync::watch as signal;

use crate::connection::options::LeadershipCheck;
use crate::operator::kubernetes::lease::hold::{LeaseHold, Moment};
use crate::operator::kubernetes::lease::seen::{LEASE_DURATION, SeenLease};
use crate::operator::kubernetes::patch::is_conflict;
use crate::operator::state::last_answer::LastAnswer;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::operator::trouble::warnings::Warnings;
use crate::operator::trouble::{ApiTrouble, rejection};
use crate::plan::outcome::ApiServerTrouble;

/// How often the leader renews. After a renewal it may send writes for the rest of the Lease less the timeout of a write.
const RENEWAL: Duration = Duration::from_secs(2);
/// How often a process without the right to write Leases tries again: somebody may have granted it.
const RETRY: Duration = Duration::from_secs(10);
/// How long one renewal may take.
const RENEWAL_TIMEOUT: Duration = Duration::from_secs(5);
/// How often other candidates read the Lease: one that was released is acquired within a second.
const POLL: Duration = Duration::from_millis(500);
/// How long a candidate waits for an answer about the Lease before it says so and asks again.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often trouble with the Lease is written to the log.
const REPEAT: SignedDuration = SignedDuration::from_secs(15);

/// Who may hold the Lease.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    /// One of several processes, for as long as it renews the Lease.
    Elected,
    /// The process that started last.
    Newest,
}

/// One candidate for the Lease.
pub(crate) struct Candidate {
    leases: Api<Lease>,
    /// The name of the Lease.
    name: String,
    identity: String,
    namespace: String,
    mode: Mode,
    hold: Arc<Mutex<LeaseHold>>,
    /// When the API server answered about the Lease last.
    answers: Arc<LastAnswer>,
    /// What was written to the log of the Lease.
    warnings: Warnings,
}

impl Candidate {
    /// A candidate for the Lease `name` in `namespace`.
    pub(crate) fn new(client: Client, namespace: &str, name: &str, mode: Mode) -> Self {
        let process = std::env::var("POD_NAME").unwrap_or_else(|_| format!("pid-{}", std::process::id()));
        let identity = format!("{process}_{:016x}", fastrand::u64(..));
        Self {
            leases: Api::namespaced(client, namespace),
            name: name.to_owned(),
            identity,
            namespace: namespace.to_owned(),
            mode,
            hold: Arc::new(Mutex::new(LeaseHold::None)),
            answers: Arc::default(),
            warnings: Warnings::every(REPEAT),
        }
    }

    /// The name of the Lease.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Who may hold the Lease.
    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// Namespace and name of the Lease; `None`: this process does without.
    pub(crate) fn lease(&self) -> Option<String> {
        let is_without = matches!(*self.hold.lock(), LeaseHold::WithoutLease);
        (!is_without).then(|| format!("{}/{}", self.namespace, self.name))
    }

    /// Checks whether this candidate is the leader for at least a given time.
    pub(crate) fn leadership(&self) -> LeadershipCheck {
        let hold = Arc::clone(&self.hold);
        Arc::new(move |length| hold.lock().is_certain(Moment::now(), length))
    }

    fn is_certain(&self) -> bool {
        (self.leadership())(Duration::ZERO)
    }

    /// When the API server answered about the Lease last.
    pub(crate) fn answers(&self) -> Arc<LastAnswer> {
        Arc::clone(&self.answers)
    }

    /// Waits until this candidate holds the Lease; false: the operator is shutting down.
    pub(crate) async fn elected(&self, closing: &mut signal::Receiver<bool>) -> bool {
        let mut seen = SeenLease::nothing();
        loop {
            match tokio::time::timeout(PATIENCE, self.attempt(&mut seen)).await {
                Ok(Ok(true)) => return true,
                Ok(Ok(false)) => self.answers.answered(),
                Ok(Err(trouble)) if self.mode == Mode::Newest && rejection(&trouble.error).is_some() => {
                    tracing::warn!(
                        lease = self.lease(),
                        error = trouble.report().message,
                        "the Lease cannot be written: another operator on the same configs does not see this one"
                    );
                    *self.hold.lock() = LeaseHold::WithoutLease;
                    return true;
                }
                Ok(Err(trouble)) => self.warn(&trouble),
                Err(_) => self.warn_of_silence(),
            }
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                _ = closing.wait_for(|closing| *closing) => return false,
            }
        }
    }

    /// Tells in the log that there is no answer, a few times a minute at most.
    fn warn_of_silence(&self) {
        if let Some(times) = self.warnings.due(&()) {
            tracing::warn!(times, "the API server does not answer about the Lease; the operator tries again");
        }
    }

    /// Names the trouble in the log, a few times a minute at most.
    fn warn(&self, trouble: &ApiTrouble) {
        let ApiServerTrouble { reason, message } = trouble.report();
        if let Some(times) = self.warnings.due(&()) {
            tracing::warn!(%reason, times, "the Lease cannot be read or written: {message}");
        }
    }

    /// Acquires the Lease if it has no holder, or if its holder has not renewed it for its whole duration; the newest process always.
    async fn attempt(&self, seen: &mut SeenLease) -> Result<bool, ApiTrouble> {
        let asked = Instant::now();
        let Some(lease) = self.asked(Verb::Get).check(self.leases.get_opt(&self.name).await)? else {
            let metadata = ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() };
            let begun = Moment::now();
            let created = Lease { metadata, spec: Some(self.spec(None)) };
            return self.acquired(begun, Verb::Create, self.leases.create(&PostParams::default(), &created).await);
        };
        if seen.see(&lease, asked).may_be_alive() && self.mode == Mode::Elected {
            return Ok(false);
        }
        let begun = Moment::now();
        let ours = Lease { spec: Some(self.spec(lease.spec.as_ref())), metadata: lease.metadata };
        self.acquired(begun, Verb::Update, self.leases.replace(&self.name, &PostParams::default(), &ours).await)
    }

    /// Renews the Lease until it is lost; returns why. `on_lapse` is called when the Lease counts that did not before:
    /// other operators may serve configs that this one served.
    pub(crate) async fn renew_until_lost(&self, on_lapse: impl Fn()) -> &'static str {
        loop {
            let is_without = self.lease().is_none();
            tokio::time::sleep(if is_without { RETRY } else { RENEWAL }).await;
            match tokio::time::timeout(RENEWAL_TIMEOUT, self.renew(&on_lapse)).await {
                Ok(Ok(true)) => {}
                Ok(_) if is_without => {}
                Ok(Ok(false)) if self.mode == Mode::Newest => {
                    return "another process took the Lease: start all with --leader-elect, or give each a --lease-name";
                }
                Ok(Ok(false)) => return "another candidate holds the Lease",
                Ok(Err(trouble)) => self.warn(&trouble),
                Err(_) => self.warn_of_silence(),
            }
            if self.mode == Mode::Elected && !self.is_certain() {
                return "the Lease could not be renewed in time";
            }
        }
    }

    /// A Lease as it was just read, if this candidate holds it.
    fn ours(&self, lease: Lease) -> Option<(ObjectMeta, LeaseSpec)> {
        let spec = lease.spec.unwrap_or_default();
        let is_ours = spec.holder_identity.as_deref() == Some(&self.identity);
        is_ours.then_some((lease.metadata, spec))
    }

    async fn renew(&self, on_lapse: impl Fn()) -> Result<bool, ApiTrouble> {
        if self.lease().is_none() {
            let has = self.attempt(&mut SeenLease::nothing()).await?;
            if has {
                on_lapse();
            }
            return Ok(has);
        }
        let found = self.asked(Verb::Get).check(self.leases.get_opt(&self.name).await)?;
        if found.is_none() && self.mode == Mode::Newest {
            // Somebody deleted it.
            on_lapse();
            return self.attempt(&mut SeenLease::nothing()).await;
        }
        let Some((metadata, spec)) = found.and_then(|lease| self.ours(lease)) else {
            self.resign();
            return Ok(false);
        };
        let begun = Moment::now();
        let renewed = LeaseSpec { renew_time: Some(MicroTime(Timestamp::now())), ..spec };
        let lease = Lease { spec: Some(renewed), metadata };
        match self.leases.replace(&self.name, &PostParams::default(), &lease).await {
            // The Lease was written meanwhile; the next renewal reads by whom.
            Err(error) if is_conflict(&error) => Ok(true),
            result => {
                self.asked(Verb::Update).check(result)?;
                if !self.is_certain() {
                    on_lapse();
                }
                self.is_certain_since(begun);
                Ok(true)
            }
        }
    }

    /// Releases the Lease, so that the next candidate acquires it at once.
    pub(crate) async fn release(&self) {
        if self.lease().is_none() {
            return;
        }
        self.resign();
        let released = async {
            let found = self.asked(Verb::Get).check(self.leases.get_opt(&self.name).await)?;
            let Some((metadata, spec)) = found.and_then(|lease| self.ours(lease)) else { return Ok(()) };
            let spec = LeaseSpec { holder_identity: Some(String::new()), ..spec };
            let lease = Lease { spec: Some(spec), metadata };
            let written = self.leases.replace(&self.name, &PostParams::default(), &lease).await;
            self.asked(Verb::Update).check(written).map(drop)
        };
        match released.await {
            Ok(()) => tracing::info!(lease = self.lease(), "the Lease is released"),
            Err(trouble) => tracing::warn!(
                error = %trouble.error,
                lease = self.lease(),
                "the Lease could not be released: no other operator takes it before it expires"
            ),
        }
    }

    fn spec(&self, before: Option<&LeaseSpec>) -> LeaseSpec {
        let now = MicroTime(Timestamp::now());
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(LEASE_DURATION.as_secs()).ok(),
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
                self.asked(verb).check(result)?;
                self.is_certain_since(begun);
                tracing::info!(identity = self.identity, lease = self.lease(), "this operator holds its Lease now");
                Ok(true)
            }
        }
    }

    fn is_certain_since(&self, begun: Moment) {
        *self.hold.lock() = LeaseHold::Since(begun);
    }

    fn resign(&self) {
        *self.hold.lock() = LeaseHold::None;
    }
}
