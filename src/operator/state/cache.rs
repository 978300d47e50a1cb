//! What the watch of a kind delivered last of each resource.
//!
//! As values of its types a resource is more than thirty small pieces of memory; here it is one, and a reconcile reads it from there.

pub(crate) mod marks;
pub(crate) mod packed;

use std::collections::HashMap;
use std::sync::Arc;

use kube::Resource;
use parking_lot::RwLock;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::resource_key::ResourceKey;
use crate::operator::state::cache::marks::Marks;
use crate::operator::state::cache::packed::Packed;
use crate::operator::state::index::row::Key;

/// The last copy of a resource.
struct CachedCopy<T> {
    marks: Marks,
    copy: Packed<T>,
}

/// The last copy of each resource.
pub(crate) struct Cache<T>(RwLock<HashMap<Key, CachedCopy<T>>>);

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<T: DeserializeOwned + Resource + Serialize> Cache<T> {
    /// The last copy of a resource; `None`: it is not there, or the types cannot read it.
    pub(crate) fn get(&self, key: &ResourceKey) -> Option<Arc<T>> {
        self.0.read().get(key)?.copy.unpack().map(Arc::new)
    }

    /// The marks of the last copy.
    pub(crate) fn marks(&self, key: &ResourceKey) -> Option<Marks> {
        self.0.read().get(key).map(|cached| cached.marks.clone())
    }

    /// Keeps a copy.
    pub(crate) fn put(&self, key: Key, copy: &T) {
        let cached = CachedCopy { marks: Marks::of(copy), copy: Packed::new(copy) };
        self.0.write().insert(key, cached);
    }

    /// The resource is gone, or the types cannot read it any more.
    pub(crate) fn remove(&self, key: &ResourceKey) {
        self.0.write().remove(key);
    }

    /// What there is a copy of.
    pub(crate) fn keys(&self) -> Vec<Key> {
        self.0.read().keys().cloned().collect()
    }
}
