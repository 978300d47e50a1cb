//! A list, indexed by id and by name. It knows since when an id is absent. No IO.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use crate::inventory::item::Item;
use crate::inventory::search::Search;
use crate::provider::model::list::{List, Unreadable};

/// A list as of its last read, changed by the writes since.
pub(crate) struct Listing<T> {
    /// The items by id.
    items: HashMap<String, T>,
    /// Each name, in the form in which names are compared loosely, with the id that has it.
    names: BTreeSet<(String, String)>,
    /// The ids that an earlier list showed, and since when they are absent.
    absent: HashMap<String, Timestamp>,
    /// The absent ids that the operator removed itself.
    removed: BTreeSet<String>,
    /// When the first read began.
    first_read_at: Timestamp,
    /// When the last read began.
    read_at: Timestamp,
    /// Why the last list is not whole.
    unreadable: Option<Unreadable>,
    /// The ids whose items are news since the first read, and when the read began that told them: see [`Item::is_news`].
    appeared: HashMap<String, Timestamp>,
}

impl<T: Item> Listing<T> {
    /// The first list; the read began at `at`.
    pub(crate) fn new(list: impl Into<List<T>>, at: Timestamp) -> Self {
        let List { items, unreadable } = list.into();
        let mut listing = Self {
            items: HashMap::with_capacity(items.len()),
            names: BTreeSet::new(),
            absent: HashMap::new(),
            removed: BTreeSet::new(),
            first_read_at: at,
            read_at: at,
            unreadable,
            appeared: HashMap::new(),
        };
        for item in items {
            if listing.get(item.id()).is_none_or(|earlier| item.takes_place_of(earlier)) {
                listing.put(item);
            }
        }
        listing
    }

    /// A later list. Ids that it no longer shows are absent since `at`. A list that is not whole proves no
    /// absence: after it, all absence counts from this read.
    pub(crate) fn replace(&mut self, list: impl Into<List<T>>, at: Timestamp) {
        let before = std::mem::replace(self, Self::new(list, at));
        (self.absent, self.removed, self.appeared) = (before.absent, before.removed, before.appeared);
        if before.unreadable.is_some() {
            self.absent.values_mut().for_each(|since| *since = at);
        } else {
            self.first_read_at = before.first_read_at;
        }
        let is_news = |(id, item): &(&String, &T)| item.is_news(before.items.get(*id), self.absent.contains_key(*id));
        self.appeared.extend(self.items.iter().filter(is_news).map(|(id, _)| (id.clone(), at)));
        for id in before.items.into_keys() {
            self.absent.entry(id).or_insert(at);
        }
        let present = &self.items;
        self.absent.retain(|id, _| !present.contains_key(id));
        self.removed.retain(|id| !present.contains_key(id));
    }

    /// Why the last list is not whole; `None` if it is.
    pub(crate) fn unreadable(&self) -> Option<Unreadable> {
        self.unreadable
    }

    /// Whether a read that began before `time` showed this id, or a write of the operator before it made it.
    pub(crate) fn has_shown(&self, id: &str, time: Timestamp) -> bool {
        let is_known = self.items.contains_key(id) || self.absent.contains_key(id);
        is_known && self.appeared.get(id).is_none_or(|since| *since < time)
    }

    /// Assumes that a read at this time shows the same items.
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

