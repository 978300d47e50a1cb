//! What a model of a provider must do. No IO.

use serde_json::Value;

use crate::api::provider_config::RecentDeletion;
use crate::api::provider_config::settings::DeletionGuard;
use crate::plan::tests::explorer::moves::Move;
use crate::provider::call::Call;

/// A model of a provider: it outlives a process of the operator.
pub(crate) trait ProviderModel: Sized {
    /// Answers a call: status and body. `back` is how stale a read is.
    fn answer(&mut self, now: i64, call: &Call, back: i64) -> (u16, Value);
    /// The account of another token, in which nothing was made.
    fn other_account(&self) -> Self;
    /// A person makes an object of this name; none: its kind has no names.
    fn make_by_hand(&mut self, now: i64, name: &str) -> Option<String>;
    /// A person makes an object that no list shows which the operator reads; none: there are no such objects.
    fn make_unlisted(&mut self, _now: i64) -> Option<String> {
        None
    }
    /// Whether there is an object with this id now.
    fn has(&self, id: &str) -> bool;
    /// A person deletes this object, if it is there.
    fn remove_by_hand(&mut self, now: i64, id: &str);
    /// What a person does who is in a team, or was invited to it.
    fn happens_to_person(&mut self, _now: i64, _a_move: Move) {}
    /// Where the deletion guard keeps its reservations, and what it allows; none: there is no guard.
    fn reservations(&mut self) -> Option<(&mut Vec<RecentDeletion>, DeletionGuard)> {
        None
    }
    /// What people made, and was changed or deleted since this was asked before.
    fn harmed(&mut self) -> Vec<String> {
        Vec::new()
    }
}
