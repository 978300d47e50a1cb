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
pub(crate) enum End {
    /// The external object is deleted; the finalizer is still on.
    Deleted,
    /// The finalizer is off: nothing is left to do.
    Released,
}

/// By uid.
#[derive(Default)]
pub(crate) struct Ends(Mutex<HashMap<String, (End, Instant)>>);

impl Ends {
    pub(crate) fn reached(&self, uid: &str, end: End) {
        let mut ends = self.0.lock();
        if ends.len() == ends.capacity() {
            ends.retain(|_, (_, at)| at.elapsed() < REMEMBERED);
        }
        ends.insert(uid.to_owned(), (end, Instant::now()));
    }

    pub(crate) fn of(&self, uid: &str) -> Option<End> {
        self.0.lock().get(uid).map(|(end, _)| *end)
    }
}
