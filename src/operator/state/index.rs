//! Who refers to whom, and who claims what: kept from the watches, in memory, for all kinds at once.
//!
//! Without it, each of these would be a search through all stores: which resources wait for a Team or a config, whether a
//! resource still refers to it, and which other resource claims an external object.

pub(crate) mod claim;
pub(crate) mod claims;
pub(crate) mod heirs;
pub(crate) mod moved;
pub(crate) mod parts;
pub(crate) mod row;
pub(crate) mod shown;
pub(crate) mod tables;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use futures::channel::mpsc::UnboundedSender;
use parking_lot::Mutex;

use crate::api::kinds::Kind;
use crate::api::provider_config::view::ConfigView;
use crate::api::resource_key::ResourceKey;
use crate::operator::state::index::claim::ClaimBasis;
use crate::operator::state::index::row::{Age, IndexRow, Key, RefSummary};
use crate::operator::state::index::tables::{Tables, owned};
use crate::plan::context::Claimant;
use crate::plan::mention::{Mention, OtherMention};
use crate::plan::references::ReferredTeam;
use crate::provider::model::ids::TeamId;

/// What triggers the controllers of each kind, one for each watched namespace (empty: for all).
pub(crate) type Triggers = HashMap<(Kind, String), UnboundedSender<ResourceKey>>;

/// The index of all resources.
pub(crate) struct Index {
    tables: Mutex<Tables>,
    triggers: Triggers,
}

impl Index {
    /// An empty index.
    pub(crate) fn new(triggers: Triggers) -> Self {
        Self { tables: Mutex::default(), triggers }
    }

    /// A resource exists, or changed. Triggers reconciles of the resources that the change concerns.
    pub(crate) fn put(&self, key: &ResourceKey, row: IndexRow) {
        let receivers = {
            let mut tables = self.tables.lock();
            let key = &tables.key(key);
            tables.lists(key);
            let before = tables.remove(key);
            let row = if let Some(before) = &before { row.with_early_claims(before) } else { row };
            let uses = row.uses.clone();
            tables.insert(key, Box::new(row));
            let used_before = before.as_ref().map(|row| row.uses.as_slice()).unwrap_or_default();
            // Those that got their first referrer, or lost their last one.
            let first = uses.iter().filter(|used| !used_before.contains(used) && tables.referrer_count(used) == 1);
            let last = used_before.iter().filter(|used| !uses.contains(used) && tables.referrer_count(used) == 0);
            let mut receivers: Vec<_> = first.chain(last).map(owned).collect();
            let after = tables.rows.get(key).map(|row| &row.referent);
            let is_other = before.as_ref().map(|row| &row.referent) != after;
            if is_other {
                receivers.extend(tables.referrers(key));
            }
            receivers.extend(tables.concerned(key, before.as_deref(), is_other));
            receivers.extend(tables.concerned_by_claims(key, before.as_deref()));
            receivers.extend(tables.concerned_by_moves(key, before.as_deref()));
            receivers
        };
        self.trigger(receivers);
    }

    /// A resource is gone.
    pub(crate) fn forget(&self, key: &ResourceKey) {
        let receivers = {
            let mut tables = self.tables.lock();
            let Some(before) = tables.remove(key) else { return };
            tables.reaching.remove(key);
            tables.opened.remove(key);
            let mut receivers = tables.referrers(key);
            receivers.extend(before.uses.iter().filter(|used| tables.referrer_count(used) == 0).map(owned));
            receivers.extend(tables.concerned(key, Some(&before), true));
            receivers.extend(tables.concerned_by_claims(key, Some(&before)));
            receivers.extend(tables.concerned_by_moves(key, Some(&before)));
            receivers
        };
        self.trigger(receivers);
    }

    /// A list of a kind starts. What it does not show until [`Index::list_completed`] is deleted.
    pub(crate) fn list_started(&self, kind: Kind, namespace: &str) {
        self.tables.lock().listed.insert((kind, namespace.to_owned()), HashSet::new());
    }

