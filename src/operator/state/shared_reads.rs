//! Requests to the API server that several wait for: who asks for the same at the same time shares one request.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::time::Instant;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};
use parking_lot::Mutex;

use crate::operator::trouble::ApiTrouble;

/// What a request brought, and when it began.
#[derive(Clone)]
pub(crate) struct Fetched<V> {
    /// All that was written before this moment is in the value; what was written after it may not be, however late the answer came.
    pub(crate) began: Instant,
    /// The answer.
    pub(crate) value: V,
}

/// A request under way. It goes on as long as somebody waits for it.
type Pending<V> = BoxFuture<'static, Result<Fetched<V>, ApiTrouble>>;

/// The requests under way, by what they ask for.
pub(crate) struct SharedReads<K, V: Clone>(Mutex<HashMap<K, WeakShared<Pending<V>>>>);

impl<K, V: Clone> Default for SharedReads<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash, V: Clone + Send + Sync + 'static> SharedReads<K, V> {
    /// Joins the request for `key` that is under way, however long ago it began, or sends `request`.
    pub(crate) async fn join<F>(&self, key: &K, request: impl FnOnce() -> F) -> Result<Fetched<V>, ApiTrouble>
    where
        F: Future<Output = Result<V, ApiTrouble>> + Send + 'static,
    {
        let pending = self.pending(key, request);
        let answer = pending.await;
        let mut all = self.0.lock();
        if all.get(key).is_some_and(|pending| under_way(pending).is_none()) {
            all.remove(key);
        }
        answer
    }

    /// The same by a request that begins after this was called: for who must see all that was written before.
    pub(crate) async fn join_later<F>(&self, key: &K, request: impl Fn() -> F) -> Result<Fetched<V>, ApiTrouble>
    where
        F: Future<Output = Result<V, ApiTrouble>> + Send + 'static,
    {
        self.join_since(key, Instant::now(), request).await
    }

    /// The same by a request that began at or after `since`.
    pub(crate) async fn join_since<F>(
        &self,
        key: &K,
        since: Instant,
        request: impl Fn() -> F,
    ) -> Result<Fetched<V>, ApiTrouble>
    where
        F: Future<Output = Result<V, ApiTrouble>> + Send + 'static,
    {
        loop {
            let fetched = self.join(key, &request).await?;
            if fetched.began >= since {
                return Ok(fetched);
            }
        }
    }

    fn pending<F>(&self, key: &K, request: impl FnOnce() -> F) -> Shared<Pending<V>>
    where
        F: Future<Output = Result<V, ApiTrouble>> + Send + 'static,
    {
        let mut all = self.0.lock();
        if let Some(pending) = all.get(key).and_then(under_way) {
            return pending;
        }
        let (began, request) = (Instant::now(), request());
        let pending = async move { Ok(Fetched { began, value: request.await? }) }.boxed().shared();
        all.extend(pending.downgrade().map(|weak| (key.clone(), weak)));
        pending
    }
}

/// A request that somebody waits for, and that has no answer yet.
fn under_way<V: Clone>(pending: &WeakShared<Pending<V>>) -> Option<Shared<Pending<V>>> {
    pending.upgrade().filter(|pending| pending.peek().is_none())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::{join, join_all};
    use tokio::sync::Notify;

    use super::*;

    /// Requests that are answered when the test says so.
    #[derive(Clone, Default)]
    struct Server {
        sent: Arc<AtomicUsize>,
        answers: Arc<Notify>,
    }

    impl Server {
        fn request(&self) -> impl Future<Output = Result<usize, ApiTrouble>> + Send + 'static {
            let (number, answers) = (self.sent.fetch_add(1, Ordering::Relaxed) + 1, Arc::clone(&self.answers));
            async move {
                answers.notified().await;
                Ok(number)
            }
        }

        /// Answers the request under way once all who ask now have joined it.
        async fn answer(&self) {
            tokio::task::yield_now().await;
            self.answers.notify_one();
        }

        fn sent(&self) -> usize {
            self.sent.load(Ordering::Relaxed)
        }
    }

    #[tokio::test]
    async fn who_asks_at_the_same_time_shares_one_request_and_nothing_is_kept_of_it() {
        let (server, reads) = (Server::default(), SharedReads::default());
        for round in 1..=2 {
            let asking = join_all((0..100).map(|_| reads.join(&"a", || server.request())));
            let (answers, ()) = join(asking, server.answer()).await;
            assert!(answers.into_iter().all(|answer| answer.unwrap().value == round));
            assert_eq!((server.sent(), reads.0.lock().len()), (round, 0));
        }
    }

    #[tokio::test]
    async fn a_request_that_nobody_waits_for_any_more_is_not_joined() {
        let (server, reads) = (Server::default(), SharedReads::default());
        let cancelled = tokio::time::timeout(std::time::Duration::ZERO, reads.join(&"a", || server.request())).await;
        assert!(cancelled.is_err());
        let (answer, ()) = join(reads.join(&"a", || server.request()), server.answer()).await;
        assert_eq!(answer.unwrap().value, 2);
    }

    #[tokio::test]
    async fn who_must_see_what_was_written_before_shares_the_next_request() {
        let (server, reads) = (Server::default(), SharedReads::default());
        let early = reads.join(&"a", || server.request());
        let late = async {
            tokio::task::yield_now().await;
            join_all((0..100).map(|_| reads.join_later(&"a", || server.request()))).await
        };
        let answering = async {
            for _ in 0..2 {
                // Until all who ask by now wait for the same request.
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
                server.answer().await;
            }
        };
        let (early, (late, ())) = join(early, join(late, answering)).await;
        assert_eq!(early.unwrap().value, 1);
        assert!(late.into_iter().all(|answer| answer.unwrap().value == 2));
        assert_eq!(server.sent(), 2);
    }
}
