//! Random replicas around the Lease of one shard: they freeze, their answers are late, and each knows other members. Never do two of them
//! have calls under way at one time.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::operator::kubernetes::lease::hold::{LeaseHold, LeaseState, Moment};
use crate::operator::kubernetes::lease::seen::LEASE_DURATION;
use crate::plan::sharding::{Holder, Shard, ShardStep, Shards, assignment, next_step};
use crate::provider::call::WRITE_TIMEOUT;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// The Lease as the API server has it.
#[derive(Clone, Default, PartialEq)]
struct Stored {
    version: u32,
    holder: Option<usize>,
}

/// One replica, of which a process runs at a time.
struct Replica {
    state: LeaseState,
    /// The copy that it read or wrote last, and when its answer had come.
    seen: (Stored, Duration),
    is_draining: bool,
    frozen_until: Duration,
    /// When the last of its calls ends.
    calls_until: Duration,
}

struct Play {
    random: fastrand::Rng,
    start: Moment,
    now: Duration,
    stored: Stored,
    replicas: Vec<Replica>,
    /// How often another replica called.
    changes: usize,
    last_caller: Option<usize>,
}

impl Play {
    fn new(seed: u64) -> Self {
        let (start, unread) = (Moment::ago(Duration::ZERO), Stored { version: u32::MAX, holder: None });
        let replica = |_| Replica {
            state: LeaseState::started(start),
            seen: (unread.clone(), Duration::ZERO),
            is_draining: false,
            frozen_until: Duration::ZERO,
            calls_until: Duration::ZERO,
        };
        let (random, replicas) = (fastrand::Rng::with_seed(seed), (0..NAMES.len()).map(replica).collect());
        Self { random, start, now: Duration::ZERO, stored: Stored::default(), replicas, changes: 0, last_caller: None }
    }

    fn moment(&self, at: Duration) -> Moment {
        self.start.later(at)
    }

    /// One thing that one replica does.
    fn step(&mut self) {
        self.now += Duration::from_millis(self.random.u64(0..900));
        let who = self.random.usize(0..NAMES.len());
        if self.replicas[who].frozen_until > self.now {
            return;
        }
        match self.random.u8(0..12) {
            0 => self.replicas[who].frozen_until = self.now + Duration::from_secs(self.random.u64(1..40)),
            1..=5 => self.call(who),
            _ => self.look(who),
        }
    }

    /// Sends a call if the fence is open.
    fn call(&mut self, who: usize) {
        let now = self.moment(self.now);
        let replica = &self.replicas[who];
        if replica.is_draining || !replica.state.may_write(now, WRITE_TIMEOUT) {
            return;
        }
        let others = self.replicas.iter().enumerate().filter(|(other, _)| *other != who);
        for (other, replica) in others {
            assert!(replica.calls_until <= self.now, "{who} and {other} call at {:?}", self.now);
        }
        self.changes += usize::from(self.last_caller.replace(who) != Some(who));
        let took = WRITE_TIMEOUT.mul_f64(self.random.f64());
        let replica = &mut self.replicas[who];
        replica.calls_until = replica.calls_until.max(self.now + took);
    }

    /// Reads the Lease by an answer that was late, and does what follows.
    fn look(&mut self, who: usize) {
        let asked = self.now;
        self.now += Duration::from_millis(self.random.u64(0..3000));
        let (stored, now) = (self.stored.clone(), self.now);
        let replica = &mut self.replicas[who];
        if replica.seen.0 != stored {
            replica.seen = (stored.clone(), now);
        }
        let is_held = matches!(replica.state.lease, LeaseHold::Since(_));
        if is_held && stored.holder != Some(who) {
            // It has lost the Lease: the process ends, and another one starts.
            replica.state = LeaseState::started(self.start);
            replica.is_draining = false;
            return;
        }
        let is_old = asked.saturating_sub(replica.seen.1) >= LEASE_DURATION;
        let holder = match stored.holder {
            Some(holder) if holder == who && is_held => {
                if replica.is_draining {
                    Holder::Draining
                } else {
                    Holder::Here
                }
            }
            Some(holder) if holder != who && !is_old => Holder::Another,
            Some(_) | None => Holder::Nobody,
        };
        let is_assigned = self.is_assigned(who);
        match next_step(is_assigned, holder) {
            ShardStep::Take | ShardStep::Keep => self.write(who, &stored, Some(who)),
            ShardStep::Drain => {
                self.replicas[who].is_draining = true;
                if self.replicas[who].calls_until <= self.now {
                    self.write(who, &stored, None);
                }
            }
            ShardStep::Leave => {}
        }
    }

    /// By the members that it knows: itself, and any others.
    fn is_assigned(&mut self, who: usize) -> bool {
        let mut members: BTreeSet<_> = NAMES.into_iter().filter(|_| self.random.bool()).collect();
        members.insert(NAMES[who]);
        let shards = Shards::new(8);
        let shard: Shard = shards.of("the account");
        assignment(shards, &members).get(&shard) == Some(&NAMES[who])
    }

    /// Writes the Lease if it is as it was read; the answer may be late, or be lost.
    fn write(&mut self, who: usize, read: &Stored, holder: Option<usize>) {
        let begun = self.moment(self.now);
        let is_mine = holder.is_some();
        if !is_mine {
            // From now on nothing is sent, whatever comes of it.
            self.replicas[who].state.lease = LeaseHold::None;
        }
        self.now += Duration::from_millis(self.random.u64(0..2000));
        if self.stored != *read {
            return;
        }
        self.stored = Stored { version: read.version + 1, holder };
        let is_lost = self.random.u8(0..10) == 0;
        let replica = &mut self.replicas[who];
        replica.is_draining = false;
        if is_mine && !is_lost {
            replica.state.lease = LeaseHold::Since(begun);
        }
        replica.seen = (self.stored.clone(), self.now);
    }
}

#[test]
fn two_replicas_never_call_at_one_time_however_they_freeze_and_whatever_members_they_know() {
    let mut changes = 0;
    for seed in 0..400 {
        let mut play = Play::new(seed);
        (0..1500).for_each(|_| play.step());
        changes += play.changes;
    }
    assert!(changes > 1000, "{changes}");
}
