//! Objects that people make under a resource's name, and which of them the operator cannot tell from its own.

use crate::api::annotations::Intent;
use crate::plan::tests::explorer::clock::{LAG, at};

/// An object that a person made.
pub(crate) struct Twin {
    pub(crate) id: String,
    pub(crate) made: i64,
    /// Whether it was known by then what the resource stands for.
    pub(crate) was_known: bool,
}

impl Twin {
    /// Whether it may be what came of a create that was recorded at a time: no list surely showed it by then.
    fn may_be_ours(&self, known_id: i64) -> bool {
        let is_young = known_id < self.made + LAG;
        is_young && (known_id >= self.made || !self.was_known)
    }
}

/// The first of what a visit harmed that is surely somebody else's; `records` are the create records before and after the visit.
pub(crate) fn surely_theirs(harmed: Vec<String>, twins: &[Twin], records: [&Option<Intent>; 2]) -> Option<String> {
    let times = || records.into_iter().flatten().map(|intent| intent.time.as_second() - at(0).as_second());
    let may_be_ours = |twin: &Twin| times().any(|known_id| twin.may_be_ours(known_id));
    harmed.into_iter().find(|id| !twins.iter().any(|twin| twin.id == *id && may_be_ours(twin)))
}
