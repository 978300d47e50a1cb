//! How far the deletion of each resource is, while the cache may still show the resource as it was.
//!
//! Without it a reconcile from an old copy would delete the external object a second time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How long a tombstone is kept: far longer than a watch lags, which is replaced after two minutes at the latest.
const KEPT: Duration = Duration::from_mins(5);

/// So many may be kept without looking for old ones.
const LEAST: usize = 64;

/// How far a deletion is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Tombstone {
    /// The external object is deleted; the finalizer is still there.
    Deleted,
    /// The finalizer is removed: nothing is left to do.
    Released,
}

/// How far one deletion is, and since when.
struct DeletionProgress {
    tombstone: Tombstone,
    at: Instant,
}

/// The tombstones, by uid.
#[derive(Default)]
pub(crate) struct Tombstones(Mutex<HashMap<String, DeletionProgress>>);

impl Tombstones {
    /// Records how far a deletion is.
    pub(crate) fn reached(&self, uid: &str, tombstone: Tombstone) {
        self.reached_at(uid, tombstone, Instant::now());
    }

    fn reached_at(&self, uid: &str, tombstone: Tombstone, now: Instant) {
        let mut tombstones = self.0.lock();
        if tombstones.len() == tombstones.capacity() {
            tombstones.retain(|_, entry| now.duration_since(entry.at) < KEPT);
            tombstones.shrink_to(LEAST);
        }
        tombstones.insert(uid.to_owned(), DeletionProgress { tombstone, at: now });
    }

    /// How far the deletion of a resource is; `None`: no deletion is recorded.
    pub(crate) fn of(&self, uid: &str) -> Option<Tombstone> {
        self.0.lock().get(uid).map(|entry| entry.tombstone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_tombstones_are_forgotten() {
        let (tombstones, begun) = (Tombstones::default(), Instant::now());
        for second in 0..100_000 {
            tombstones.reached_at(&second.to_string(), Tombstone::Released, begun + Duration::from_secs(second));
        }
        assert!(tombstones.0.lock().len() <= 1000, "{}", tombstones.0.lock().len());
        assert_eq!(tombstones.of("99999"), Some(Tombstone::Released));
        assert_eq!(tombstones.of("1"), None);
    }
}
