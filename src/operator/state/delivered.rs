//! What the watch delivered last of each resource. A copy in which users changed nothing is not worth a reconcile.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use kube::{Resource, ResourceExt};
use parking_lot::Mutex;

use crate::api::annotations::CREATE_INTENT;

/// A hash of what users say in the last copy, by uid.
#[derive(Default)]
pub(crate) struct Delivered(Mutex<HashMap<String, u64>>);

impl Delivered {
    /// Keeps what a copy says; whether that is new.
    pub(crate) fn is_news(&self, resource: &impl Resource) -> bool {
        let hash = hash_of_input(resource);
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

/// A hash of what users change; the operator's own writes do not change it.
fn hash_of_input(resource: &impl Resource) -> u64 {
    let mut hasher = DefaultHasher::new();
    resource.meta().generation.hash(&mut hasher);
    resource.annotations().iter().filter(|(name, _)| *name != CREATE_INTENT).for_each(|pair| pair.hash(&mut hasher));
    resource.meta().deletion_timestamp.is_some().hash(&mut hasher);
    hasher.finish()
}
