//! Batches: while one request of a key is carried out, those that come meanwhile wait, and the next one is carried out with all of them.

use std::collections::HashMap;

use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::connection::keyed_lock::{KeyedGuard, KeyedLocks};

/// A request that waits, and who is told its answer.
struct Waiting<Q, A> {
    request: Q,
    answer: oneshot::Sender<A>,
}

/// The requests that wait, by key.
pub(super) struct Batches<Q, A> {
    waiting: Mutex<HashMap<String, Vec<Waiting<Q, A>>>>,
    turns: KeyedLocks,
}

/// What becomes of a request.
pub(super) enum BatchTurn<Q, A> {
    /// Another one carried it out with its own.
    Answered(A),
    /// It is to be carried out now, with all that wait.
    Due(Batch<Q, A>),
}

/// Requests that are carried out at once. If this is dropped without an answer, the others ask again.
pub(super) struct Batch<Q, A> {
    own: Q,
    others: Vec<Waiting<Q, A>>,
    /// The next batch of the key waits for this one.
    _turn: KeyedGuard,
}

impl<Q: Clone, A> Batches<Q, A> {
    /// No request waits.
    pub(super) fn new() -> Self {
        Self { waiting: Mutex::default(), turns: KeyedLocks::default() }
    }

    /// Waits until a request is answered, or is to be carried out.
    pub(super) async fn join(&self, key: &str, request: Q) -> BatchTurn<Q, A> {
        loop {
            let (sender, mut answer) = oneshot::channel();
            let waiting = Waiting { request: request.clone(), answer: sender };
            self.waiting.lock().entry(key.to_owned()).or_default().push(waiting);
            let turn = self.turns.lock(key).await;
            match answer.try_recv() {
                Ok(answer) => return BatchTurn::Answered(answer),
                // The batch that it belonged to was given up.
                Err(TryRecvError::Closed) => {}
                Err(TryRecvError::Empty) => {
                    // Those who gave up do not count, and the own request is not one of the others.
                    drop(answer);
                    let mut others = self.waiting.lock().remove(key).unwrap_or_default();
                    others.retain(|waiting| !waiting.answer.is_closed());
                    return BatchTurn::Due(Batch { own: request, others, _turn: turn });
                }
            }
        }
    }
}

impl<Q, A> Batch<Q, A> {
    /// All requests, the own one first.
    pub(super) fn requests(&self) -> impl Iterator<Item = &Q> {
        std::iter::once(&self.own).chain(self.others.iter().map(|waiting| &waiting.request))
    }

    /// Tells the others their answers; returns the own one.
    pub(super) fn answer(self, answer: impl Fn(&Q) -> A) -> A {
        for waiting in self.others {
            // Who does not wait any more needs no answer.
            drop(waiting.answer.send(answer(&waiting.request)));
        }
        answer(&self.own)
    }
}
