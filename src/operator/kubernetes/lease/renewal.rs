//! How a candidate that holds the Lease keeps it, and how it gives it up.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, PostParams, Preconditions};

use crate::operator::kubernetes::lease::hold::Moment;
use crate::operator::kubernetes::lease::seen::SeenLease;
use crate::operator::kubernetes::lease::{Candidate, Mode, PATIENCE, POLL, duration};
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};

/// How often the leader renews. After a renewal it may send writes for the rest of the Lease less the timeout of a write.
const RENEWAL: Duration = Duration::from_secs(2);
/// How often a process without the right to write Leases tries again: somebody may have granted it.
const RETRY: Duration = Duration::from_secs(10);
/// How long one renewal may take.
const RENEWAL_TIMEOUT: Duration = Duration::from_secs(5);
/// How often the release of a Lease is tried: a renewal whose answer did not come may still be carried out.
const RELEASES: usize = 2;

/// What comes after a renewal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NextRenewal {
    /// The next one, after this pause.
    After(Duration),
    /// Nothing: the process ends, and why.
    Lost(&'static str),
}

/// What came of a renewal.
enum Renewal {
    /// The Lease is held.
    Held,
    /// The Lease was written since it was read last, or it was read and is to be renewed.
    Again,
    /// Somebody else has it, or nobody.
    Lost,
}