    /// A list of a kind is complete. Returns what it does not show: it is gone.
    pub(crate) fn list_completed(&self, kind: Kind, namespace: &str) -> Vec<ResourceKey> {
        let gone: Vec<_> = {
            let mut tables = self.tables.lock();
            let listed = tables.listed.remove(&(kind, namespace.to_owned())).unwrap_or_default();
            let ours = |key: &&Key| key.kind == kind && (namespace.is_empty() || key.namespace == namespace);
            tables.rows.keys().filter(ours).filter(|key| !listed.contains(*key)).map(owned).collect()
        };
        for key in &gone {
            self.forget(key);
        }
        gone
    }

    /// How many resources of a kind are in a namespace (empty: in all).
    pub(crate) fn count(&self, kind: Kind, namespace: &str) -> usize {
        let tables = self.tables.lock();
        let counted = |key: &&Key| key.kind == kind && (namespace.is_empty() || key.namespace == namespace);
        tables.rows.keys().filter(counted).count()
    }

    /// Whether a resource is there, and the types can read it.
    pub(crate) fn has_readable(&self, key: &ResourceKey, uid: &str) -> bool {
        self.tables.lock().rows.get(key).is_some_and(|row| *row.age.uid == *uid && row.unreadable.is_none())
    }

    /// Whether a watch has delivered the deletion of a resource, and with it whatever was written to the kind before: of a list that is under way
    /// only a part is known.
    pub(crate) fn has_delivered_deletion(&self, key: &ResourceKey, uid: &str) -> bool {
        let tables = self.tables.lock();
        let is_listed = |namespace: &str| tables.listed.contains_key(&(key.kind, namespace.to_owned()));
        let is_known = !is_listed("") && !is_listed(&key.namespace);
        is_known && tables.rows.get(key).is_some_and(|row| *row.age.uid == *uid && row.is_deleted)
    }

    /// Who refers to this resource.
    pub(crate) fn referrers(&self, key: &ResourceKey) -> Vec<ResourceKey> {
        self.tables.lock().referrers(key)
    }

    /// A Team that something refers to; `None`: there is no such Team.
    pub(crate) fn referred_team(&self, key: &ResourceKey) -> Option<ReferredTeam> {
        let tables = self.tables.lock();
        let RefSummary { external_id, is_ready, generation: _ } = &tables.rows.get(key)?.referent;
        Some(ReferredTeam { id: external_id.as_deref().and_then(TeamId::parse), is_ready: *is_ready })
    }

    /// The key of a resource, as all share it.
    pub(crate) fn key(&self, key: &ResourceKey) -> Key {
        self.tables.lock().key(key)
    }

    /// What a config says.
    pub(crate) fn config(&self, key: &ResourceKey) -> Option<Arc<ConfigView>> {
        self.tables.lock().rows.get(key)?.config.clone()
    }

    /// What every config says.
    pub(crate) fn configs(&self) -> Vec<Arc<ConfigView>> {
        let tables = self.tables.lock();
        tables.configs.iter().filter_map(|key| tables.rows.get(key)?.config.clone()).collect()
    }

    /// Why the types cannot read a resource; `None`: they can, or it does not exist.
    pub(crate) fn unreadable(&self, key: &ResourceKey) -> Option<String> {
        self.tables.lock().rows.get(key)?.unreadable.clone()
    }

    /// How many resources of each kind the types cannot read.
    pub(crate) fn unreadable_counts(&self) -> BTreeMap<Kind, i64> {
        let tables = self.tables.lock();
        let mut counts = BTreeMap::new();
        for (key, row) in &tables.rows {
            *counts.entry(key.kind).or_insert(0_i64) += i64::from(row.unreadable.is_some());
        }
        counts
    }

    /// Whether a resource is Ready, as far as it is known.
    pub(crate) fn is_ready(&self, key: &ResourceKey) -> bool {
        self.tables.lock().rows.get(key).is_some_and(|row| row.referent.is_ready)
    }

    /// Who else claims an external object: the oldest of the others whose claim counts.
    pub(crate) fn claimant(&self, id: &str, me: &ResourceKey, my_age: &Age) -> Option<Claimant> {
        self.tables.lock().claimant(id, me, my_age)
    }

