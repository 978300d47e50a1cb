//! What was tried for each resource in earlier reconciles.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::plan::attempts::Attempts;

/// The attempts of one resource.
struct OfOne {
    /// In which term of its shard they were made: between two, another process may have tried more.
    term: u64,
    attempts: Attempts,
}

/// The attempts, by uid of the resource. They are large, and the table has room for more than it holds: it only points to them.
#[derive(Default)]
pub(crate) struct KeptAttempts(Mutex<HashMap<String, Box<OfOne>>>);

impl KeptAttempts {
    /// Takes the attempts of a resource, if they were made in this term; there is one reconcile of it at a time.
    pub(crate) fn take(&self, uid: &str, term: u64) -> Attempts {
        let kept = self.0.lock().remove(uid).filter(|kept| kept.term == term);
        kept.map(|kept| kept.attempts).unwrap_or_default()
    }

    /// Keeps the attempts for the next reconcile.
    pub(crate) fn keep(&self, uid: &str, term: u64, attempts: Attempts) {
        if !attempts.is_empty() {
            self.0.lock().insert(uid.to_owned(), Box::new(OfOne { term, attempts }));
        }
    }

    /// The resource is gone.
    pub(crate) fn forget(&self, uid: &str) {
        self.0.lock().remove(uid);
    }

    /// Of how many resources something is kept.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }
}
