//! Objects that people create under a resource's name, and which of them the operator cannot distinguish from its own. No IO.

use crate::api::annotations::Intent;
use crate::plan::tests::explorer::clock::{LAG, at};

/// An object that a person made.
pub(crate) struct LookAlike {
    pub(crate) id: String,
    pub(crate) made: i64,
    /// Whether it was known by then what the resource stands for.
    pub(crate) was_known: bool,
}

impl LookAlike {
    /// Whether it may be what came of a create that was recorded at a time: no list surely showed it by then.
    fn may_be_ours(&self, recorded_at: i64) -> bool {
        let is_young = recorded_at < self.made + LAG;
        is_young && (recorded_at >= self.made || !self.was_known)
    }
}

/// The first object that a reconcile changed and that is surely somebody else's; `records` are the create records before and after the
/// reconcile.
pub(crate) fn surely_theirs(
    harmed: Vec<String>,
    look_alikes: &[LookAlike],
    records: [&Option<Intent>; 2],
) -> Option<String> {
    // A create that was refused made nothing.
    let records = || records.into_iter().flatten().filter(|intent| !intent.refused);
    let times = || records().map(|intent| intent.time.as_second() - at(0).as_second());
    let may_be_ours = |look_alike: &LookAlike| times().any(|recorded_at| look_alike.may_be_ours(recorded_at));
    harmed.into_iter().find(|id| !look_alikes.iter().any(|look_alike| look_alike.id == *id && may_be_ours(look_alike)))
}
