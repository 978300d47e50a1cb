//! How far the end of a deleted resource has come, while the watch may still show it as it was.
//!
//! Without it a visit that begins a moment too early would delete a second time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// For how long it is remembered: far longer than a watch needs to tell.
const REMEMBERED: Duration = Duration::from_mins(10);

/// How far it has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// The external object is deleted; the finalizer is still on.
    Deleted,
    /// The finalizer is off: nothing is left to do.
    Released,
}

/// By uid.
#[derive(Default)]
pub(super) struct Ends(Mutex<HashMap<String, (End, Instant)>>);

impl Ends {
    pub(super) fn reached(&self, uid: &str, end: End) {
        let mut ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ends.len() == ends.capacity() {
            ends.retain(|_, (_, at)| at.elapsed() < REMEMBERED);
        }
        ends.insert(uid.to_owned(), (end, Instant::now()));
    }

    pub(super) fn of(&self, uid: &str) -> Option<End> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(uid).map(|(end, _)| *end)
    }
}
