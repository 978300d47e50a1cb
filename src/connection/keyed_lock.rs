//! Locks by key: creates of one name, and positional calls of one owner, run one after the other.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

use crate::connection::lane::Lane;
use crate::connection::shared_lane::SharedLane;

/// The lock of one key.
struct KeyedLock {
    mutex: Arc<tokio::sync::Mutex<()>>,
    /// The best lane of those who have used the lock or waited for it, since nobody did.
    lane: SharedLane,
}

/// A lock, which is released when this is dropped.
pub(crate) struct KeyedGuard {
    _guard: OwnedMutexGuard<()>,
    lock: Arc<KeyedLock>,
}

impl KeyedGuard {
    /// The lane for calls under the lock: others may wait for their end.
    pub(crate) fn lane(&self) -> &SharedLane {
        &self.lock.lane
    }
}

/// The locks in use, by key.
#[derive(Default)]
pub(crate) struct KeyedLocks(Mutex<HashMap<String, Weak<KeyedLock>>>);

impl KeyedLocks {
    /// Locks a key until the guard is dropped. The calls of whoever holds it go in a lane that is not below `lane`.
    pub(crate) async fn lock(&self, key: &str, lane: Lane) -> KeyedGuard {
        let lock = self.of(key, lane);
        KeyedGuard { _guard: Arc::clone(&lock.mutex).lock_owned().await, lock }
    }

    fn of(&self, key: &str, lane: Lane) -> Arc<KeyedLock> {
        let mut locks = self.0.lock();
        if let Some(lock) = locks.get(key).and_then(Weak::upgrade) {
            lock.lane.lift(lane);
            return lock;
        }
        // There are many keys; unused ones are removed before the map grows.
        if locks.len() == locks.capacity() {
            locks.retain(|_, lock| lock.strong_count() > 0);
        }
        let lock = Arc::new(KeyedLock { mutex: Arc::default(), lane: lane.into() });
        locks.insert(key.to_owned(), Arc::downgrade(&lock));
        lock
    }
}
