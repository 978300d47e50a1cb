//! The deletion guard: before an external object is deleted, the deletion is reserved in the status of its config.
//!
//! The reservation is a compare-and-swap and outlives the process, so a restart does not reset the limit.

use jiff::SignedDuration;
use kube::Client;
use serde_json::json;
use tokio::sync::Mutex;

use crate::api::provider_config::view::ConfigView;
use crate::api::provider_config::{ClusterProviderConfig, ProviderConfig};
use crate::api::reason::Reason;
use crate::api::references::ConfigKind;
use crate::connection::clock::Clock;
use crate::operator::kubernetes::config_api::ConfigApi;
use crate::operator::kubernetes::patch::{is_conflict, merge_status};
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::plan::guard::with_one_more;
use crate::plan::state::State;

/// How many conflicts one reservation survives.
const TRIES: usize = 10;

/// Reserves deletions, one after the other.
pub(crate) struct DeletionReservations {
    client: Client,
    clock: Clock,
    one_at_a_time: Mutex<()>,
}

impl DeletionReservations {
    /// The reservations of all configs.
    pub(crate) fn new(client: Client, clock: Clock) -> Self {
        Self { client, clock, one_at_a_time: Mutex::default() }
    }

    /// Reserves a deletion. `mark` identifies it; `is_limited`: whether the guard may block it.
    /// The inner error is the state of a deletion that is blocked.
    pub(crate) async fn reserve(
        &self,
        config: &ConfigView,
        mark: &str,
        is_limited: bool,
    ) -> Result<Result<(), State>, ApiTrouble> {
        let _guard = self.one_at_a_time.lock().await;
        match config.kind {
            ConfigKind::ClusterProviderConfig => {
                self.reserve_in::<ClusterProviderConfig>(config, mark, is_limited).await
            }
            ConfigKind::ProviderConfig => self.reserve_in::<ProviderConfig>(config, mark, is_limited).await,
        }
    }

    async fn reserve_in<C: ConfigApi>(
        &self,
        view: &ConfigView,
        mark: &str,
        is_limited: bool,
    ) -> Result<Result<(), State>, ApiTrouble> {
        let api = C::api(self.client.clone(), &view.key.namespace);
        for _ in 0..TRIES {
            let config = Asked::to::<C>(Verb::Get, &view.key.namespace).check(api.get(&view.key.name).await)?;
            let guard = config.view().settings.deletion_guard;
            let known = config.status().map(|status| status.recent_deletions.clone()).unwrap_or_default();
            // A deletion that is not limited counts all the same.
            let recent = match with_one_more(known, guard, is_limited, mark, self.clock.now()) {
                Ok(recent) => recent,
                Err(blocked) => return Ok(Err(blocked)),
            };
            match merge_status(&api, &config, json!({ "recentDeletions": recent })).await {
                Err(error) if is_conflict(&error) => {}
                written => {
                    let asked = Asked::to::<C>(Verb::Patch, &view.key.namespace).status();
                    return asked.check(written).map(|_| Ok(()));
                }
            }
        }
        let until = self.clock.now().checked_add(SignedDuration::from_secs(1)).ok();
        let message = "the deletion could not be reserved yet, because other clients keep changing the config; the operator tries again".to_owned();
        Ok(Err(State::Waiting { reason: Reason::Progressing, message, until }))
    }
}
