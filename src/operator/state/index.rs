//! Who refers to whom, and who claims what: kept from the watches, in memory, for all kinds at once.
//!
//! It answers at once what would otherwise be a search through every store: which resources wait
//! for a Team or a config, whether anything still needs it, and who else claims an external object.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::channel::mpsc::UnboundedSender;
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};

use crate::api::conditions::{ConditionStatus, ConditionType};
use crate::api::team::members::Role;
use crate::operator::provider_config::view::ConfigView;
use crate::plan::context::Claimant;
use crate::plan::mention::OtherMention;

/// One resource.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct ResourceKey {
    pub(crate) kind: &'static str,
    /// Empty for a cluster-scoped kind.
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// What others need to know of a resource that they refer to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct RefSummary {
    pub(crate) external_id: Option<String>,
    pub(crate) is_ready: bool,
    /// Of a config, whose spec others depend on; 0 for the rest.
    pub(crate) generation: i64,
}

/// Older resources come first.
pub(crate) type Age = (Timestamp, String);

/// What the index takes from one resource.
pub(crate) struct IndexRow {
    pub(crate) uses: BTreeSet<ResourceKey>,
    pub(crate) claims: Option<String>,
    pub(crate) age: Age,
    pub(crate) referent: RefSummary,
    /// Of a config: what it says.
    pub(crate) config: Option<ConfigView>,
    pub(crate) conditions: Vec<(ConditionType, ConditionStatus)>,
    /// Of a Team: whom it lists or listed, by e-mail without case.
    pub(crate) people: BTreeMap<String, Listed>,
}

/// What a Team has to do with a person.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Listed {
    /// Whether the spec lists the person; if not, status remembers one who was listed.
    pub(crate) now: bool,
    pub(crate) role: Option<Role>,
}