impl Candidate {
    /// Renews the Lease until it is lost; returns why. `on_lapse` is called before this process may write that might not before: other
    /// processes may have written, and serve configs that this one served. It is told the Lease; `None`: the process goes on without.
    pub(crate) async fn renew_until_lost(&self, on_lapse: impl Fn(Option<String>)) -> &'static str {
        let mut pause = RENEWAL;
        loop {
            tokio::time::sleep(if self.lease().is_none() { RETRY } else { pause }).await;
            match self.renewal(&on_lapse).await {
                NextRenewal::After(next) => pause = next,
                NextRenewal::Lost(why) => return why,
            }
        }
    }

    /// One renewal, and what follows from it.
    pub(crate) async fn renewal(&self, on_lapse: &impl Fn(Option<String>)) -> NextRenewal {
        if let Err(why) = self.ensure_steady() {
            return NextRenewal::Lost(why);
        }
        let mut pause = RENEWAL;
        let limit = if self.lease().is_none() { PATIENCE } else { RENEWAL_TIMEOUT };
        match tokio::time::timeout(limit, self.renew(on_lapse)).await {
            Ok(Ok(Renewal::Held)) => {}
            // Others renew it just as often.
            Ok(Ok(Renewal::Again)) => pause = if self.mode() == Mode::Together { Duration::ZERO } else { POLL },
            Ok(Ok(Renewal::Lost)) => return NextRenewal::Lost(self.taken()),
            // It was said when that began.
            Ok(Err(_)) | Err(_) if self.lease().is_none() => {}
            Ok(Err(trouble)) if self.mode() == Mode::Newest && trouble.is_lasting() && !self.is_certain() => {
                on_lapse(None);
                self.go_without(&trouble);
            }
            Ok(Err(trouble)) => self.warn(&trouble),
            Err(_) => self.warn_of_silence(),
        }
        if self.mode() != Mode::Newest && !self.is_certain() {
            return NextRenewal::Lost("the Lease could not be renewed in time");
        }
        if self.state.lock().is_other_over(Moment::now()) {
            on_lapse(self.lease());
            self.state.lock().taken_at = None;
            tracing::info!("the writes of the process that held the Lease before have ended: this one writes now");
        }
        NextRenewal::After(pause)
    }

    /// Why a process ends whose Lease is not its own any more.
    fn taken(&self) -> &'static str {
        match self.mode() {
            Mode::Newest => {
                "another process took the Lease: start all with --leader-elect, or give each a --lease-name"
            }
            Mode::Elected => "another candidate holds the Lease",
            Mode::Together => "the accounts are divided anew: another operator has the Lease of all shards",
        }
    }

    /// One request, as a rule: a renewal is written into the Lease as it was written or read last, and a conflict tells if it changed since.
    async fn renew(&self, on_lapse: &impl Fn(Option<String>)) -> Result<Renewal, ApiTrouble> {
        if self.lease().is_none() {
            let has = self.attempt(&mut SeenLease::nothing()).await?;
            if has {
                on_lapse(self.lease());
            }
            return Ok(if has { Renewal::Held } else { Renewal::Again });
        }
        let known = self.known.lock().take();
        let Some(lease) = known else { return self.look(on_lapse).await };
        let begun = Moment::now();
        match self.replaced(lease, |spec| spec.renew_time = Some(MicroTime(Timestamp::now()))).await {
            Err(trouble) if trouble.is_overtaken() => Ok(Renewal::Again),
            written => {
                let written = written?;
                if !self.is_certain() {
                    on_lapse(self.lease());
                }
                self.held_since(begun, written);
                Ok(Renewal::Held)
            }
        }
    }

    /// Reads who holds the Lease.
    async fn look(&self, on_lapse: &impl Fn(Option<String>)) -> Result<Renewal, ApiTrouble> {
        match self.asked(Verb::Get).check(self.leases.get_opt(self.name()).await)? {
            Some(lease) if self.is_holder(&lease) => {
                *self.known.lock() = Some(lease);
                Ok(Renewal::Again)
            }
            None if self.mode() == Mode::Newest => {
                // Somebody deleted it.
                on_lapse(self.lease());
                Ok(if self.create().await? { Renewal::Held } else { Renewal::Lost })
            }
            Some(_) | None => {
                self.resign();
                Ok(Renewal::Lost)
            }
        }
    }

    /// Writes the Lease with another spec, if nobody has written it meanwhile.
    async fn replaced(&self, lease: Lease, change: impl FnOnce(&mut LeaseSpec)) -> Result<Lease, ApiTrouble> {
        let mut spec = lease.spec.unwrap_or_default();
        // Whoever looks at it believes what it says.
        spec.lease_duration_seconds = duration();
        change(&mut spec);
        let lease = Lease { spec: Some(spec), metadata: lease.metadata };
        let written = self.leases.replace(self.name(), &PostParams::default(), &lease).await;
        self.asked(Verb::Update).check(written)
    }

    /// Releases the Lease, so that the next candidate acquires it at once. While the writes of another process are awaited, it is kept: who
    /// takes it then awaits them, too.
    pub(crate) async fn release(&self) {
        if self.lease().is_none() || self.state.lock().taken_at.is_some() {
            return;
        }
        self.resign();
        let mut released = self.released().await;
        for _ in 1..RELEASES {
            if released.as_ref().is_err_and(ApiTrouble::is_overtaken) {
                released = self.released().await;
            }
        }
        match released {
            Ok(()) => tracing::info!(lease = self.lease(), "the Lease is released"),
            Err(trouble) => tracing::warn!(
                error = trouble.report().message,
                lease = self.lease(),
                "the Lease could not be released: no other operator takes it before it expires"
            ),
        }
    }

    /// Deletes the Lease, if this candidate holds it: nobody else is to have it.
    pub(crate) async fn remove(&self) {
        self.resign();
        if let Err(trouble) = self.removed().await {
            let error = trouble.report().message;
            tracing::warn!(error, lease = self.lease(), "the Lease could not be deleted: it expires");
        }
    }

    async fn removed(&self) -> Result<(), ApiTrouble> {
        let found = self.asked(Verb::Get).check(self.leases.get_opt(self.name()).await)?;
        let Some(lease) = found.filter(|lease| self.is_holder(lease)) else { return Ok(()) };
        deleted(&self.leases, &lease, self.asked(Verb::Delete)).await
    }

    async fn released(&self) -> Result<(), ApiTrouble> {
        let found = self.asked(Verb::Get).check(self.leases.get_opt(self.name()).await)?;
        let Some(lease) = found.filter(|lease| self.is_holder(lease)) else { return Ok(()) };
        self.replaced(lease, |spec| spec.holder_identity = Some(String::new())).await.map(drop)
    }
}

/// Deletes a Lease, if nobody has written it since it was read.
pub(crate) async fn deleted(leases: &Api<Lease>, lease: &Lease, asked: Asked) -> Result<(), ApiTrouble> {
    let read = Preconditions { resource_version: lease.resource_version(), uid: lease.uid() };
    let parameters = DeleteParams { preconditions: Some(read), ..DeleteParams::default() };
    asked.check(leases.delete(&lease.name_any(), &parameters).await).map(drop)
}
