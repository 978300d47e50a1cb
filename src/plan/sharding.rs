//! In which shard an account is, which replica is to hold a shard, and what a replica does next about one. No IO.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroU16;

#[cfg(test)]
mod tests;

/// The FNV-1a hash of 64 bits: its first value, and what it is multiplied with.
const FNV: (u64, u64) = (0xcbf2_9ce4_8422_2325, 0x0000_0100_0000_01b3);

/// A shard: a range of the hashes of account ids.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Shard(u16);

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Into how many shards the accounts are divided.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Shards(NonZeroU16);

impl Shards {
    /// One shard: the accounts are not divided.
    pub(crate) const ONE: Self = Self(NonZeroU16::MIN);

    /// So many; at least one.
    pub(crate) fn new(count: u16) -> Self {
        NonZeroU16::new(count).map_or(Self::ONE, Self)
    }

    /// How many.
    pub(crate) fn count(self) -> u16 {
        self.0.get()
    }

    /// Whether there are several.
    pub(crate) fn is_divided(self) -> bool {
        self != Self::ONE
    }

    /// All of them.
    pub(crate) fn all(self) -> impl Iterator<Item = Shard> {
        (0..self.count()).map(Shard)
    }

    /// The shard of an account id, or of what stands for it until that is known.
    pub(crate) fn of(self, text: &str) -> Shard {
        let place = u128::from(fnv1a(text)).saturating_mul(u128::from(self.count())) >> 64;
        Shard(u16::try_from(place).unwrap_or(0))
    }

    /// The shard with this number; `None`: there is none.
    pub(crate) fn numbered(self, text: &str) -> Option<Shard> {
        text.parse().ok().map(Shard).filter(|shard| shard.0 < self.count())
    }
}

/// Which member is to hold each shard: that with the highest weight for it which is not full. All who know the same members say the same.
/// With members, each shard has one, and each member at most the number of shards through the number of members, rounded up.
pub(crate) fn assignment<'a>(shards: Shards, members: &BTreeSet<&'a str>) -> BTreeMap<Shard, &'a str> {
    let count = u16::try_from(members.len()).unwrap_or(u16::MAX).max(1);
    let most = shards.count().div_ceil(count);
    let pairs =
        shards.all().flat_map(|shard| members.iter().map(move |member| (weight(shard, member), shard, *member)));
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_unstable_by(|one, other| other.cmp(one));
    let (mut owners, mut loads) = (BTreeMap::new(), BTreeMap::<&str, u16>::new());
    for (_, shard, member) in pairs {
        let load = loads.entry(member).or_default();
        if *load < most && !owners.contains_key(&shard) {
            *load = load.saturating_add(1);
            owners.insert(shard, member);
        }
    }
    owners
}

/// Who holds the Lease of a shard.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Holder {
    /// This replica.
    Here,
    /// This replica, which gives it back.
    Draining,
    /// Another replica that may be alive.
    Another,
    /// Nobody.
    Nobody,
}

/// What a replica does next about a shard.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ShardStep {
    /// Acquires its Lease.
    Take,
    /// Goes on with it.
    Keep,
    /// Begins nothing more, and gives it back when what is under way has ended.
    Drain,
    /// Nothing.
    Leave,
}

/// What a replica does next about a shard that it is to hold, or not, by the assignment.
pub(crate) fn next_step(is_assigned: bool, holder: Holder) -> ShardStep {
    match (is_assigned, holder) {
        (true, Holder::Here) => ShardStep::Keep,
        (false, Holder::Here) | (_, Holder::Draining) => ShardStep::Drain,
        (true, Holder::Nobody) => ShardStep::Take,
        (true, Holder::Another) | (false, Holder::Another | Holder::Nobody) => ShardStep::Leave,
    }
}

/// How much a member is to hold a shard: a number that looks random, and is the same for all.
fn weight(shard: Shard, member: &str) -> u64 {
    // FNV-1a alone does not mix the last bytes into the upper bits.
    let mut mixed = fnv1a(member) ^ u64::from(shard.0).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for factor in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(factor);
    }
    mixed ^ (mixed >> 31)
}

fn fnv1a(text: &str) -> u64 {
    let (first, factor) = FNV;
    text.bytes().fold(first, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(factor))
}
