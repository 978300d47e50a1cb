//! The places in `status.members`: the schema limits them. No IO.

use std::collections::HashSet;

use jiff::SignedDuration;

use crate::api::team::MOST_RECORDED;
use crate::api::team::members::MemberStatus;
use crate::plan::kinds::team::membership::changes::{Changes, RecordedEntry, Wait, WaitReason};
use crate::plan::kinds::team::membership::planner::MembershipPlanner;
use crate::provider::model::member::email_key;

/// How often it is checked whether others have left, unless that is known earlier.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

impl MembershipPlanner<'_> {
    /// Leaves out the people for whom status has no place. Whoever is recorded stays there; who is in the team is seen again by the next
    /// plan, and who is to be invited waits.
    pub(crate) fn keep_to_places(&mut self, recorded: &[MemberStatus]) {
        let without = self.changes.without_place(recorded);
        if !without.is_empty() {
            let next = self.context.as_of.saturating_add(PAUSE).unwrap_or(self.context.as_of);
            let until = self.changes.check_again_at.map_or(next, |at| at.min(next));
            self.changes.wait.get_or_insert(Wait { until, reason: WaitReason::NoPlace(without) });
        }
    }
}

impl Changes {
    /// Takes out what has no place; returns who is not invited because of that.
    fn without_place(&mut self, recorded: &[MemberStatus]) -> Vec<String> {
        let key = |entry: &MemberStatus| email_key(&entry.email);
        let known: HashSet<_> = recorded.iter().map(key).collect();
        // The sort keeps the order otherwise.
        self.entries.sort_by_key(|entry| !known.contains(&key(entry)));
        self.entries.truncate(MOST_RECORDED);
        let placed: HashSet<_> = self.entries.iter().map(key).collect();
        let mut free = MOST_RECORDED.saturating_sub(placed.len());
        let (mut without, mut left_out) = (Vec::new(), HashSet::new());
        self.recorded.retain(|RecordedEntry { key: step, entry }| {
            let has_place = placed.contains(&key(entry)) || free > 0;
            if !has_place {
                without.push(entry.email.clone());
                left_out.insert(step.clone());
            } else if !placed.contains(&key(entry)) {
                free = free.saturating_sub(1);
            }
            has_place
        });
        self.steps.retain(|step| step.key.as_ref().is_none_or(|key| !left_out.contains(key)));
        without
    }
}
