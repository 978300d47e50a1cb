//! The tables by which the index finds its rows.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use crate::api::kinds::Kind;
use crate::api::resource_key::ResourceKey;
use crate::operator::state::index::claim::Claim;
use crate::operator::state::index::row::{Age, IndexRow, Key};
use crate::plan::mention::Mention;

/// Who claims an external object.
pub(super) struct Claimer {
    /// How old it is.
    pub(super) age: Age,
    /// Which resource it is.
    pub(super) key: Key,
}

/// All rows, and what is found through them.
#[derive(Default)]
pub(super) struct Tables {
    /// The rows, by resource.
    pub(super) rows: HashMap<Key, Box<IndexRow>>,
    /// The configs.
    pub(super) configs: BTreeSet<Key>,
    /// Who refers to a resource.
    referrers: HashMap<Key, BTreeSet<Key>>,
    /// Who claims an external object, by kind and id; the oldest first.
    pub(super) claimants: HashMap<(Kind, Arc<str>), Vec<Claimer>>,
    /// The resources that wait until another one gives up a claim.
    pub(super) awaiting: BTreeSet<Key>,
    /// Whether a reconcile of a resource reached the account of its config. Absent: no reconcile has decided that.
    pub(super) reaching: HashMap<Key, bool>,
    /// The account that the token of a config opened in this process: status tells of it later.
    pub(super) opened: HashMap<Key, String>,
    /// Who is moved from a resource, whether that exists or not.
    pub(super) heirs: HashMap<ResourceKey, BTreeSet<Key>>,
    /// Who mentions a subject.
    pub(super) mentions: HashMap<String, BTreeSet<Key>>,
    /// What a list in progress has shown so far, by kind and namespace.
    pub(super) listed: HashMap<(Kind, String), HashSet<Key>>,
}

impl Tables {
    /// Who refers to a resource.
    pub(super) fn referrers(&self, key: &ResourceKey) -> Vec<ResourceKey> {
        self.referrers.get(key).into_iter().flatten().map(owned).collect()
    }

    /// How many resources refer to one.
    pub(super) fn referrer_count(&self, key: &ResourceKey) -> usize {
        self.referrers.get(key).map_or(0, BTreeSet::len)
    }

    /// The other resources that name a subject which a change is about.
    pub(super) fn concerned(
        &self,
        key: &ResourceKey,
        before: Option<&IndexRow>,
        is_other: bool,
    ) -> BTreeSet<ResourceKey> {
        let old = before.map(|row| row.mentions.as_slice()).unwrap_or_default();
        let new = self.rows.get(key).map(|row| row.mentions.as_slice()).unwrap_or_default();
        let is_changed = |mention: &&Mention| is_other || !old.contains(mention) || !new.contains(mention);
        let changed = old.iter().chain(new).filter(is_changed);
        let others = changed.filter_map(|mention| self.mentions.get(&mention.subject)).flatten();
        others.filter(|other| other.as_ref() != key).map(owned).collect()
    }

    /// How many entries all tables have.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        let maps =
            [self.rows.len(), self.referrers.len(), self.claimants.len(), self.mentions.len(), self.listed.len()];
        maps.iter().sum::<usize>() + self.awaiting.len() + self.reaching.len() + self.opened.len() + self.heirs.len()
    }

    /// Adds a row.
    pub(super) fn insert(&mut self, key: &Key, mut row: Box<IndexRow>) {
        for Mention { subject, .. } in &row.mentions {
            self.mentions.entry(subject.clone()).or_default().insert(Arc::clone(key));
        }
        for used in &mut row.uses {
            // All who refer to a resource share its key.
            if let Some((known, _)) = self.referrers.get_key_value(used) {
                *used = Arc::clone(known);
            }
            self.referrers.entry(Arc::clone(used)).or_default().insert(Arc::clone(key));
        }
        for Claim { id, .. } in &row.claims {
            let claimants = self.claimants.entry((key.kind, Arc::clone(id))).or_insert_with(|| Vec::with_capacity(1));
            let at = claimants.partition_point(|other| other.age < row.age);
            claimants.insert(at, Claimer { age: row.age.clone(), key: Arc::clone(key) });
        }
        if row.awaits_claim {
            self.awaiting.insert(Arc::clone(key));
        }
        self.add_heir(key, &row);
        if row.config.is_some() {
            self.configs.insert(Arc::clone(key));
        }
        row.claims.shrink_to_fit();
        row.uses.shrink_to_fit();
        row.conditions.shrink_to_fit();
        self.rows.insert(Arc::clone(key), row);
    }

    /// Changes what a resource claims. Says whether that changed.
    pub(super) fn edit(&mut self, key: &ResourceKey, change: impl FnOnce(&mut IndexRow) -> bool) -> bool {
        let known = self.key(key);
        let Some(mut row) = self.remove(key) else { return false };
        let is_changed = change(&mut row);
        self.insert(&known, row);
        is_changed
    }

    /// Lists under way have shown a resource.
    pub(super) fn lists(&mut self, key: &Key) {
        for namespace in ["", &key.namespace] {
            if let Some(listed) = self.listed.get_mut(&(key.kind, namespace.to_owned())) {
                listed.insert(Arc::clone(key));
            }
        }
    }

    /// The key of a resource: the one that is kept already, if it is known.
    pub(super) fn key(&self, key: &ResourceKey) -> Key {
        self.rows.get_key_value(key).map_or_else(|| Arc::new(key.clone()), |(known, _)| Arc::clone(known))
    }

    /// Removes a row.
    pub(super) fn remove(&mut self, key: &ResourceKey) -> Option<Box<IndexRow>> {
        let row = self.rows.remove(key)?;
        self.configs.remove(key);
        for Mention { subject, .. } in &row.mentions {
            take_out(&mut self.mentions, subject, key);
        }
        if let Some(source) = row.moved_from() {
            take_out(&mut self.heirs, source, key);
        }
        for used in &row.uses {
            take_out(&mut self.referrers, used, key);
        }
        for Claim { id, .. } in &row.claims {
            let claim = (key.kind, Arc::clone(id));
            let Some(claimants) = self.claimants.get_mut(&claim) else { continue };
            claimants.retain(|claimer| claimer.key.as_ref() != key);
            if claimants.is_empty() {
                self.claimants.remove(&claim);
            }
        }
        self.awaiting.remove(key);
        Some(row)
    }
}

/// What a resource refers to, each once.
pub(crate) fn each_once(keys: impl IntoIterator<Item = ResourceKey>) -> Vec<Key> {
    keys.into_iter().collect::<BTreeSet<_>>().into_iter().map(Arc::new).collect()
}

/// A key as others outside of the index have it.
pub(super) fn owned(key: &Key) -> ResourceKey {
    ResourceKey::clone(key)
}

/// Removes a resource from the set of `at`, and the set if it is empty.
fn take_out<K: Eq + Hash>(sets: &mut HashMap<K, BTreeSet<Key>>, at: &K, key: &ResourceKey) {
    if let Some(keys) = sets.get_mut(at) {
        keys.remove(key);
        if keys.is_empty() {
            sets.remove(at);
        }
    }
}
