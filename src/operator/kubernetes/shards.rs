//! The shards of the accounts that this replica holds: what the fence asks before each call, and what is under way in each of them.

pub(crate) mod leases;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::operator::kubernetes::lease::hold::Fence;
use crate::plan::sharding::{Shard, Shards};
use crate::provider::call::WRITE_TIMEOUT;

/// A shard that this replica holds.
struct HeldShard {
    /// Tells for how long its Lease counts.
    fence: Fence,
    /// Which hold of a shard by this process it is.
    term: u64,
    /// Whether it is to be given back: nothing more begins.
    is_draining: bool,
    /// Shared by every reconcile in progress.
    work: Arc<()>,
}

/// A reconcile in progress. The shard of its account is not given back before it has ended.
pub(crate) struct ShardWork {
    _of_shard: Option<Arc<()>>,
}

impl ShardWork {
    /// A reconcile of an operator that holds all accounts at once.
    pub(crate) fn of_whole() -> Self {
        Self { _of_shard: None }
    }
}

/// The shards that this replica holds.
pub(crate) struct HeldShards {
    shards: Shards,
    /// Namespace and name of each Lease begin like this; the number of the shard follows.
    start: String,
    /// Namespace and name of the Lease that all replicas have together.
    common: String,
    /// Tells for how long that counts.
    division: Fence,
    held: Mutex<BTreeMap<Shard, HeldShard>>,
    terms: AtomicU64,
}

impl HeldShards {
    /// None is held. `lease`: namespace and name of the Lease of all replicas, and its fence.
    pub(crate) fn new(shards: Shards, lease: &str, division: Fence) -> Self {
        let (start, common) = (format!("{lease}-shard-"), lease.to_owned());
        Self { shards, start, common, division, held: Mutex::default(), terms: AtomicU64::default() }
    }

    /// Into how many shards the accounts are divided.
    pub(crate) fn shards(&self) -> Shards {
        self.shards
    }

    /// Namespace and name of the Lease of a shard.
    pub(crate) fn lease_of(&self, shard: Shard) -> String {
        format!("{}{shard}", self.start)
    }

    /// Whether a Lease is one of those by which the replicas divide the accounts.
    pub(crate) fn is_of_division(&self, lease: &str) -> bool {
        lease == self.common || self.shard_of_lease(lease).is_some()
    }

    /// The shard that a Lease is of.
    fn shard_of_lease(&self, lease: &str) -> Option<Shard> {
        self.shards.numbered(lease.strip_prefix(&self.start)?)
    }

    /// Whether no other replica serves by a Lease that status names: this one holds it, or it is of replicas that divided the accounts
    /// otherwise, or not at all, and whose Lease of all is over.
    pub(crate) fn has_lease(&self, lease: &str) -> bool {
        let is_held = |shard| self.held.lock().contains_key(&shard);
        let is_number = |number: &str| number.parse::<u16>().is_ok();
        let is_of_shard = lease.strip_prefix(&self.start).is_some_and(is_number);
        lease == self.common || is_of_shard && self.shard_of_lease(lease).is_none_or(is_held)
    }

    /// Whether this replica holds the shard of a Lease, and does not give it back.
    pub(crate) fn serves_by(&self, lease: &str) -> bool {
        self.shard_of_lease(lease).is_some_and(|shard| self.has(shard))
    }

    /// This replica holds a shard from now on.
    pub(crate) fn hold(&self, shard: Shard, fence: Fence) {
        let term = self.terms.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let held = HeldShard { fence, term, is_draining: false, work: Arc::default() };
        self.held.lock().insert(shard, held);
    }

    /// Nothing more begins in a shard.
    pub(crate) fn drain(&self, shard: Shard) {
        self.held.lock().get_mut(&shard).into_iter().for_each(|held| held.is_draining = true);
    }

    /// A shard is given back.
    pub(crate) fn release(&self, shard: Shard) {
        self.held.lock().remove(&shard);
    }

    /// Whether this replica holds a shard, and does not give it back.
    pub(crate) fn has(&self, shard: Shard) -> bool {
        self.held.lock().get(&shard).is_some_and(|held| !held.is_draining)
    }

    /// Which hold of a shard by this process it is; 0: it does not hold it.
    pub(crate) fn term(&self, shard: Shard) -> u64 {
        self.held.lock().get(&shard).filter(|held| !held.is_draining).map_or(0, |held| held.term)
    }

    /// Begins a reconcile in a shard; `None`: it is not held, or is given back.
    pub(crate) fn begin(&self, shard: Shard) -> Option<ShardWork> {
        let held = self.held.lock();
        let work = held.get(&shard).filter(|held| !held.is_draining).map(|held| Arc::clone(&held.work));
        work.map(|work| ShardWork { _of_shard: Some(work) })
    }

    /// Whether no reconcile is in progress in a shard.
    pub(crate) fn is_idle(&self, shard: Shard) -> bool {
        self.held.lock().get(&shard).is_none_or(|held| Arc::strong_count(&held.work) == 1)
    }

    /// Whether a call may be sent about an account, or about a config whose account is unknown.
    pub(crate) fn may_send(&self, about: &str) -> bool {
        let held = self.held.lock();
        let of_shard = held.get(&self.shards.of(about)).filter(|held| !held.is_draining);
        of_shard.is_some_and(|held| held.fence.is_open(WRITE_TIMEOUT)) && self.division.is_open(WRITE_TIMEOUT)
    }
}
