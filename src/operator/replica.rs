//! One of several replicas that divide the accounts: it takes the shards that are its own, and gives back those that are not.

mod handover;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::join_all;
use futures::{FutureExt, StreamExt};
use jiff::SignedDuration;
use tokio::sync::watch as signal;
use tokio::task::{AbortHandle, JoinSet};

use crate::operator::context::Shared;
use crate::operator::kubernetes::lease::Candidate;
use crate::operator::kubernetes::lease::identity::own_name;
use crate::operator::kubernetes::shards::HeldShards;
use crate::operator::kubernetes::shards::leases::{LeaseSet, Seen};
use crate::operator::replica::handover::{forget_earlier, is_over, left, taken};
use crate::operator::telemetry::log;
use crate::operator::trouble::warnings::Warnings;
use crate::plan::sharding::{Holder, Shard, ShardStep, assignment, next_step};

/// How often a replica looks at the Leases: a shard that was given back is taken within a second.
const LOOK: Duration = Duration::from_millis(500);
/// How long an answer about them may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often trouble with them is written to the log.
const REPEAT: SignedDuration = SignedDuration::from_secs(15);
/// After so long a replica says that it waits for the Lease of all.
const WAITS: Duration = Duration::from_secs(3);

/// A shard that this replica holds.
struct HeldLease {
    candidate: Arc<Candidate>,
    renewal: AbortHandle,
    is_draining: bool,
}

/// Tells why the process must end, when a Lease is lost.
pub(crate) type Losses = UnboundedReceiver<&'static str>;

/// A replica that holds some of the shards.
pub(crate) struct Replica {
    shared: Arc<Shared>,
    shards: Arc<HeldShards>,
    leases: LeaseSet,
    member: Arc<Candidate>,
    held: BTreeMap<Shard, HeldLease>,
    renewals: JoinSet<()>,
    losses: UnboundedSender<&'static str>,
    warnings: Warnings,
}

impl Replica {
    /// A replica that holds nothing yet; `common`: the candidate for the Lease of all replicas.
    pub(crate) fn new(shared: &Arc<Shared>, shards: &Arc<HeldShards>, common: &Candidate) -> (Self, Losses) {
        let leases = LeaseSet::beside(common, shared.client.clone(), shards.shards());
        let (losses, lost) = unbounded();
        let replica = Self {
            shared: Arc::clone(shared),
            shards: Arc::clone(shards),
            member: Arc::new(leases.member()),
            leases,
            held: BTreeMap::new(),
            renewals: JoinSet::new(),
            losses,
            warnings: Warnings::every(REPEAT),
        };
        (replica, lost)
    }

