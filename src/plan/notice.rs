//! What a person should know of a resource although nothing is wrong with it. No IO.

use crate::api::conditions::{ConditionStatus, ConditionType, NewCondition};
use crate::api::reason::Reason;

/// What a person should know of a resource although nothing is wrong with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Notice {
    /// The reason of `Synced` and of the event.
    pub(crate) reason: Reason,
    /// The sentence of both.
    pub(crate) message: String,
}

impl Notice {
    /// Tells it in the condition `Synced`: alone where nothing else is to be told, else after that.
    pub(crate) fn tell(&self, conditions: &mut [NewCondition]) {
        for synced in conditions.iter_mut().filter(|condition| condition.type_ == ConditionType::Synced) {
            if synced.status == ConditionStatus::True {
                (synced.reason, synced.message) = (self.reason, self.message.clone());
            } else {
                synced.message = format!("{}; {}", synced.message, self.message);
            }
        }
    }
}
