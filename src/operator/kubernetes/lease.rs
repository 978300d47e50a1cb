//! Leadership by a Lease, held by compare-and-swap and judged on the monotonic clock alone (design §4.7).
//!
//! Wall clocks of two machines need not agree: whoever waits measures by its own clock for how long
//! the lease has not changed, and whoever leads knows by its own until when nobody can have taken over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, ObjectMeta, PostParams};
use kube::{Client, ResourceExt};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch as signal;

use crate::connection::options::LeadershipCheck;
use crate::operator::kubernetes::patch::is_conflict;

/// The Lease in the operator's namespace.
const NAME: &str = "ping-operator";
/// Nobody takes over for so long after a renewal. Longer than a call to a provider may take.
const DURATION: Duration = Duration::from_secs(45);
/// How often the leader renews.
const RENEWAL: Duration = Duration::from_secs(5);
/// How often others look: a lease that was given back is taken within a second.
const LOOK: Duration = Duration::from_millis(500);

/// One candidate, who may come to lead.
pub(crate) struct Candidate {
    leases: Api<Lease>,
    identity: String,
    /// Until when nobody else can have taken over.
    certain_until: Arc<Mutex<Option<Instant>>>,
}

/// What a candidate saw of the lease, and since when it is so.
struct SeenLease {
    version: Option<String>,
    since: Instant,
}

impl Candidate {
    pub(crate) fn new(client: Client, namespace: &str) -> Self {
        let name = std::env::var("POD_NAME").unwrap_or_else(|_| format!("pid-{}", std::process::id()));
        let identity = format!("{name}_{:016x}", fastrand::u64(..));
        Self { leases: Api::namespaced(client, namespace), identity, certain_until: Arc::default() }
    }

    /// Tells whether leadership is certain for as long as something may take.
    pub(crate) fn leadership(&self) -> LeadershipCheck {
        let certain_until = Arc::clone(&self.certain_until);
        Arc::new(move |length| {
            let until = *locked(&certain_until);
            until.is_some_and(|until| Instant::now() + length < until)
        })
    }

    /// Waits until this candidate leads; false: the operator ends before.
    pub(crate) async fn elected(&self, closing: &mut signal::Receiver<bool>) -> bool {
        let mut seen = SeenLease { version: None, since: Instant::now() };
        loop {
            match self.attempt(&mut seen).await {
                Ok(true) => return true,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "the lease cannot be looked at; it is tried again"),
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                _ = closing.wait_for(|closing| *closing) => return false,
            }
        }
    }

    /// Takes the lease if nobody holds it, or if its holder has not renewed it for its whole duration.
    async fn attempt(&self, seen: &mut SeenLease) -> kube::Result<bool> {
        let Some(lease) = self.leases.get_opt(NAME).await? else {
            let metadata = ObjectMeta { name: Some(NAME.to_owned()), ..ObjectMeta::default() };
            let begun = Instant::now();
            let made = Lease { metadata, spec: Some(self.spec(None)) };
            return self.taken(begun, self.leases.create(&PostParams::default(), &made).await);
        };
        if lease.resource_version() != seen.version {
            *seen = SeenLease { version: lease.resource_version(), since: Instant::now() };
        }
        let holder = lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref()).unwrap_or_default();
        if !holder.is_empty() && seen.since.elapsed() < duration_of(&lease) {
            return Ok(false);
        }
        let begun = Instant::now();
        let taken = Lease { spec: Some(self.spec(lease.spec.as_ref())), metadata: lease.metadata };
        self.taken(begun, self.leases.replace(NAME, &PostParams::default(), &taken).await)
    }

    /// Renews until it is lost, and says why; until then this future does not end.
    pub(crate) async fn keep(&self) -> &'static str {
        loop {
            tokio::time::sleep(RENEWAL).await;
            match tokio::time::timeout(RENEWAL, self.renew()).await {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => return "somebody else holds the lease",
                Ok(Err(error)) => tracing::warn!(%error, "the lease cannot be renewed; it is tried again"),
                Err(_) => tracing::warn!("the API server does not answer; the lease is renewed later"),
            }
            if !(self.leadership())(Duration::ZERO) {
                return "the lease could not be renewed in time";
            }
        }
    }

    /// The lease as it stands, if this candidate holds it.
    async fn held(&self) -> kube::Result<Option<(ObjectMeta, LeaseSpec)>> {
        let lease = self.leases.get(NAME).await?;
        let spec = lease.spec.unwrap_or_default();
        let is_ours = spec.holder_identity.as_deref() == Some(&self.identity);
        Ok(is_ours.then_some((lease.metadata, spec)))
    }

    async fn renew(&self) -> kube::Result<bool> {
        let Some((metadata, spec)) = self.held().await? else {
            self.resign();
            return Ok(false);
        };
        let begun = Instant::now();
        let renewed = LeaseSpec { renew_time: Some(MicroTime(Timestamp::now())), ..spec };
        let lease = Lease { spec: Some(renewed), metadata };
        match self.leases.replace(NAME, &PostParams::default(), &lease).await {
            // Somebody wrote in between; the next look tells who.
            Err(error) if is_conflict(&error) => Ok(true),
            result => {
                result?;
                self.is_certain_since(begun);
                Ok(true)
            }
        }
    }

    /// Gives the lease back, so that the next one takes over at once.
    pub(crate) async fn release(&self) {
        self.resign();
        let released = async {
            let Some((metadata, spec)) = self.held().await? else { return Ok(()) };
            let spec = LeaseSpec { holder_identity: Some(String::new()), ..spec };
            let lease = Lease { spec: Some(spec), metadata };
            self.leases.replace(NAME, &PostParams::default(), &lease).await.map(drop)
        };
        if let Err(error) = released.await {
            tracing::warn!(%error, "the lease is not given back; it runs out by itself");
        }
    }

    fn spec(&self, before: Option<&LeaseSpec>) -> LeaseSpec {
        let now = MicroTime(Timestamp::now());
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(DURATION.as_secs()).ok(),
            acquire_time: Some(now.clone()),
            renew_time: Some(now),
            lease_transitions: Some(before.and_then(|spec| spec.lease_transitions).unwrap_or(0) + 1),
            ..LeaseSpec::default()
        }
    }

    fn taken(&self, begun: Instant, result: kube::Result<Lease>) -> kube::Result<bool> {
        match result {
            Err(error) if is_conflict(&error) => Ok(false),
            result => {
                result?;
                self.is_certain_since(begun);
                tracing::info!(identity = self.identity, "this is the leader now");
                Ok(true)
            }
        }
    }

    /// The duration counts from before the request: nobody can have seen the lease renewed earlier.
    fn is_certain_since(&self, begun: Instant) {
        *locked(&self.certain_until) = Some(begun + DURATION);
    }

    fn resign(&self) {
        *locked(&self.certain_until) = None;
    }
}

/// A panic elsewhere leaves the moment as it is: it is replaced as a whole.
fn locked(certain_until: &Mutex<Option<Instant>>) -> MutexGuard<'_, Option<Instant>> {
    certain_until.lock()
}

fn duration_of(lease: &Lease) -> Duration {
    let seconds = lease.spec.as_ref().and_then(|spec| spec.lease_duration_seconds);
    seconds.and_then(|seconds| u64::try_from(seconds).ok()).map_or(DURATION, Duration::from_secs)
}
