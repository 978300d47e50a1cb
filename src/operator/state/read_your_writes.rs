//! The newest known copy of each resource: what the operator's last write returned, until the watch has delivered it.
//!
//! A resource is never planned from a copy that is older than the operator's last write to it.

use std::collections::HashMap;
use std::sync::Arc;

use kube::{Resource, ResourceExt};
use parking_lot::Mutex;

use crate::api::kinds::HasKind;
use crate::api::lenient::forget_foreign_metadata;

/// What the operator's writes returned, by uid.
pub(crate) struct ReadYourWrites<T>(Mutex<HashMap<String, Arc<T>>>);

impl<T> Default for ReadYourWrites<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: HasKind + Resource> ReadYourWrites<T> {
    /// The newer of the cache's copy and the operator's own.
    pub(crate) fn newest(&self, seen: Arc<T>) -> Arc<T> {
        let mut ours = self.0.lock();
        let uid = seen.uid().unwrap_or_default();
        match ours.get(&uid) {
            Some(written) if version(written.as_ref()) > version(seen.as_ref()) => Arc::clone(written),
            _ => {
                ours.remove(&uid);
                seen
            }
        }
    }

    /// Keeps what a write returned.
    pub(crate) fn wrote(&self, mut written: T) -> Arc<T> {
        forget_foreign_metadata(&mut written);
        let written = Arc::new(written);
        let mut ours = self.0.lock();
        ours.insert(written.uid().unwrap_or_default(), Arc::clone(&written));
        written
    }

    /// The watch delivered a copy: the operator's own is dropped unless it is newer.
    pub(crate) fn delivered(&self, seen: &T) {
        let mut ours = self.0.lock();
        let uid = seen.uid().unwrap_or_default();
        if ours.get(&uid).is_some_and(|written| version(written.as_ref()) <= version(seen)) {
            ours.remove(&uid);
        }
    }

    /// How many writes the watch has not delivered yet.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }

    /// The resource is gone.
    pub(crate) fn forget(&self, uid: &str) {
        self.0.lock().remove(uid);
    }
}

/// Resource versions of one kind compare as numbers (KEP-5504).
pub(crate) fn version(resource: &impl Resource) -> u128 {
    resource.meta().resource_version.as_deref().and_then(|version| version.parse().ok()).unwrap_or(0)
}
