//! An object that an older resource has: who is in conflict with it claims the object all the same. No IO.

use parking_lot::Mutex;

use crate::api::reason::Reason;
use crate::inventory::collection::Need;
use crate::plan::context::Claimant;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;

/// The object that a plan has found to be an older resource's.
#[derive(Default)]
pub(crate) struct LostObject(Mutex<Option<String>>);

impl LostObject {
    /// Notes who claims an object, and passes it on.
    pub(crate) fn noting(&self, id: &str, claimant: Option<Claimant>) -> Option<Claimant> {
        if claimant.as_ref().is_some_and(|other| other.wins) {
            *self.0.lock() = Some(id.to_owned());
        }
        claimant
    }

    /// What a resource claims without having it, because its plan ended in a conflict; `None` as the outer value: there is no plan yet.
    pub(crate) fn contended<F>(self, planned: &Result<Plan<F>, Need>) -> Option<Option<String>> {
        let plan = planned.as_ref().ok()?;
        let is_lost = matches!(plan.state, State::Stalled { reason: Reason::Conflict, .. });
        Some(self.0.into_inner().filter(|_| is_lost))
    }
}
