//! Locks by key: creates of one name, and positional calls of one owner, run one after the other.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

/// A lock, which is released when this is dropped.
pub(crate) struct KeyedGuard {
    _guard: OwnedMutexGuard<()>,
}

/// The locks in use, by key.
#[derive(Default)]
pub(crate) struct KeyedLocks(Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>);

impl KeyedLocks {
    /// Locks a key until the guard is dropped.
    pub(crate) async fn lock(&self, key: &str) -> KeyedGuard {
        let mutex = self.mutex(key);
        KeyedGuard { _guard: mutex.lock_owned().await }
    }

    fn mutex(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.0.lock();
        if let Some(mutex) = locks.get(key).and_then(Weak::upgrade) {
            return mutex;
        }
        // There are many keys; unused ones are removed before the map grows.
        if locks.len() == locks.capacity() {
            locks.retain(|_, mutex| mutex.strong_count() > 0);
        }
        let mutex = Arc::default();
        locks.insert(key.to_owned(), Arc::downgrade(&mutex));
        mutex
    }
}