#[derive(Default)]
struct Tables {
    entries: HashMap<ResourceKey, IndexRow>,
    users: HashMap<ResourceKey, BTreeSet<ResourceKey>>,
    claims: HashMap<(&'static str, String), BTreeMap<Age, ResourceKey>>,
    people: HashMap<String, BTreeSet<ResourceKey>>,
    /// What a list that is under way has shown so far, by kind and namespace.
    listed: HashMap<(&'static str, String), BTreeSet<ResourceKey>>,
}

/// Wakes the controllers of each kind, one for each watched namespace (empty: for all).
pub(crate) type Triggers = HashMap<(&'static str, String), UnboundedSender<ResourceKey>>;

pub(crate) struct Index {
    tables: Mutex<Tables>,
    triggers: Triggers,
}

impl Index {
    pub(crate) fn new(triggers: Triggers) -> Self {
        Self { tables: Mutex::default(), triggers }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock()
    }

    /// A resource is there, or changed. Wakes whoever is concerned.
    pub(crate) fn put(&self, key: &ResourceKey, entry: IndexRow) {
        let receivers = {
            let mut tables = self.tables();
            for listed in tables.listed.values_mut() {
                listed.insert(key.clone());
            }
            let before = tables.remove(key);
            let uses = entry.uses.clone();
            tables.insert(key, entry);
            let used_before = before.as_ref().map(|entry| entry.uses.clone()).unwrap_or_default();
            // Whoever has got its first user, or lost its last one.
            let mut receivers: Vec<_> =
                uses.difference(&used_before).filter(|used| tables.count(used) == 1).cloned().collect();
            receivers.extend(used_before.difference(&uses).filter(|used| tables.count(used) == 0).cloned());
            let after = tables.entries.get(key).map(|entry| &entry.referent);
            let is_other = before.as_ref().map(|entry| &entry.referent) != after;
            if is_other {
                receivers.extend(tables.users_of(key));
            }
            receivers.extend(tables.concerned(key, before.as_ref(), is_other));
            receivers
        };
        self.wake(receivers);
    }

    /// A resource is gone.
    pub(crate) fn forget(&self, key: &ResourceKey) {
        let receivers = {
            let mut tables = self.tables();
            let uses = tables.remove(key).map(|entry| entry.uses).unwrap_or_default();
            let unused = uses.into_iter().filter(|used| tables.count(used) == 0);
            unused.chain(tables.users_of(key)).collect::<Vec<_>>()
        };
        self.wake(receivers);
    }

    /// A list of a kind begins. What it does not show until [`Index::complete`] is gone.
    pub(crate) fn begin(&self, kind: &'static str, namespace: &str) {
        self.tables().listed.insert((kind, namespace.to_owned()), BTreeSet::new());
    }

    /// A list of a kind is complete.
    pub(crate) fn complete(&self, kind: &'static str, namespace: &str) {
        let gone: Vec<_> = {
            let mut tables = self.tables();
            let listed = tables.listed.remove(&(kind, namespace.to_owned())).unwrap_or_default();
            let ours = |key: &&ResourceKey| key.kind == kind && (namespace.is_empty() || key.namespace == namespace);
            tables.entries.keys().filter(ours).filter(|key| !listed.contains(key)).cloned().collect()
        };
        for key in gone {
            self.forget(&key);
        }
    }

    /// Who refers to this resource.
    pub(crate) fn users_of(&self, key: &ResourceKey) -> Vec<ResourceKey> {
        self.tables().users_of(key)
    }

    /// What is known of a resource that others refer to; `None`: there is no such resource.
    pub(crate) fn referent(&self, key: &ResourceKey) -> Option<RefSummary> {
        self.tables().entries.get(key).map(|entry| entry.referent.clone())
    }

    /// What a config says.
    pub(crate) fn config(&self, key: &ResourceKey) -> Option<ConfigView> {
        self.tables().entries.get(key)?.config.clone()
    }

    /// Who else claims an external object: the oldest of the others.
    pub(crate) fn claimant(&self, id: &str, me: &ResourceKey, my_age: &Age) -> Option<Claimant> {
        let tables = self.tables();
        let claimants = tables.claims.get(&(me.kind, id.to_owned()))?;
        let (age, other) = claimants.iter().find(|(_, key)| *key != me)?;
        Some(Claimant { name: format!("{}/{}", other.namespace, other.name), wins: age < my_age })
    }

    /// Other Teams of the same account that list a person, or listed one. Configs of one account count as one.
    pub(crate) fn other_teams(&self, email: &str, me: &ResourceKey, config: &ResourceKey) -> Vec<OtherMention> {
        let tables = self.tables();
        let account = tables.account(config);
        let is_same = |entry: &IndexRow| {
            let theirs = entry.uses.iter().find(|used| used.kind != me.kind);
            theirs.is_some_and(|theirs| theirs == config || (account.is_some() && tables.account(theirs) == account))
        };
        let others = tables.people.get(email).into_iter().flatten().filter(|key| *key != me);
        let entries = others.filter_map(|key| tables.entries.get(key)).filter(|entry| is_same(entry));
        let other_team = |entry: &IndexRow| {
            let listed = entry.people.get(email)?;
            let external_id = entry.referent.external_id.clone();
            Some(OtherMention { external_id, is_wanted: listed.now, role: listed.role })
        };
        entries.filter_map(other_team).collect()
    }

    /// Whether a Team is known to list a person.
    pub(crate) fn lists(&self, team: &ResourceKey, email: &str) -> bool {
        self.tables().entries.get(team).and_then(|entry| entry.people.get(email)).is_some_and(|listed| listed.now)
    }

    /// Claims an object for a resource before the watch has told of it.
    pub(crate) fn claim(&self, key: &ResourceKey, id: &str) {
        let mut tables = self.tables();
        if let Some(mut entry) = tables.remove(key) {
            entry.claims = Some(id.to_owned());
            tables.insert(key, entry);
        }
    }

    /// Every condition of every resource.
    pub(crate) fn conditions(&self) -> Vec<(ResourceKey, ConditionType, ConditionStatus)> {
        let tables = self.tables();
        let of = |(key, entry): (&ResourceKey, &IndexRow)| {
            let key = key.clone();
            entry.conditions.clone().into_iter().map(move |(type_, status)| (key.clone(), type_, status))
        };
        tables.entries.iter().flat_map(of).collect()
    }

    pub(crate) fn wake(&self, keys: impl IntoIterator<Item = ResourceKey>) {
        for key in keys {
            let trigger = |namespace: &str| self.triggers.get(&(key.kind, namespace.to_owned()));
            if let Some(trigger) = trigger(&key.namespace).or_else(|| trigger("")) {
                // A controller that is gone needs no waking.
                drop(trigger.unbounded_send(key));
            }
        }
    }
}

impl Tables {
    fn users_of(&self, key: &ResourceKey) -> Vec<ResourceKey> {
        self.users.get(key).into_iter().flatten().cloned().collect()
    }

    fn count(&self, key: &ResourceKey) -> usize {
        self.users.get(key).map_or(0, BTreeSet::len)
    }

    /// The account that a config opens, as far as it is known.
    fn account(&self, config: &ResourceKey) -> Option<&str> {
        self.entries.get(config)?.config.as_ref()?.account.as_deref()
    }

    /// The other Teams of the people whom a change is about.
    fn concerned(&self, key: &ResourceKey, before: Option<&IndexRow>, is_other: bool) -> BTreeSet<ResourceKey> {
        let none = BTreeMap::new();
        let (old, new) =
            (before.map_or(&none, |entry| &entry.people), self.entries.get(key).map_or(&none, |entry| &entry.people));
        let changed = old.keys().chain(new.keys()).filter(|email| is_other || old.get(*email) != new.get(*email));
        let others = changed.filter_map(|email| self.people.get(email)).flatten();
        others.filter(|other| *other != key).cloned().collect()
    }

    fn insert(&mut self, key: &ResourceKey, entry: IndexRow) {
        for email in entry.people.keys() {
            self.people.entry(email.clone()).or_default().insert(key.clone());
        }
        for used in &entry.uses {
            self.users.entry(used.clone()).or_default().insert(key.clone());
        }
        if let Some(id) = &entry.claims {
            self.claims.entry((key.kind, id.clone())).or_default().insert(entry.age.clone(), key.clone());
        }
        self.entries.insert(key.clone(), entry);
    }

    fn remove(&mut self, key: &ResourceKey) -> Option<IndexRow> {
        let entry = self.entries.remove(key)?;
        for email in entry.people.keys() {
            if let Some(keys) = self.people.get_mut(email) {
                keys.remove(key);
                if keys.is_empty() {
                    self.people.remove(email);
                }
            }
        }
        for used in &entry.uses {
            if let Some(users) = self.users.get_mut(used) {
                users.remove(key);
                if users.is_empty() {
                    self.users.remove(used);
                }
            }
        }
        if let Some(claim) = entry.claims.as_ref().map(|id| (key.kind, id.clone()))
            && let Some(claimants) = self.claims.get_mut(&claim)
        {
            claimants.remove(&entry.age);
            if claimants.is_empty() {
                self.claims.remove(&claim);
            }
        }
        Some(entry)
    }
}
