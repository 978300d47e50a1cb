//! The deletion guard: before an external object is deleted, the deletion is reserved in the status of its config.
//!
//! The reservation is a compare-and-swap and outlives the process, so a restart does not reset the limit. Deletions of one config that
//! wait at the same time are reserved by one write: the list in status is as long as the window is.

pub(crate) mod batches;
#[cfg(test)]
mod tests;

use jiff::SignedDuration;
use kube::Client;
use serde_json::json;

use crate::api::provider_config::view::ConfigView;
use crate::api::provider_config::{ClusterProviderConfig, ProviderConfig};
use crate::api::reason::Reason;
use crate::api::references::ConfigKind;
use crate::connection::clock::Clock;
use crate::operator::kubernetes::config_api::ConfigApi;
use crate::operator::kubernetes::deletion_guard::batches::{Batch, BatchTurn, Batches};
use crate::operator::kubernetes::patch::{is_conflict, merge_status};
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::plan::guard::{GuardAdmission, Reservation, reserve_all};
use crate::plan::state::State;

/// How many conflicts one write survives.
const TRIES: usize = 10;

/// What came of a reservation; the error is the state of a deletion that is blocked.
type Reserved = Result<(), State>;
/// The same, or the request that failed for the whole batch.
type GuardAnswer = Result<Reserved, ApiTrouble>;

/// Reserves deletions, of one config one write after the other.
pub(crate) struct DeletionReservations {
    client: Client,
    clock: Clock,
    batches: Batches<Reservation, GuardAnswer>,
}

impl DeletionReservations {
    /// The reservations of all configs.
    pub(crate) fn new(client: Client, clock: Clock) -> Self {
        Self { client, clock, batches: Batches::new() }
    }

    /// Reserves a deletion. `mark` identifies it; `is_limited`: whether the guard may block it.
    pub(crate) async fn reserve(&self, config: &ConfigView, mark: &str, is_limited: bool) -> GuardAnswer {
        let reservation = Reservation { mark: mark.to_owned(), is_limited };
        let batch = match self.batches.join(&config.key.to_string(), reservation).await {
            BatchTurn::Answered(answer) => return answer,
            BatchTurn::Due(batch) => batch,
        };
        let admission = match config.kind {
            ConfigKind::ClusterProviderConfig => self.admission_of::<ClusterProviderConfig>(config, &batch).await,
            ConfigKind::ProviderConfig => self.admission_of::<ProviderConfig>(config, &batch).await,
        };
        // A failure is that of all: each would fail again, one after the other.
        batch.answer(|reservation| match &admission {
            Ok(Some(admission)) => Ok(admission.answer(reservation)),
            Ok(None) => Ok(Err(self.overtaken())),
            Err(trouble) => Err(trouble.clone()),
        })
    }

    /// What the guard says of a batch, written into the status of its config. `None`: other clients changed the config each time.
    async fn admission_of<C: ConfigApi>(
        &self,
        view: &ConfigView,
        batch: &Batch<Reservation, GuardAnswer>,
    ) -> Result<Option<GuardAdmission>, ApiTrouble> {
        let api = C::api(self.client.clone(), &view.key.namespace);
        for _ in 0..TRIES {
            let config = Asked::to::<C>(Verb::Get, &view.key.namespace).check(api.get(&view.key.name).await)?;
            let guard = config.view().settings.deletion_guard;
            let known = config.status().map(|status| status.recent_deletions.clone()).unwrap_or_default();
            let admission = reserve_all(known, guard, batch.requests(), self.clock.now());
            if admission.admits_any() {
                match merge_status(&api, &config, json!({ "recentDeletions": admission.recent })).await {
                    Err(error) if is_conflict(&error) => continue,
                    written => {
                        let asked = Asked::to::<C>(Verb::Patch, &view.key.namespace).status();
                        asked.check(written)?;
                    }
                }
            }
            return Ok(Some(admission));
        }
        Ok(None)
    }

    /// The state of a deletion whose reservation was overtaken each time.
    fn overtaken(&self) -> State {
        let until = self.clock.now().checked_add(SignedDuration::from_secs(1)).ok();
        let message = "the deletion could not be reserved yet, because other clients keep changing the config; the operator tries again";
        State::Waiting { reason: Reason::Progressing, message: message.to_owned(), until }
    }
}
