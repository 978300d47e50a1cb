//! What may change something at a provider.

use jiff::Timestamp;

use crate::connection::error::CallError;
use crate::connection::http;
use crate::connection::keyed_lock::KeyedGuard;
use crate::connection::rate_limiter::{Lane, Permit};
use crate::connection::reader::Reader;
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::failure::{Class, Failure};

/// Asks and changes.
#[derive(Clone)]
pub(crate) struct Writer {
    reader: Reader,
}

impl Writer {
    /// A writer for the same credential.
    pub(crate) fn new(reader: Reader) -> Self {
        Self { reader }
    }

    /// What only reads.
    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Locks a name or an owner, until what is returned is dropped.
    pub(crate) async fn lock(&self, key: &str) -> KeyedGuard {
        self.reader.0.locks.lock(key).await
    }

    /// Waits for the turn of one call. What the call is to rest on is best looked at afterwards.
    pub(crate) async fn acquire(&self, lane: Lane) -> Result<Permit, CallError> {
        self.reader.0.acquire(lane).await
    }

    /// Makes one call and records what it did, and when. A task of its own: whoever waits for it may go away.
    pub(crate) async fn write(&self, call: &Call, permit: Permit) -> Result<(Answer, Timestamp), CallError> {
        let (reader, call) = (self.reader.clone(), call.clone());
        let task = tokio::spawn(async move {
            if !(reader.0.leadership)(http::WHOLE) {
                return Err(CallError::NotLeader);
            }
            let sent = reader.0.send(&call, permit).await;
            let at = reader.0.clock.now();
            if let Err(CallError::Failed(Failure { class: Class::Retry | Class::Uncertain, .. })) = &sent {
                reader.0.inventory.lock().record_lost(&call, at);
            }
            let (answer, _) = sent?;
            reader.0.inventory.lock().record(&call, &answer, at);
            Ok((answer, at))
        });
        task.await.unwrap_or_else(|_| Err(Failure::new(Class::Uncertain, "the call ended unexpectedly").into()))
    }
}
