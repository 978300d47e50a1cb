//! The create records that somebody dropped from a resource, until the operator has put them back.

use std::collections::HashMap;

use parking_lot::Mutex;

/// The dropped create records, by uid of the resource.
#[derive(Default)]
pub(crate) struct DroppedRecords(Mutex<HashMap<String, String>>);

impl DroppedRecords {
    /// Keeps a record that was dropped.
    pub(crate) fn keep(&self, uid: &str, record: String) {
        self.0.lock().insert(uid.to_owned(), record);
    }

    /// The record that was dropped from a resource.
    pub(crate) fn of(&self, uid: &str) -> Option<String> {
        self.0.lock().get(uid).cloned()
    }

    /// Of how many resources a record is kept.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }

    /// The record is back, or the resource is gone.
    pub(crate) fn forget(&self, uid: &str) {
        self.0.lock().remove(uid);
    }
}
