//! What the watch delivered last of each resource. A copy in which users changed nothing is not worth a reconcile.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use kube::{Resource, ResourceExt};
use parking_lot::Mutex;

use crate::api::annotations::CREATE_INTENT;
use crate::operator::state::inputs::hash_of_input;

/// A hash of what users say in the last copy, by uid.
#[derive(Default)]
pub(crate) struct Delivered(Mutex<HashMap<String, u64>>);

impl Delivered {
    /// Keeps what a copy says; whether that is new.
    pub(crate) fn is_news(&self, resource: &impl Resource) -> bool {
        // The operator's own writes are no news.
        let input = hash_of_input(resource, |key| key != CREATE_INTENT);
        // By its labels a config is chosen.
        let mut hasher = DefaultHasher::new();
        (input, resource.labels()).hash(&mut hasher);
        let hash = hasher.finish();
        self.0.lock().insert(resource.uid().unwrap_or_default(), hash) != Some(hash)
    }

    /// The resource is gone.
    pub(crate) fn forget(&self, uid: &str) {
        self.0.lock().remove(uid);
    }

    /// How many resources are known.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }
}
