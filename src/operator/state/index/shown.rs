//! What metrics show of the index.

use crate::api::conditions::{ConditionSummary, ConditionType};
use crate::api::kinds::Kind;
use crate::api::resource_key::ResourceKey;
use crate::operator::state::index::Index;
use crate::operator::state::index::tables::owned;

/// A condition of a resource.
pub(crate) struct ResourceCondition {
    /// The resource.
    pub(crate) key: ResourceKey,
    /// The condition.
    pub(crate) condition: ConditionSummary,
}

/// A resource as a number among others.
pub(crate) struct ResourceSummary {
    /// Its kind.
    pub(crate) kind: Kind,
    /// Its condition `Ready`; `None`: it has none yet.
    pub(crate) ready: Option<ConditionSummary>,
}

impl Index {
    /// How many resources there are, configs included.
    pub(crate) fn resource_count(&self) -> usize {
        self.tables.lock().rows.len()
    }

    /// Every condition of every resource.
    pub(crate) fn conditions(&self) -> Vec<ResourceCondition> {
        let tables = self.tables.lock();
        let all =
            tables.rows.iter().flat_map(|(key, row)| row.conditions.iter().map(move |condition| (key, condition)));
        all.map(|(key, condition)| ResourceCondition { key: owned(key), condition: *condition }).collect()
    }

    /// Every resource with its condition `Ready`.
    pub(crate) fn summaries(&self) -> Vec<ResourceSummary> {
        let tables = self.tables.lock();
        let rows = tables.rows.iter().map(|(key, row)| ResourceSummary {
            kind: key.kind,
            ready: row.conditions.iter().find(|condition| condition.type_ == ConditionType::Ready).copied(),
        });
        rows.collect()
    }
}
