//! A complete list, indexed by id and by name, that remembers since when an id is missing. No IO.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use crate::inventory::item::Item;

/// A list as of its last read, edited by the writes since.
pub(crate) struct Listing<T> {
    items: HashMap<String, T>,
    names: HashMap<String, BTreeSet<String>>,
    missing: HashMap<String, Timestamp>,
    /// What our own writes took out, and nothing has shown since.
    taken: BTreeSet<String>,
    first_read_at: Timestamp,
    read_at: Timestamp,
}

impl<T: Item> Listing<T> {
    /// The first complete list; the read began at `at`.
    pub(crate) fn new(items: Vec<T>, at: Timestamp) -> Self {
        let mut listing = Self {
            items: HashMap::with_capacity(items.len()),
            names: HashMap::with_capacity(items.len()),
            missing: HashMap::new(),
            taken: BTreeSet::new(),
            first_read_at: at,
            read_at: at,
        };
        for item in items {
            listing.put(item);
        }
        listing
    }

    /// A later complete list. What it no longer shows is missing from now on.
    pub(crate) fn replace(&mut self, items: Vec<T>, at: Timestamp) {
        let before = std::mem::replace(self, Self::new(items, at));
        self.first_read_at = before.first_read_at;
        (self.missing, self.taken) = (before.missing, before.taken);
        for id in before.items.into_keys() {
            self.missing.entry(id).or_insert(at);
        }
        let present = &self.items;
        self.missing.retain(|id, _| !present.contains_key(id));
        self.taken.retain(|id| !present.contains_key(id));
    }

    /// A list at this time shows the same items.
    pub(crate) fn assume_current(&mut self, at: Timestamp) {
        self.read_at = self.read_at.max(at);
    }

    /// When the last read began.
    pub(crate) fn read_at(&self) -> Timestamp {
        self.read_at
    }

    /// The item with this id.
    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.items.get(id)
    }

    /// The ids that bear exactly this name.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &str> {
        self.names.get(name).into_iter().flatten().map(String::as_str)
    }

    /// All items, in no order.
    pub(crate) fn items(&self) -> impl Iterator<Item = &T> {
        self.items.values()
    }

    /// Since when no list has shown this id; `None` while one does.
    pub(crate) fn absent_since(&self, id: &str) -> Option<Timestamp> {
        if self.items.contains_key(id) {
            return None;
        }
        Some(self.missing.get(id).copied().unwrap_or(self.first_read_at))
    }

    /// Whether a write of our own took it out, and nothing has shown it since.
    pub(crate) fn is_taken_out(&self, id: &str) -> bool {
        self.taken.contains(id)
    }

    /// Since when none of the ids that are meant was in any list: when the last of them went, or since the first list.
    pub(crate) fn none_since(&self, is_meant: impl Fn(&str) -> bool) -> Timestamp {
        let went = self.missing.iter().filter(|(id, _)| is_meant(id)).map(|(_, since)| *since);
        went.max().unwrap_or(self.first_read_at)
    }

    /// It may have come in at a time, and nobody heard of it: what lists said before proves nothing any more.
    pub(crate) fn doubt(&mut self, id: &str, at: Timestamp) {
        if !self.items.contains_key(id) {
            self.taken.remove(id);
            self.missing.insert(id.to_owned(), at);
        }
    }

    /// Adds or replaces an item.
    pub(crate) fn put(&mut self, item: T) {
        let id = item.id().to_owned();
        self.unname(&id);
        self.missing.remove(&id);
        self.taken.remove(&id);
        self.names.entry(item.name().to_owned()).or_default().insert(id.clone());
        self.items.insert(id, item);
    }

    /// Takes an item out; it is missing from `at` on: our own write did that. Says whether it was there.
    pub(crate) fn remove(&mut self, id: &str, at: Timestamp) -> bool {
        self.unname(id);
        let known = self.items.remove(id).is_some();
        if known {
            self.missing.insert(id.to_owned(), at);
            self.taken.insert(id.to_owned());
        }
        known
    }

    fn unname(&mut self, id: &str) {
        let Some(name) = self.items.get(id).map(Item::name) else { return };
        if let Some(ids) = self.names.get_mut(name) {
            ids.remove(id);
            if ids.is_empty() {
                self.names.remove(name);
            }
        }
    }
}
