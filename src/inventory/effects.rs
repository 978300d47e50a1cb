//! From a call that was answered with success to its effects on the collections. No IO.

pub(crate) mod nodeping;
pub(crate) mod pinghome;

use jiff::Timestamp;

use crate::inventory::Inventory;
use crate::inventory::effect::Effect;
use crate::provider::answer::Answer;
use crate::provider::call::Call;

impl Inventory {
    /// The effects of a call, given what is known before it; `at` is when the call ended. A read has no effect.
    pub(crate) fn effects(&self, call: &Call, answer: &Answer, at: Timestamp) -> Vec<Effect> {
        match call {
            Call::Pinghome(call) => self.pinghome_effects(call, answer, at),
            Call::NodePing(call) => nodeping::effects(call, answer),
        }
    }
}
