//! How far the end of a deleted resource has come, while the watch may still show it as it was.
//!
//! Without it a visit that begins a moment too early would delete a second time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// For how long it is remembered: far longer than a watch needs to tell.
const REMEMBERED: Duration = Duration::from_mins(10);

/// How far it has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Tombstone {
    /// The external object is deleted; the finalizer is still on.
    Deleted,
    /// The finalizer is off: nothing is left to do.
    Released,
}

/// By uid.
#[derive(Default)]
pub(crate) struct Tombstones(Mutex<HashMap<String, (Tombstone, Instant)>>);

impl Tombstones {
    pub(crate) fn reached(&self, uid: &str, end: Tombstone) {
        let mut tombstones = self.0.lock();
        if tombstones.len() == tombstones.capacity() {
            tombstones.retain(|_, (_, at)| at.elapsed() < REMEMBERED);
        }
        tombstones.insert(uid.to_owned(), (end, Instant::now()));
    }

    pub(crate) fn of(&self, uid: &str) -> Option<Tombstone> {
        self.0.lock().get(uid).map(|(end, _)| *end)
    }
}
