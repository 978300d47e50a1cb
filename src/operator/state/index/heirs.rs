//! Which resource takes over what another one stands for, by the annotations `moved-from` and `moved-to`. It takes the place of its source
//! among those that claim the object, and the source comes after it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::api::kinds::Kind;
use crate::api::resource_key::ResourceKey;
use crate::operator::state::index::Index;
use crate::operator::state::index::row::{IndexRow, Key};
use crate::operator::state::index::tables::{Tables, owned};
use crate::plan::moved::{Bond, Heirship, Standing};

/// The longest chain of moves that is followed.
const LONGEST_CHAIN: usize = 8;

/// The resource from which another one takes over.
pub(crate) struct MoveSource {
    /// Its uid.
    pub(crate) uid: Arc<str>,
    /// The config that it uses.
    pub(crate) config: Option<ResourceKey>,
}

impl Index {
    /// How the annotation `moved-from` of a resource stands, and what the index has of its source; `None`: the watch has delivered no such
    /// annotation.
    pub(crate) fn standing(&self, key: &ResourceKey) -> Option<(Standing, Option<MoveSource>)> {
        let tables = self.tables.lock();
        let source = tables.rows.get(key)?.moved_from().and_then(|source| tables.rows.get(source));
        let config = |row: &IndexRow| row.config_key().cloned();
        let source = source.map(|row| MoveSource { uid: row.age.uid.clone(), config: config(row) });
        Some((tables.standing(key)?, source))
    }

    /// The resource that takes over what this one stands for, or may once it is known that both use one account.
    pub(crate) fn heir(&self, source: &ResourceKey) -> Option<ResourceKey> {
        self.tables.lock().heir(source).map(|(key, _)| owned(key))
    }
}

impl Tables {
    /// How the annotation `moved-from` of a resource stands that has no object.
    fn standing(&self, key: &ResourceKey) -> Option<Standing> {
        let row = self.rows.get(key)?;
        let source_key = row.moved_from()?;
        let Some(source) = self.rows.get(source_key).filter(|_| source_key != key) else {
            return Some(Standing::NoSource);
        };
        Some(match (self.heirship(key, row, source_key, source), self.heir(source_key), source.recorded()) {
            (Heirship::Barred(bar), _, _) => Standing::Barred(bar),
            (Heirship::Heir | Heirship::Pending, Some((other, _)), _) if other.as_ref() != key => {
                Standing::TakenBy(other.to_string())
            }
            (Heirship::Pending, _, _) => Standing::Pending,
            (Heirship::Heir, _, None) => Standing::NothingYet,
            (Heirship::Heir, _, Some(id)) => Standing::Takes(id.to_owned()),
        })
    }

    /// The heir of a resource, and whether that is certain: of those that may take over, the one that has the object, or else the oldest.
    fn heir(&self, source_key: &ResourceKey) -> Option<(&Key, bool)> {
        let heirs = self.heirs.get(source_key)?;
        let source = self.rows.get(source_key)?;
        let named = heirs.iter().filter(|key| key.as_ref() != source_key);
        let living = named.filter_map(|key| Some((key, self.rows.get(key)?))).filter(|(_, row)| !row.is_deleted);
        // One that has another object stands for that.
        let free = living.filter(|(_, row)| row.recorded().is_none() || row.recorded() == source.recorded());
        let willing = free.filter_map(|(key, row)| match self.heirship(key, row, source_key, source) {
            Heirship::Heir => Some((row.recorded().is_none(), false, &row.age, key)),
            Heirship::Pending => Some((row.recorded().is_none(), true, &row.age, key)),
            Heirship::Barred(_) => None,
        });
        willing.min().map(|(_, is_pending, _, key)| (key, !is_pending))
    }

    /// The heir of a resource that has this object.
    pub(super) fn heir_to(&self, id: &str, source: &ResourceKey) -> Option<&Key> {
        if self.heirs.is_empty() {
            return None;
        }
        let (heir, is_certain) = self.heir(source)?;
        let is_of_source = self.rows.get(source).is_some_and(|row| row.has_object(id));
        (is_certain && is_of_source).then_some(heir)
    }

