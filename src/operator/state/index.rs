//! Who refers to whom, and who claims what: kept from the watches, in memory, for all kinds at once.
//!
//! It answers at once what would otherwise be a search through every store: which resources wait
//! for a Team or a config, whether anything still needs it, and who else claims an external object.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::channel::mpsc::UnboundedSender;
use jiff::Timestamp;
use kube::{Resource, ResourceExt};
use parking_lot::{Mutex, MutexGuard};

use crate::api::conditions::{ConditionStatus, ConditionType};
use crate::api::kinds::Kind;
use crate::api::provider_config::view::ConfigView;
use crate::api::resource_key::ResourceKey;
use crate::plan::context::Claimant;
use crate::plan::mention::{Mention, OtherMention};
use crate::plan::references::ReferredTeam;
use crate::provider::model::ids::TeamId;

/// What others need to know of a resource that they refer to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct RefSummary {
    pub(crate) external_id: Option<String>,
    pub(crate) is_ready: bool,
    /// Of a config, whose spec others depend on; 0 for the rest.
    pub(crate) generation: i64,
}

/// How old a resource is: of several that claim one object the oldest wins, and the uid decides between equals.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Age {
    /// `metadata.creationTimestamp`.
    pub(crate) created: Timestamp,
    /// `metadata.uid`.
    pub(crate) uid: String,
}

impl Age {
    /// The age of a resource.
    pub(crate) fn of(resource: &impl Resource) -> Self {
        let created = resource.creation_timestamp().map_or(Timestamp::MAX, |time| time.0);
        Self { created, uid: resource.uid().unwrap_or_default() }
    }
}

/// What the index takes from one resource.
pub(crate) struct IndexRow {
    pub(crate) uses: BTreeSet<ResourceKey>,
    pub(crate) claims: Option<String>,
    pub(crate) age: Age,
    pub(crate) referent: RefSummary,
    /// Of a config: what it says.
    pub(crate) config: Option<ConfigView>,
    pub(crate) conditions: Vec<(ConditionType, ConditionStatus)>,
    /// What it names that other resources of the account may name, too.
    pub(crate) mentions: Vec<Mention>,
}

impl IndexRow {
    fn mention(&self, subject: &str) -> Option<&Mention> {
        self.mentions.iter().find(|mention| mention.subject == subject)
    }
}

#[derive(Default)]
struct Tables {
    entries: HashMap<ResourceKey, IndexRow>,
    users: HashMap<ResourceKey, BTreeSet<ResourceKey>>,
    claims: HashMap<(Kind, String), BTreeMap<Age, ResourceKey>>,
    mentions: HashMap<String, BTreeSet<ResourceKey>>,
    /// What a list that is under way has shown so far, by kind and namespace.
    listed: HashMap<(Kind, String), BTreeSet<ResourceKey>>,
}

/// Wakes the controllers of each kind, one for each watched namespace (empty: for all).
pub(crate) type Triggers = HashMap<(Kind, String), UnboundedSender<ResourceKey>>;

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
    pub(crate) fn begin(&self, kind: Kind, namespace: &str) {
        self.tables().listed.insert((kind, namespace.to_owned()), BTreeSet::new());
    }

    /// A list of a kind is complete.
    pub(crate) fn complete(&self, kind: Kind, namespace: &str) {
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

    /// A Team that something refers to; `None`: there is no such Team.
    pub(crate) fn referred_team(&self, key: &ResourceKey) -> Option<ReferredTeam> {
        let tables = self.tables();
        let RefSummary { external_id, is_ready, generation: _ } = &tables.entries.get(key)?.referent;
        Some(ReferredTeam { id: external_id.as_deref().and_then(TeamId::parse), is_ready: *is_ready })
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
        Some(Claimant { name: other.to_string(), wins: age < my_age })
    }

    /// What other resources of the account say of a subject. Configs of one account count as one.
    pub(crate) fn other_mentions(&self, subject: &str, me: &ResourceKey, config: &ResourceKey) -> Vec<OtherMention> {
        let tables = self.tables();
        let account = tables.account(config);
        let is_same = |entry: &IndexRow| {
            let theirs = entry.uses.iter().find(|used| used.kind != me.kind);
            theirs.is_some_and(|theirs| theirs == config || (account.is_some() && tables.account(theirs) == account))
        };
        let others = tables.mentions.get(subject).into_iter().flatten().filter(|key| *key != me);
        let entries = others.filter_map(|key| tables.entries.get(key)).filter(|entry| is_same(entry));
        let other = |entry: &IndexRow| {
            let Mention { subject: _, is_wanted, role } = *entry.mention(subject)?;
            Some(OtherMention { external_id: entry.referent.external_id.clone(), is_wanted, role })
        };
        entries.filter_map(other).collect()
    }

    /// Whether a resource is known to want a subject.
    pub(crate) fn wants(&self, key: &ResourceKey, subject: &str) -> bool {
        self.tables().entries.get(key).and_then(|entry| entry.mention(subject)).is_some_and(|mention| mention.is_wanted)
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

    /// The other resources that name a subject which a change is about.
    fn concerned(&self, key: &ResourceKey, before: Option<&IndexRow>, is_other: bool) -> BTreeSet<ResourceKey> {
        let old = before.map(|entry| entry.mentions.as_slice()).unwrap_or_default();
        let new = self.entries.get(key).map(|entry| entry.mentions.as_slice()).unwrap_or_default();
        let is_changed = |mention: &&Mention| is_other || !old.contains(mention) || !new.contains(mention);
        let changed = old.iter().chain(new).filter(is_changed);
        let others = changed.filter_map(|mention| self.mentions.get(&mention.subject)).flatten();
        others.filter(|other| *other != key).cloned().collect()
    }

    fn insert(&mut self, key: &ResourceKey, entry: IndexRow) {
        for Mention { subject, .. } in &entry.mentions {
            self.mentions.entry(subject.clone()).or_default().insert(key.clone());
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
        for Mention { subject, .. } in &entry.mentions {
            if let Some(keys) = self.mentions.get_mut(subject) {
                keys.remove(key);
                if keys.is_empty() {
                    self.mentions.remove(subject);
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
