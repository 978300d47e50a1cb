//! Calls that change something at a provider.

use jiff::Timestamp;
use tracing::Instrument;

use crate::connection::account::Permit;
use crate::connection::basis::BasedOn;
use crate::connection::error::CallError;
use crate::connection::keyed_lock::KeyedGuard;
use crate::connection::lane::Lane;
use crate::connection::options::Sends;
use crate::connection::reader::Reader;
use crate::connection::shared_lane::SharedLane;
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::failure::{Class, Failure};
use crate::provider::model::sensitive::Sensitive;

/// Reads from the provider and changes it.
#[derive(Clone)]
pub(crate) struct Writer {
    reader: Reader,
}

impl Writer {
    /// A writer with the same token.
    pub(crate) fn new(reader: Reader) -> Self {
        Self { reader }
    }

    /// The reader with the same token.
    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Locks a name or an owner, until what is returned is dropped. Who holds the lock meanwhile calls in this lane at least.
    pub(crate) async fn lock(&self, key: &str, lane: Lane) -> KeyedGuard {
        self.reader.account.locks.lock(key, lane).await
    }

    /// Waits for the permit of one write. What the write is based on is best read afterwards. There is none while another process may
    /// write: what cannot be sent is neither reserved nor written ahead, which would be done anew with each try. `caller`: the uid of the resource,
    /// which keeps its place if it gives up and asks again.
    pub(crate) async fn acquire(&self, lane: SharedLane, caller: &str) -> Result<Permit, CallError> {
        self.reader.ensure_leader(Sends::Write)?;
        let permit = self.reader.acquire_for(lane, Some(caller)).await?;
        self.reader.ensure_leader(Sends::Write)?;
        Ok(permit)
    }

    /// Sends one call that was planned from `input`, and records its effect in the inventory; returns when it was done. It runs in a
    /// task of its own, so that it is recorded even if the reconcile is cancelled; the task is in the caller's span, for the log. `secrets`:
    /// what no message may repeat.
    pub(crate) async fn write(
        &self,
        call: &Call,
        permit: Permit,
        input: &BasedOn,
        secrets: &[Sensitive],
    ) -> Result<(Answer, Timestamp), CallError> {
        let (reader, call, input, secrets) = (self.reader.clone(), call.clone(), input.clone(), secrets.to_vec());
        let task = async move {
            input.ensure_current()?;
            reader.ensure_leader(Sends::Write)?;
            let sent = reader.send(&call, permit, &secrets).await;
            let at = reader.credential.options().clock.now();
            if let Err(CallError::Failed(failure)) = &sent {
                reader.account.inventory.lock().record_failed(&call, failure.class, at);
            }
            let (answer, began) = sent?;
            let mut inventory = reader.account.inventory.lock();
            let answer = inventory.believed(&call, answer, began);
            inventory.record(&call, &answer, at);
            Ok((answer, at))
        };
        let task = tokio::spawn(task.in_current_span());
        task.await.unwrap_or_else(|_| Err(Failure::new(Class::Uncertain, "the call ended unexpectedly").into()))
    }
}
