//! Leader election by a Lease, written by compare-and-swap and measured by the monotonic clock alone.
//!
//! The wall clocks of two machines may differ. So a candidate measures by its own clock how long the Lease has not changed, and
//! the leader knows by its own clock until when no other can take over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, ObjectMeta, PostParams};
use kube::{Client, ResourceExt};
use parking_lot::Mutex;
use tokio::sync::watch as signal;

use crate::connection::options::LeadershipCheck;
use crate::operator::kubernetes::patch::is_conflict;
use crate::operator::state::last_answer::LastAnswer;
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::Asked;
use crate::operator::trouble::asked::Verb;
use crate::operator::trouble::warnings::Warnings;
use crate::plan::outcome::ApiServerTrouble;

/// The Lease in the operator's namespace.
const NAME: &str = "ping-operator";
/// How long after a renewal no other candidate takes over; longer than the timeout of a call to a provider.
const DURATION: Duration = Duration::from_secs(45);
/// How often the leader renews.
const RENEWAL: Duration = Duration::from_secs(5);
/// How often other candidates read the Lease: one that was released is acquired within a second.
const POLL: Duration = Duration::from_millis(500);
/// How long a candidate waits for an answer about the Lease before it says so and asks again.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often trouble with the Lease is written to the log.
const REPEAT: Duration = Duration::from_secs(15);

/// One candidate in the leader election.
pub(crate) struct Candidate {
    leases: Api<Lease>,
    namespace: String,
    identity: String,
    /// Until when no other candidate can take over; absent: this one is not the leader.
    certain_until: Arc<Mutex<Option<Instant>>>,
    /// When the API server answered about the Lease last.
    answers: Arc<LastAnswer>,
    /// What was written to the log of the Lease.
    warnings: Warnings,
}

/// The version of the Lease that a candidate saw last, and since when.
struct SeenLease {
    version: Option<String>,
    since: Instant,
}

impl Candidate {
    /// A candidate for the Lease in `namespace`.
    pub(crate) fn new(client: Client, namespace: &str) -> Self {
        let name = std::env::var("POD_NAME").unwrap_or_else(|_| format!("pid-{}", std::process::id()));
        let identity = format!("{name}_{:016x}", fastrand::u64(..));
        let leases = Api::namespaced(client, namespace);
        let (certain_until, answers) = (Arc::default(), Arc::default());
        Self {
            leases,
            namespace: namespace.to_owned(),
            identity,
            certain_until,
            answers,
            warnings: Warnings::default(),
        }
    }

    /// Checks whether this candidate is the leader for at least a given time.
    pub(crate) fn leadership(&self) -> LeadershipCheck {
        let certain_until = Arc::clone(&self.certain_until);
        Arc::new(move |length| {
            let until = *certain_until.lock();
            until.is_some_and(|until| Instant::now() + length < until)
        })
    }

    /// When the API server answered about the Lease last.
    pub(crate) fn answers(&self) -> Arc<LastAnswer> {
        Arc::clone(&self.answers)
    }

    /// Waits until this candidate is the leader; false: the operator is shutting down.
    pub(crate) async fn elected(&self, closing: &mut signal::Receiver<bool>) -> bool {
        let mut seen = SeenLease { version: None, since: Instant::now() };
        loop {
            match tokio::time::timeout(PATIENCE, self.attempt(&mut seen)).await {
                Ok(Ok(true)) => return true,
                Ok(Ok(false)) => self.answers.answered(),
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
        if let Some(repeats) = self.warnings.due_after(REPEAT, &()) {
            tracing::warn!(repeats, "the API server does not answer about the Lease; the operator tries again");
        }
    }

    /// Names the trouble in the log, a few times a minute at most.
    fn warn(&self, trouble: &ApiTrouble) {
        let ApiServerTrouble { reason, message } = trouble.report();
        if let Some(repeats) = self.warnings.due_after(REPEAT, &()) {
            tracing::warn!(%reason, repeats, "the Lease cannot be read or written: {message}");
        }
    }

    /// Acquires the Lease if it has no holder, or if its holder has not renewed it for its whole duration.
    async fn attempt(&self, seen: &mut SeenLease) -> Result<bool, ApiTrouble> {
        let Some(lease) = self.asked(Verb::Get).check(self.leases.get_opt(NAME).await)? else {
            let metadata = ObjectMeta { name: Some(NAME.to_owned()), ..ObjectMeta::default() };
            let begun = Instant::now();
            let created = Lease { metadata, spec: Some(self.spec(None)) };
            return self.acquired(begun, Verb::Create, self.leases.create(&PostParams::default(), &created).await);
        };
        if lease.resource_version() != seen.version {
            *seen = SeenLease { version: lease.resource_version(), since: Instant::now() };
        }
        let holder = lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref()).unwrap_or_default();
        if !holder.is_empty() && seen.since.elapsed() < duration_of(&lease) {
            return Ok(false);
        }
        let begun = Instant::now();
        let ours = Lease { spec: Some(self.spec(lease.spec.as_ref())), metadata: lease.metadata };
        self.acquired(begun, Verb::Update, self.leases.replace(NAME, &PostParams::default(), &ours).await)
    }

    /// Renews the Lease until it is lost; returns why.
    pub(crate) async fn renew_until_lost(&self) -> &'static str {
        loop {
            tokio::time::sleep(RENEWAL).await;
            match tokio::time::timeout(RENEWAL, self.renew()).await {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => return "another candidate holds the Lease",
                Ok(Err(trouble)) => self.warn(&trouble),
                Err(_) => self.warn_of_silence(),
            }
            if !(self.leadership())(Duration::ZERO) {
                return "the Lease could not be renewed in time";
            }
        }
    }