    /// Takes and gives back shards until the operator is asked to end; then it keeps those that it has. Returns why the process must end.
    /// `standby`: whether this replica holds none.
    pub(crate) async fn work(
        &mut self,
        common: &Candidate,
        standby: &signal::Sender<bool>,
        mut closing: signal::Receiver<bool>,
    ) -> &'static str {
        self.shared.caches.until_started().await;
        match self.join(common, standby, &mut closing).await {
            Ok(true) => {}
            Ok(false) => return std::future::pending().await,
            Err(why) => return why,
        }
        loop {
            self.divide().await;
            standby.send_replace(self.held.is_empty());
            let is_closing = tokio::time::timeout(LOOK, closing.wait_for(|closing| *closing)).await.is_ok();
            if is_closing {
                return std::future::pending().await;
            }
        }
    }

    /// Acquires the Lease of all replicas, and the one that tells the others of this replica. False: the operator is asked to end.
    async fn join(
        &mut self,
        common: &Candidate,
        standby: &signal::Sender<bool>,
        closing: &mut signal::Receiver<bool>,
    ) -> Result<bool, &'static str> {
        standby.send_replace(true);
        let waits = async {
            tokio::time::sleep(WAITS).await;
            log::awaits_common_lease(common.lease().as_deref());
            std::future::pending::<()>().await;
        };
        let is_common = tokio::select! {
            elected = common.elected(closing) => elected?,
            () = waits => false,
        };
        if !is_common {
            return Ok(false);
        }
        let shared = Arc::clone(&self.shared);
        self.renew(async move {
            let common = shared.candidate.as_ref()?;
            Some(common.renew_until_lost(|lease| shared.lapsed(lease)).await)
        });
        let is_member = self.member.elected(closing).await?;
        if is_member {
            self.keep(&Arc::clone(&self.member));
        }
        Ok(is_member)
    }

    /// Renews a Lease until it is lost, which ends the process.
    fn keep(&mut self, candidate: &Arc<Candidate>) -> AbortHandle {
        let (candidate, shared) = (Arc::clone(candidate), Arc::clone(&self.shared));
        self.renew(async move { Some(candidate.renew_until_lost(|lease| shared.lapsed(lease)).await) })
    }

    fn renew(&mut self, renewing: impl Future<Output = Option<&'static str>> + Send + 'static) -> AbortHandle {
        let losses = self.losses.clone();
        self.renewals.spawn(renewing.map(move |why| {
            // Nobody listens when the process ends anyway.
            if let Some(why) = why {
                drop(losses.unbounded_send(why));
            }
        }))
    }

    /// One look at all Leases, and what follows from it.
    async fn divide(&mut self) {
        let seen = match tokio::time::timeout(PATIENCE, self.leases.read()).await {
            Ok(Ok(seen)) => seen,
            Ok(Err(trouble)) => return self.warn(&trouble.report().message),
            Err(_) => return self.warn("the API server does not answer"),
        };
        self.shared.candidate.iter().for_each(|common| common.answers().answered());
        let turns = self.turns(&seen);
        let of = |wanted| turns.iter().filter(move |(_, turn)| *turn == wanted).map(|(shard, _)| *shard);
        for shard in of(ShardStep::Drain) {
            self.drain(shard).await;
        }
        self.take(of(ShardStep::Take).collect()).await;
    }

    /// What this replica does next about each shard.
    fn turns(&self, seen: &Seen) -> Vec<(Shard, ShardStep)> {
        let members: BTreeSet<_> = seen.members.iter().map(String::as_str).collect();
        let owners = assignment(self.shards.shards(), &members);
        let holder = |shard| match self.held.get(&shard) {
            Some(held) if held.is_draining => Holder::Draining,
            Some(_) => Holder::Here,
            None => seen.shards.get(&shard).copied().unwrap_or(Holder::Nobody),
        };
        let turn_of = |shard| next_step(owners.get(&shard) == Some(&own_name()), holder(shard));
        self.shards.shards().all().map(|shard| (shard, turn_of(shard))).collect()
    }

    /// Takes shards that nobody holds.
    async fn take(&mut self, shards: Vec<Shard>) {
        let tries: Vec<_> = shards
            .into_iter()
            .map(|shard| {
                let candidate = self.leases.shard(shard);
                let mut seen = self.leases.take_seen(&candidate);
                async move {
                    let is_held = candidate.try_once(&mut seen).await;
                    (shard, candidate, seen, is_held)
                }
            })
            .collect();
        for (shard, candidate, seen, is_held) in join_all(tries).await {
            self.leases.put_seen(&candidate, seen);
            if !is_held {
                continue;
            }
            let candidate = Arc::new(candidate);
            let part = forget_earlier(&self.shared, &self.shards, shard);
            self.shards.hold(shard, candidate.fence());
            let renewal = self.keep(&candidate);
            self.shared.metrics.set_leader(candidate.name(), true);
            log::shard_taken(shard, candidate.name());
            self.held.insert(shard, HeldLease { candidate, renewal, is_draining: false });
            taken(&self.shared, part);
        }
    }

    /// Gives a shard back, if what was under way has ended.
    async fn drain(&mut self, shard: Shard) {
        let Some(held) = self.held.get_mut(&shard) else { return };
        if !std::mem::replace(&mut held.is_draining, true) {
            self.shards.drain(shard);
            left(&self.shared, &self.shards, shard);
            log::shard_drains(shard, held.candidate.name());
        }
        if is_over(&self.shared, &self.shards, shard)
            && let Some(held) = self.held.remove(&shard)
        {
            given_back(&self.shared, &self.shards, shard, held).await;
        }
    }

    /// Everything is given back: no call is under way any more.
    pub(crate) async fn end(mut self) {
        self.renewals.abort_all();
        self.member.remove().await;
        let (shared, shards) = (&self.shared, &self.shards);
        let all = std::mem::take(&mut self.held);
        join_all(all.into_iter().map(|(shard, held)| given_back(shared, shards, shard, held))).await;
    }

    fn warn(&self, error: &str) {
        if let Some(times) = self.warnings.due(&()) {
            tracing::warn!(error, times, "the Leases of the shards cannot be read");
        }
    }
}

/// Gives a shard back in which nothing is under way.
async fn given_back(shared: &Shared, shards: &HeldShards, number: Shard, held: HeldLease) {
    held.renewal.abort();
    shards.release(number);
    held.candidate.release().await;
    shared.metrics.set_leader(held.candidate.name(), false);
}

/// Waits until a Lease is lost: why the process must end.
pub(crate) async fn lost(losses: &mut Losses) -> &'static str {
    match losses.next().await {
        Some(why) => why,
        None => std::future::pending().await,
    }
}