    /// What a resource brings to the order of the claims on an object, the place of its source included: since when, and whether without the
    /// object.
    pub(super) fn place(&self, id: &str, key: &ResourceKey, created: Timestamp) -> (Timestamp, bool) {
        let has_object = |key: &ResourceKey| self.rows.get(key).is_some_and(|row| row.has_object(id));
        let mut place = (created, !has_object(key));
        let mut heir = key;
        for _ in 0..LONGEST_CHAIN {
            let source = self.rows.get(heir).and_then(|row| row.moved_from());
            let Some(source) = source.filter(|source| self.heir_to(id, source).is_some_and(|key| **key == *heir))
            else {
                break;
            };
            let older = self.rows.get(source).map_or(created, |row| row.age.created);
            place = (place.0.min(older), place.1 && !has_object(source));
            heir = source;
        }
        place
    }

    /// What connects a resource with its source.
    fn heirship(&self, key: &ResourceKey, row: &IndexRow, source_key: &ResourceKey, source: &IndexRow) -> Heirship {
        let consented = source_key.namespace == key.namespace || source.moved_to() == Some(key);
        let in_circle = row.age < source.age && self.leads_to(source, key);
        Bond { in_circle, consented, same_account: self.is_account_of(key, row, source) }.heirship()
    }

    /// Whether a resource is said to be moved from this one, if need be by way of others.
    fn leads_to(&self, source: &IndexRow, key: &ResourceKey) -> bool {
        let next = |row: &&IndexRow| row.moved_from().and_then(|from| self.rows.get(from)).map(Box::as_ref);
        let chain = std::iter::successors(Some(source), next).take(LONGEST_CHAIN);
        chain.filter_map(IndexRow::moved_from).any(|from| from == key)
    }

    /// Whether a resource reaches the account that its source uses; `None`: that is not known yet.
    fn is_account_of(&self, key: &ResourceKey, row: &IndexRow, source: &IndexRow) -> Option<bool> {
        let (mine, theirs) = (row.config_key()?, source.config_key()?);
        // A config that is not cluster-scoped allows its whole namespace.
        if mine == theirs && mine.kind == Kind::ProviderConfig {
            return Some(true);
        }
        if !*self.reaching.get(key)? {
            return Some(false);
        }
        let is_known = mine == theirs || (self.is_account_known(mine) && self.is_account_known(theirs));
        is_known.then(|| self.is_same_account(mine, theirs))
    }

    /// The other resources that a change of a resource concerns because it moves: its heirs, and what it is moved from.
    pub(super) fn concerned_by_moves(&self, key: &ResourceKey, before: Option<&IndexRow>) -> BTreeSet<ResourceKey> {
        let after = self.rows.get(key).map(Box::as_ref);
        let is_like = |(before, after): (&IndexRow, &IndexRow)| {
            before.moved == after.moved && before.is_deleted == after.is_deleted && before.claims_like(after)
        };
        if self.heirs.is_empty() && before.is_none_or(|before| before.moved.is_none())
            || before.zip(after).is_some_and(is_like)
        {
            return BTreeSet::new();
        }
        let sources = before.into_iter().chain(after).filter_map(|row| row.moved_from().cloned());
        // Another heir of the same source may be the heir now.
        let sources: BTreeSet<_> = sources.collect();
        let heirs = sources.iter().chain([key]).filter_map(|source| self.heirs.get(source)).flatten();
        let heirs: BTreeSet<_> = heirs.map(owned).collect();
        sources.into_iter().chain(heirs).filter(|other| other != key).collect()
    }

    /// The heirs of a resource, and what it is moved from.
    pub(super) fn bound_by_moves(&self, key: &ResourceKey) -> impl Iterator<Item = ResourceKey> {
        let source = self.rows.get(key).and_then(|row| row.moved_from());
        self.heirs.get(key).into_iter().flatten().map(owned).chain(source.cloned())
    }

    /// Notes what a resource is moved from.
    pub(super) fn add_heir(&mut self, key: &Key, row: &IndexRow) {
        if let Some(source) = row.moved_from() {
            self.heirs.entry(source.clone()).or_default().insert(Arc::clone(key));
        }
    }
}