    /// A reconcile decided whether a resource reaches the account of its config: the config allows it, and its token opens the
    /// account.
    pub(crate) fn set_reaching(&self, key: &ResourceKey, is_reaching: bool) {
        let receivers = {
            let mut tables = self.tables.lock();
            if !tables.rows.contains_key(key) {
                return;
            }
            let known = tables.key(key);
            let before = tables.reaching.insert(known, is_reaching);
            if before == Some(is_reaching) { BTreeSet::new() } else { tables.concerned_by_reach(key, before) }
        };
        self.trigger(receivers);
    }

    /// The token of a config opened its account. What its resources name counts in that account from now on: one that is made by it before
    /// status tells of the account would else be a resource of another one, and a person whom it lists be removed instead of moved.
    pub(crate) fn opened(&self, config: &ResourceKey, account: &str) {
        let mut tables = self.tables.lock();
        if tables.rows.contains_key(config) {
            let known = tables.key(config);
            tables.opened.insert(known, account.to_owned());
        }
    }

    /// What other resources of the account say of a subject. Configs of one account count as one.
    pub(crate) fn other_mentions(&self, subject: &str, me: &ResourceKey, config: &ResourceKey) -> Vec<OtherMention> {
        let tables = self.tables.lock();
        let is_same = |row: &IndexRow| row.config_key().is_some_and(|theirs| tables.is_same_account(theirs, config));
        // Who was not reconciled yet counts: a person whom it wants is not removed meanwhile.
        let counts = |key: &&Key| key.as_ref() != me && tables.reaching.get(*key) != Some(&false);
        let others = tables.mentions.get(subject).into_iter().flatten().filter(counts);
        let entries =
            others.filter_map(|key| Some((key, tables.rows.get(key)?.as_ref()))).filter(|(_, row)| is_same(row));
        let other = |(key, row): (&Key, &IndexRow)| {
            let Mention { subject: _, is_wanted, role, customer_id, is_passive } = row.mention(subject)?.clone();
            let (name, external_id) = (key.to_string(), row.referent.external_id.as_deref().map(str::to_owned));
            Some(OtherMention { name, external_id, is_wanted, role, customer_id, is_passive })
        };
        entries.filter_map(other).collect()
    }

    /// Which resources are known to want a subject, whatever their account.
    pub(crate) fn wanting(&self, subject: &str) -> BTreeSet<ResourceKey> {
        let tables = self.tables.lock();
        let mention = |key: &Key| tables.rows.get(key)?.mention(subject);
        let wants = |key: &&Key| mention(key).is_some_and(|mention| mention.is_wanted);
        tables.mentions.get(subject).into_iter().flatten().filter(wants).map(owned).collect()
    }

    /// Claims an object for a resource before the watch delivers the change.
    pub(crate) fn claim(&self, key: &ResourceKey, id: &str) {
        let receivers = {
            let mut tables = self.tables.lock();
            if tables.edit(key, |row| row.claim(id)) { tables.concerned_by_object(key) } else { BTreeSet::new() }
        };
        self.trigger(receivers);
    }

    /// Claims for a resource the object that an older one has, or that it is in no conflict any more: when the older one goes, it leaves
    /// the object. Nobody waits for such a claim.
    pub(crate) fn contend(&self, key: &ResourceKey, id: Option<&str>) {
        let mut tables = self.tables.lock();
        let contends = |row: &IndexRow| row.claims.iter().any(|claim| claim.basis == ClaimBasis::Conflict);
        if id.is_some() || tables.rows.get(key).is_some_and(|row| contends(row)) {
            tables.edit(key, |row| row.contend(id));
        }
    }

    /// How many entries all tables have.
    #[cfg(test)]
    pub(crate) fn size(&self) -> usize {
        self.tables.lock().size()
    }

    /// Triggers reconciles.
    pub(crate) fn trigger(&self, keys: impl IntoIterator<Item = ResourceKey>) {
        for key in keys {
            let trigger = |namespace: &str| self.triggers.get(&(key.kind, namespace.to_owned()));
            if let Some(trigger) = trigger(&key.namespace).or_else(|| trigger("")) {
                // A controller that ended needs no trigger.
                drop(trigger.unbounded_send(key));
            }
        }
    }
}
