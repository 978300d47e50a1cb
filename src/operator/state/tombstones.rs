//! How far the deletion of each resource is, while the cache may still show the resource as it was.
//!
//! Without it a reconcile from an old copy would delete the external object a second time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How long a tombstone is kept: far longer than a watch lags.
const KEPT: Duration = Duration::from_mins(10);

/// How far a deletion is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Tombstone {
    /// The external object is deleted; the finalizer is still there.
    Deleted,
    /// The finalizer is removed: nothing is left to do.
    Released,
}

/// The tombstones, by uid.
#[derive(Default)]
pub(crate) struct Tombstones(Mutex<HashMap<String, (Tombstone, Instant)>>);

impl Tombstones {
    /// Records how far a deletion is.
    pub(crate) fn reached(&self, uid: &str, tombstone: Tombstone) {
        let mut tombstones = self.0.lock();
        if tombstones.len() == tombstones.capacity() {
            tombstones.retain(|_, (_, at)| at.elapsed() < KEPT);
        }
        tombstones.insert(uid.to_owned(), (tombstone, Instant::now()));
    }

    /// How far the deletion of a resource is; `None`: no deletion is recorded.
    pub(crate) fn of(&self, uid: &str) -> Option<Tombstone> {
        self.0.lock().get(uid).map(|(tombstone, _)| *tombstone)
    }
}
