//! The Leases of this operator: one for all accounts, or one for each shard of them that it holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::operator::kubernetes::shards::{HeldShards, ShardWork};
use crate::plan::sharding::{Shard, Shards};

/// One time of holding the Lease of a shard without a lapse.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Holding {
    shard: Shard,
    /// Which hold of the shard it is.
    term: u64,
    lapses: u64,
}

impl Holding {
    /// Which hold of the shard it is, whether the Lease lapsed meanwhile or not.
    pub(crate) fn term(self) -> u64 {
        self.term
    }
}

/// The Leases of this operator.
pub(crate) enum OwnLeases {
    /// One for all accounts; absent: it has none.
    Whole(Mutex<Option<String>>),
    /// One for each shard.
    Divided(Arc<HeldShards>),
}

/// The Leases of this operator, and how often they lapsed.
pub(crate) struct Own {
    leases: OwnLeases,
    lapses: AtomicU64,
}

impl Own {
    /// What is not held yet.
    pub(super) fn new(divided: Option<Arc<HeldShards>>) -> Self {
        let leases = divided.map_or_else(|| OwnLeases::Whole(Mutex::default()), OwnLeases::Divided);
        Self { leases, lapses: AtomicU64::default() }
    }

    /// This operator has this Lease for all accounts from now on.
    pub(super) fn hold(&self, lease: Option<String>) {
        match &self.leases {
            OwnLeases::Whole(own) => *own.lock() = lease,
            OwnLeases::Divided(_) => {}
        }
    }

    /// They lapsed.
    pub(super) fn lapsed(&self) {
        self.lapses.fetch_add(1, Ordering::AcqRel);
    }

    /// The shard of a config that is in this part.
    fn shard(&self, part: &str) -> Shard {
        match &self.leases {
            OwnLeases::Whole(_) => Shards::ONE.of(part),
            OwnLeases::Divided(held) => held.shards().of(part),
        }
    }

    /// The present hold of a part.
    pub(super) fn holding(&self, part: &str) -> Holding {
        self.holding_of(self.shard(part))
    }

    /// Whether a part is held without a lapse since then.
    pub(super) fn is_current(&self, holding: Holding) -> bool {
        self.holding_of(holding.shard) == holding
    }

    fn holding_of(&self, shard: Shard) -> Holding {
        let term = match &self.leases {
            OwnLeases::Whole(_) => 0,
            OwnLeases::Divided(held) => held.term(shard),
        };
        Holding { shard, term, lapses: self.lapses.load(Ordering::Acquire) }
    }

    /// Whether this operator is the one of its replicas that a part belongs to.
    pub(super) fn has(&self, part: &str) -> bool {
        match &self.leases {
            OwnLeases::Whole(_) => true,
            OwnLeases::Divided(held) => held.has(held.shards().of(part)),
        }
    }

    /// Begins a reconcile in a part; `None`: another replica has it.
    pub(super) fn begin(&self, part: &str) -> Option<ShardWork> {
        match &self.leases {
            OwnLeases::Whole(_) => Some(ShardWork::of_whole()),
            OwnLeases::Divided(held) => held.begin(held.shards().of(part)),
        }
    }

    /// The Lease by which this operator serves a part; `None`: it has none.
    pub(super) fn lease(&self, part: &str) -> Option<String> {
        match &self.leases {
            OwnLeases::Whole(own) => own.lock().clone(),
            OwnLeases::Divided(held) => Some(held.lease_of(held.shards().of(part))),
        }
    }

    /// Whether a Lease is one of this operator.
    pub(super) fn is_own(&self, lease: &str) -> bool {
        match &self.leases {
            OwnLeases::Whole(own) => own.lock().as_deref() == Some(lease),
            OwnLeases::Divided(held) => held.has_lease(lease),
        }
    }

    /// Whether a Lease is one of the replicas that divide the accounts.
    pub(super) fn is_of_division(&self, lease: &str) -> bool {
        match &self.leases {
            OwnLeases::Whole(_) => false,
            OwnLeases::Divided(held) => held.is_of_division(lease),
        }
    }

    /// Whether this operator serves by a Lease what belongs to another part.
    pub(super) fn is_to_give_up(&self, lease: &str, part: &str) -> bool {
        match &self.leases {
            OwnLeases::Whole(_) => false,
            OwnLeases::Divided(held) => held.serves_by(lease) && held.lease_of(self.shard(part)) != lease,
        }
    }

    /// Whether the accounts are divided.
    pub(super) fn is_divided(&self) -> bool {
        matches!(self.leases, OwnLeases::Divided(_))
    }
}
