//! Locks by name: creates of one name, and positional calls of one owner, go one after the other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use tokio::sync::OwnedMutexGuard;

use super::locked;

/// A lock that is held until this is dropped.
pub struct Held {
    key: String,
    _guard: OwnedMutexGuard<()>,
}

impl Held {
    /// What is locked.
    pub fn key(&self) -> &str {
        &self.key
    }
}

#[derive(Default)]
pub(super) struct Locks(Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>);

impl Locks {
    pub(super) async fn lock(&self, key: &str) -> Held {
        let mutex = self.mutex(key);
        Held { key: key.to_owned(), _guard: mutex.lock_owned().await }
    }

    fn mutex(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = locked(&self.0);
        if let Some(mutex) = locks.get(key).and_then(Weak::upgrade) {
            return mutex;
        }
        // Names come and go; forget those that nobody holds before the map doubles.
        if locks.len() == locks.capacity() {
            locks.retain(|_, mutex| mutex.strong_count() > 0);
        }
        let mutex = Arc::default();
        locks.insert(key.to_owned(), Arc::downgrade(&mutex));
        mutex
    }
}
