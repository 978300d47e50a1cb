//! What may change something at a provider.

use jiff::Timestamp;

use crate::connection::error::Stop;
use crate::connection::http;
use crate::connection::keyed_lock::Held;
use crate::connection::rate_limiter::{Lane, Turn};
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
    pub(crate) async fn lock(&self, key: &str) -> Held {
        self.reader.0.locks.lock(key).await
    }

    /// Waits for the turn of one call. What the call is to rest on is best looked at afterwards.
    pub(crate) async fn turn(&self, lane: Lane) -> Result<Turn, Stop> {
        self.reader.0.turn(lane).await
    }

    /// Makes one call and records what it did, and when. A task of its own: whoever waits for it may go away.
    pub(crate) async fn write(&self, call: &Call, turn: Turn) -> Result<(Answer, Timestamp), Stop> {
        let (reader, call) = (self.reader.clone(), call.clone());
        let task = tokio::spawn(async move {
            if !(reader.0.tenure)(http::WHOLE) {
                return Err(Stop::Unled);
            }
            let sent = reader.0.send(&call, turn).await;
            let at = reader.0.clock.now();
            if let Err(Stop::Failed(Failure { class: Class::Retry | Class::Uncertain, .. })) = &sent {
                reader.0.inventory.lock().record_lost(&call, at);
            }
            let (answer, _) = sent?;
            reader.0.inventory.lock().record(&call, &answer, at);
            Ok((answer, at))
        });
        task.await.unwrap_or_else(|_| Err(Failure::new(Class::Uncertain, "the call ended unexpectedly").into()))
    }
}
