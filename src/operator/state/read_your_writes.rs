//! The newest known copy of each resource: what the operator's last write returned, until the watch has delivered it.
//!
//! A resource is never planned from a copy that is older than the operator's last write to it.

use std::collections::HashMap;
use std::sync::Arc;

use kube::{Resource, ResourceExt};
use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::kinds::HasKind;
use crate::api::lenient::forget_foreign_metadata;
use crate::operator::state::cache::packed::Packed;

/// What a write returned. It may stay until the next reconcile: a watch can be faster than the answer to the write.
struct WrittenCopy<T> {
    version: u128,
    copy: Packed<T>,
}

/// What the operator's writes returned, by uid.
pub(crate) struct ReadYourWrites<T>(Mutex<HashMap<String, WrittenCopy<T>>>);

impl<T> Default for ReadYourWrites<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: DeserializeOwned + HasKind + Resource + Serialize> ReadYourWrites<T> {
    /// The newer of the cache's copy and the operator's own.
    pub(crate) fn newest(&self, seen: Arc<T>) -> Arc<T> {
        let mut ours = self.0.lock();
        let uid = seen.uid().unwrap_or_default();
        let newer = ours.get(&uid).filter(|written| written.version > version(seen.as_ref()));
        if let Some(written) = newer.and_then(|written| written.copy.unpack()) {
            return Arc::new(written);
        }
        ours.remove(&uid);
        seen
    }

    /// Keeps what a write returned.
    pub(crate) fn wrote(&self, mut written: T) -> Arc<T> {
        forget_foreign_metadata(&mut written);
        let kept = WrittenCopy { version: version(&written), copy: Packed::new(&written) };
        self.0.lock().insert(written.uid().unwrap_or_default(), kept);
        Arc::new(written)
    }

    /// The watch delivered a copy: the operator's own is dropped unless it is newer.
    pub(crate) fn delivered(&self, seen: &T) {
        let mut ours = self.0.lock();
        let uid = seen.uid().unwrap_or_default();
        if ours.get(&uid).is_some_and(|written| written.version <= version(seen)) {
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
