//! The writes that reads may still miss, by the collection that shows them: a read looks at those of its own collection only. No IO.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use crate::inventory::collection::Collection;
use crate::inventory::effect::Effect;

/// One change of one collection by the operator.
#[derive(Clone)]
pub(super) struct RecentWrite {
    /// What was changed.
    pub(super) effect: Effect,
    /// When the write ended.
    pub(super) at: Timestamp,
    /// Whether the last read of the collection showed it. It is kept all the same where a later read may be older.
    pub(super) is_shown: bool,
}

/// The writes by collection, oldest first.
#[derive(Default)]
pub(super) struct RecentWrites {
    by_collection: HashMap<Collection, Vec<RecentWrite>>,
    /// The collections that were written at a time. They are looked up by it, and it stays until the writes are searched.
    by_time: BTreeSet<(Timestamp, Collection)>,
}

impl RecentWrites {
    /// Adds a write that ended at `at`, if a read can show it.
    pub(super) fn push(&mut self, effect: Effect, at: Timestamp) {
        let Some(collection) = effect.collection() else { return };
        self.by_time.insert((at, collection.clone()));
        let writes = self.by_collection.entry(collection).or_default();
        let later = writes.partition_point(|write| write.at <= at);
        writes.insert(later, RecentWrite { effect, at, is_shown: false });
    }

    /// The writes to a collection.
    pub(super) fn of(&self, collection: &Collection) -> &[RecentWrite] {
        self.by_collection.get(collection).map(Vec::as_slice).unwrap_or_default()
    }

    /// Removes and returns the writes to a collection.
    pub(super) fn take(&mut self, collection: &Collection) -> Vec<RecentWrite> {
        self.by_collection.remove(collection).unwrap_or_default()
    }

    /// Puts back the writes to a collection that later reads may still miss.
    pub(super) fn put_back(&mut self, collection: &Collection, writes: Vec<RecentWrite>) {
        if !writes.is_empty() {
            self.by_collection.insert(collection.clone(), writes);
        }
    }

    /// The collections with a write that ended at `at`, and that no read has shown yet.
    pub(super) fn unseen_in(&self, at: Timestamp) -> impl Iterator<Item = &Collection> {
        let is_unseen = move |write: &RecentWrite| write.at == at && !write.is_shown;
        let from = self.by_time.range((at, Collection::FIRST)..);
        let collections = from.take_while(move |(time, _)| *time == at).map(|(_, collection)| collection);
        collections.filter(move |collection| self.of(collection).iter().any(is_unseen))
    }

    /// Keeps the writes that `is_kept`.
    pub(super) fn retain(&mut self, is_kept: impl Fn(&Collection, &RecentWrite) -> bool) {
        self.by_collection.retain(|collection, writes| {
            writes.retain(|write| is_kept(collection, write));
            !writes.is_empty()
        });
        let all = self.by_collection.iter().flat_map(|(key, writes)| writes.iter().map(move |write| (key, write)));
        self.by_time = all.map(|(collection, write)| (write.at, collection.clone())).collect();
    }

    /// How many writes there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.by_collection.values().map(Vec::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::effect::{MemberEffect, TeamEffect};
    use crate::provider::model::ids::{CustomerId, TeamId};

    #[test]
    fn a_read_gets_the_writes_of_its_own_collection_however_many_others_there_are() {
        let mut writes = RecentWrites::default();
        let collection = |number: i64| Collection::Members(TeamId::parse(&format!("t{number}")).unwrap());
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        for number in 0..1000 {
            let team = TeamId::parse(&format!("t{number}")).unwrap();
            writes.push(
                Effect::Members { team, id: CustomerId::parse("c1").unwrap(), effect: MemberEffect::Left },
                at(number),
            );
        }
        assert_eq!(writes.of(&collection(7)).len(), 1);
        assert_eq!(writes.unseen_in(at(7)).collect::<Vec<_>>(), [&collection(7)]);
        let taken = writes.take(&collection(7));
        assert_eq!((taken.len(), writes.len(), writes.unseen_in(at(7)).count()), (1, 999, 0));
        writes
            .put_back(&collection(7), taken.into_iter().map(|write| RecentWrite { is_shown: true, ..write }).collect());
        assert_eq!((writes.len(), writes.unseen_in(at(7)).count()), (1000, 0));
        let team = TeamId::parse("t1").unwrap();
        writes.push(Effect::Teams { id: team, effect: TeamEffect::Deleted }, at(7));
        assert_eq!(writes.unseen_in(at(7)).collect::<Vec<_>>(), [&Collection::Teams]);
        writes.retain(|_, write| write.at < at(10));
        assert_eq!((writes.len(), writes.by_time.len()), (11, 11));
    }
}
