//! The lane of a call that several may wait for.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;

use tokio::sync::watch;

use crate::connection::lane::Lane;

/// The best lane of those who wait for one call, or for one lock. Who joins lifts it; it does not sink again when that one gives up.
#[derive(Clone, Debug)]
pub(crate) struct SharedLane(Arc<watch::Sender<Lane>>);

impl From<Lane> for SharedLane {
    fn from(lane: Lane) -> Self {
        Self(Arc::new(watch::Sender::new(lane)))
    }
}

impl SharedLane {
    /// The best lane so far.
    pub(crate) fn best(&self) -> Lane {
        *self.0.borrow()
    }

    /// Somebody with this lane waits, too.
    pub(crate) fn lift(&self, lane: Lane) {
        self.0.send_if_modified(|best| {
            let is_better = lane < *best;
            *best = lane.min(*best);
            is_better
        });
    }

    /// Waits until the lane is better than `lane`; returns it.
    pub(crate) async fn better_than(&self, lane: Lane) -> Lane {
        let better = self.0.subscribe().wait_for(|best| *best < lane).await.map(|best| *best);
        match better {
            Ok(better) => better,
            // The sender is gone only with `self`.
            Err(_) => pending().await,
        }
    }

    /// Lifts `other` whenever this is lifted, for as long as it is polled.
    pub(crate) async fn lifts(&self, other: &Self) -> Infallible {
        let mut lane = self.best();
        loop {
            other.lift(lane);
            lane = self.better_than(lane).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn who_joins_lifts_it_and_nobody_lowers_it() {
        let (lane, other) = (SharedLane::from(Lane::Resync), SharedLane::from(Lane::Resync));
        let mut lifting = Box::pin(lane.lifts(&other));
        assert!(lifting.as_mut().now_or_never().is_none());
        lane.lift(Lane::Deletion);
        lane.lift(Lane::Retry);
        assert_eq!(lane.better_than(Lane::Resync).now_or_never(), Some(Lane::Deletion));
        assert_eq!(lane.better_than(Lane::Deletion).now_or_never(), None);
        assert!(lifting.as_mut().now_or_never().is_none());
        assert_eq!(other.best(), Lane::Deletion);
    }
}
