//! An object that an older resource has: who is in conflict with it claims the object all the same. No IO.

use parking_lot::Mutex;

use crate::api::reason::Reason;
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

    /// What a resource claims without having it, if its plan ended in a conflict.
    pub(crate) fn contended<F>(self, plan: &Plan<F>) -> Option<String> {
        let is_lost = matches!(plan.state, State::Stalled { reason: Reason::Conflict, .. });
        self.0.into_inner().filter(|_| is_lost)
    }
}