    /// The Lease as it is now, if this candidate holds it.
    async fn own_lease(&self) -> Result<Option<(ObjectMeta, LeaseSpec)>, ApiTrouble> {
        let lease = self.asked(Verb::Get).check(self.leases.get(NAME).await)?;
        let spec = lease.spec.unwrap_or_default();
        let is_ours = spec.holder_identity.as_deref() == Some(&self.identity);
        Ok(is_ours.then_some((lease.metadata, spec)))
    }

    async fn renew(&self) -> Result<bool, ApiTrouble> {
        let Some((metadata, spec)) = self.own_lease().await? else {
            self.resign();
            return Ok(false);
        };
        let begun = Instant::now();
        let renewed = LeaseSpec { renew_time: Some(MicroTime(Timestamp::now())), ..spec };
        let lease = Lease { spec: Some(renewed), metadata };
        match self.leases.replace(NAME, &PostParams::default(), &lease).await {
            // The Lease was written meanwhile; the next renewal reads by whom.
            Err(error) if is_conflict(&error) => Ok(true),
            result => {
                self.asked(Verb::Update).check(result)?;
                self.is_certain_since(begun);
                Ok(true)
            }
        }
    }

    /// Releases the Lease, so that the next candidate acquires it at once.
    pub(crate) async fn release(&self) {
        self.resign();
        let released = async {
            let Some((metadata, spec)) = self.own_lease().await? else { return Ok(()) };
            let spec = LeaseSpec { holder_identity: Some(String::new()), ..spec };
            let lease = Lease { spec: Some(spec), metadata };
            let written = self.leases.replace(NAME, &PostParams::default(), &lease).await;
            self.asked(Verb::Update).check(written).map(drop)
        };
        if let Err(trouble) = released.await {
            let why = trouble.report().message;
            tracing::warn!(
                "the Lease could not be released; another replica becomes the leader when it expires: {why}"
            );
        }
    }

    fn spec(&self, before: Option<&LeaseSpec>) -> LeaseSpec {
        let now = MicroTime(Timestamp::now());
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(DURATION.as_secs()).ok(),
            acquire_time: Some(now.clone()),
            renew_time: Some(now),
            lease_transitions: Some(before.and_then(|spec| spec.lease_transitions).unwrap_or(0).saturating_add(1)),
            ..LeaseSpec::default()
        }
    }

    fn asked(&self, verb: Verb) -> Asked {
        Asked::to::<Lease>(verb, &self.namespace)
    }

    fn acquired(&self, begun: Instant, verb: Verb, result: kube::Result<Lease>) -> Result<bool, ApiTrouble> {
        match result {
            Err(error) if is_conflict(&error) => Ok(false),
            result => {
                self.asked(verb).check(result)?;
                self.is_certain_since(begun);
                tracing::info!(identity = self.identity, "this operator is the leader now");
                Ok(true)
            }
        }
    }

    /// The duration counts from before the request: no candidate can have seen the renewal earlier.
    fn is_certain_since(&self, begun: Instant) {
        *self.certain_until.lock() = Some(begun + DURATION);
    }

    fn resign(&self) {
        *self.certain_until.lock() = None;
    }
}

fn duration_of(lease: &Lease) -> Duration {
    let seconds = lease.spec.as_ref().and_then(|spec| spec.lease_duration_seconds);
    seconds.and_then(|seconds| u64::try_from(seconds).ok()).map_or(DURATION, Duration::from_secs)
}
