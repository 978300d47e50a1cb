//! In which term of its shard each resource was read from the API server. An operator that holds all accounts at once is in term 0, in which
//! what the watch delivers is new enough.

use std::collections::HashMap;

use parking_lot::Mutex;

/// The term of the last read, by uid.
#[derive(Default)]
pub(crate) struct ReadIn(Mutex<HashMap<String, u64>>);

impl ReadIn {
    /// Whether a resource was read in this term.
    pub(crate) fn is(&self, uid: &str, term: u64) -> bool {
        term == 0 || self.0.lock().get(uid) == Some(&term)
    }

    /// A resource was read.
    pub(crate) fn set(&self, uid: &str, term: u64) {
        self.0.lock().insert(uid.to_owned(), term);
    }

    /// The resource is gone.
    pub(crate) fn forget(&self, uid: &str) {
        self.0.lock().remove(uid);
    }
}
