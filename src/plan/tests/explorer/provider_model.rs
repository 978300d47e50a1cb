//! What a model of a provider must do. No IO.

use serde_json::Value;

use crate::api::provider_config::RecentDeletion;
use crate::api::provider_config::settings::DeletionGuard;
use crate::provider::call::Call;

/// A model of a provider: it outlives a process of the operator.
pub(crate) trait ProviderModel {
    /// Answers a call: status and body. `back` is how stale a read is.
    fn answer(&mut self, now: i64, call: &Call, back: i64) -> (u16, Value);
    /// Where the deletion guard keeps its reservations, and what it allows; none: there is no guard.
    fn reservations(&mut self) -> Option<(&mut Vec<RecentDeletion>, DeletionGuard)> {
        None
    }
    /// What people made, and was changed or deleted since this was asked before.
    fn harmed(&mut self) -> Vec<String> {
        Vec::new()
    }
}