    /// The ids of the items with exactly this name.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &str> {
        self.alike(name).filter(move |id| self.get(id).is_some_and(|item| item.name() == name))
    }

    /// The ids of the items whose names differ from this one at most by case and by spaces around it.
    pub(crate) fn alike(&self, name: &str) -> impl Iterator<Item = &str> {
        let name = loose(name);
        let from = self.names.range((name.clone(), String::new())..);
        from.take_while(move |(other, _)| *other == name).map(|(_, id)| id.as_str())
    }

    /// All items, in no order.
    pub(crate) fn items(&self) -> impl Iterator<Item = &T> {
        self.items.values()
    }

    /// Since when this id is absent; `None` if the list has it. An id that no list ever had is absent since the first read.
    pub(crate) fn absent_since(&self, id: &str) -> Option<Timestamp> {
        if self.items.contains_key(id) {
            return None;
        }
        Some(self.absent.get(id).copied().unwrap_or(self.first_read_at))
    }

    /// Since when the list shows this id, if an earlier list did not.
    pub(crate) fn appeared_at(&self, id: &str) -> Option<Timestamp> {
        self.appeared.get(id).copied()
    }

    /// Whether a read that began at `time` at the latest did not show this id, and a read that began then or later did.
    pub(crate) fn has_appeared_since(&self, id: &str, time: Timestamp) -> bool {
        self.first_read_at <= time && self.appeared_at(id).is_some_and(|appeared| appeared >= time)
    }

    /// Since when at least the list shows of this id what it shows now: since that was news, or since the first read.
    pub(crate) fn present_since(&self, id: &str) -> Timestamp {
        self.appeared_at(id).unwrap_or(self.first_read_at)
    }

    /// Whether the operator removed this id itself, and no list has shown it since.
    pub(crate) fn was_removed(&self, id: &str) -> bool {
        self.removed.contains(id)
    }

    /// Since when all ids that match are absent: since the last of them disappeared, or since the first read.
    pub(crate) fn all_absent_since(&self, matches: impl Fn(&str) -> bool) -> Timestamp {
        let since = self.absent.iter().filter(|(id, _)| matches(id)).map(|(_, since)| *since);
        since.max().unwrap_or(self.first_read_at)
    }

    /// Whether an id is gone for so long that nothing that belongs to it is needed: a day for one that this list has never shown.
    pub(super) fn is_gone(&self, id: &str, search: Search) -> bool {
        let was_shown = self.absent.get(id).is_some_and(|since| search.is_settled(*since));
        was_shown || self.absent_since(id).is_some_and(|since| search.is_old(since))
    }

    /// Forgets old absent ids, and of those that are settled all but the newest: they count as absent since the first read.
    pub(super) fn forget_absent(&mut self, search: Search) {
        let is_kept = search.remembers(self.absent.values().copied().collect());
        self.absent.retain(|_, since| is_kept(*since));
        let absent = &self.absent;
        self.removed.retain(|id| absent.contains_key(id));
        let present = &self.items;
        self.appeared.retain(|id, _| present.contains_key(id) || absent.contains_key(id));
    }

    /// How many entries there are, of present and of absent ids.
    #[cfg(test)]
    pub(crate) fn size(&self) -> usize {
        self.items.len() + self.names.len() + self.absent.len() + self.removed.len() + self.appeared.len()
    }

    /// An item with this id may have been added at this time. Earlier lists do not prove its absence any more.
    pub(crate) fn restart_absence(&mut self, id: &str, at: Timestamp) {
        if !self.items.contains_key(id) {
            self.removed.remove(id);
            self.absent.insert(id.to_owned(), at);
        }
    }

    /// Adds or replaces an item.
    pub(crate) fn put(&mut self, item: T) {
        let id = item.id().to_owned();
        self.unname(&id);
        self.absent.remove(&id);
        self.removed.remove(&id);
        self.names.insert((loose(item.name()), id.clone()));
        self.items.insert(id, item);
    }

    /// Removes an item by a write of the operator; it is absent since `at`. Says whether the list had it.
    pub(crate) fn remove(&mut self, id: &str, at: Timestamp) -> bool {
        self.unname(id);
        let known = self.items.remove(id).is_some();
        if known {
            self.absent.insert(id.to_owned(), at);
            self.removed.insert(id.to_owned());
        }
        known
    }

    fn unname(&mut self, id: &str) {
        if let Some(item) = self.items.get(id) {
            self.names.remove(&(loose(item.name()), id.to_owned()));
        }
    }
}

/// A name without case and without spaces around it.
fn loose(name: &str) -> String {
    name.trim().to_lowercase()
}
