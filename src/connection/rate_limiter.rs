//! The rate limiter of one account: a token bucket with priority lanes. A user's change goes first; a call of a lower lane
//! moves up while it waits.
//!
//! It also limits how many calls are in progress at once. A reconcile without a call needs no permit.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::oneshot;

/// The priority of a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lane {
    /// A user changed something.
    Change,
    /// Something is deleted.
    Deletion,
    /// The last reconcile failed.
    Retry,
    /// The periodic check of a resource that did not change.
    Resync,
}

impl Lane {
    /// Every lane, the first one first.
    pub(crate) const ALL: [Self; 4] = [Self::Change, Self::Deletion, Self::Retry, Self::Resync];

    /// The word for metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Deletion => "deletion",
            Self::Retry => "retry",
            Self::Resync => "resync",
        }
    }

    /// How much later a call of the first lane may arrive and still go before one of this lane. It is bounded, so no call starves.
    fn head_start(self) -> Duration {
        match self {
            Self::Change => Duration::ZERO,
            Self::Deletion => Duration::from_secs(2),
            Self::Retry => Duration::from_secs(10),
            Self::Resync => Duration::from_secs(30),
        }
    }
}

/// How long to sleep if the time until the next token cannot be told.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// The operator is shutting down: no permit is given any more.
#[derive(Debug)]
pub(crate) struct Closed;

/// The calls that wait for a permit, by the time that counts for its lane, then by arrival.
type WaitQueue = BTreeMap<(Instant, u64), WaitingCall>;

/// A call that waits for a permit.
struct WaitingCall {
    lane: Lane,
    since: Instant,
    permit: oneshot::Sender<RatePermit>,
}

/// A permit for one call; its slot is free again when it is dropped.
pub(crate) struct RatePermit {
    rate_limiter: RateLimiter,
    /// Whether the call waited for it.
    pub(crate) waited: bool,
}

impl Drop for RatePermit {
    fn drop(&mut self) {
        self.rate_limiter.0.lock().free_slots += 1;
        self.rate_limiter.serve();
    }
}

struct Bucket {
    per_second: f64,
    burst: f64,
    /// How many more calls may be in progress.
    free_slots: usize,
    tokens: f64,
    filled_at: Instant,
    queue: WaitQueue,
    /// The number of the next call that waits.
    next: u64,
    /// Whether a task sleeps until the next token.
    is_driven: bool,
    is_closed: bool,
}

/// A handle of a token bucket.
#[derive(Clone)]
pub(crate) struct RateLimiter(Arc<Mutex<Bucket>>);

impl RateLimiter {
    /// A full bucket at the default rate of `spec.rateLimit`; at most `slots` calls are in progress at once.
    pub(crate) fn new(slots: usize) -> Self {
        Self(Arc::new(Mutex::new(Bucket {
            per_second: 5.0,
            burst: 10.0,
            free_slots: slots,
            tokens: 10.0,
            filled_at: Instant::now(),
            queue: WaitQueue::new(),
            next: 0,
            is_driven: false,
            is_closed: false,
        })))
    }

    /// Sets the rate in calls per second, and how many calls may be sent at once; each is at least one.
    pub(crate) fn configure(&self, per_second: f64, burst: f64) {
        let (per_second, burst) = (per_second.max(1.0), burst.max(1.0));
        let mut state = self.0.lock();
        if (state.burst - burst).abs() > f64::EPSILON {
            // What a larger burst adds is available at once.
            state.tokens = (state.tokens + burst - state.burst).max(0.0);
        }
        (state.per_second, state.burst) = (per_second, burst);
    }

    /// Waits for the permit of one call.
    pub(crate) async fn acquire(&self, lane: Lane) -> Result<RatePermit, Closed> {
        let permit = {
            let mut state = self.0.lock();
            if state.is_closed {
                return Err(Closed);
            }
            state.enqueue(lane, Instant::now())
        };
        self.serve();
        let begun = Instant::now();
        let mut permit = permit.await.map_err(|_| Closed)?;
        permit.waited = begun.elapsed() > Duration::from_millis(1);
        Ok(permit)
    }

    /// Gives permits to the first in the queue, and schedules the next run while others wait.
    fn serve(&self) {
        let (served, pause) = self.0.lock().serve(Instant::now());
        for permit in served {
            // If the receiver is gone, the permit is dropped and so given back.
            drop(permit.send(RatePermit { rate_limiter: self.clone(), waited: false }));
        }
        if let Some(pause) = pause {
            let rate_limiter = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(pause).await;
                rate_limiter.0.lock().is_driven = false;
                rate_limiter.serve();
            });
        }
    }

    /// How long the oldest call of a lane has waited for its permit; zero: none waits.
    pub(crate) fn queue_age(&self, lane: Lane, now: Instant) -> Duration {
        let state = self.0.lock();
        let waiting = state.queue.values().filter(|call| call.lane == lane && !call.permit.is_closed());
        waiting.map(|call| call.since).min().map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    /// Gives no permit any more, neither to calls that wait nor to new ones.
    pub(crate) fn close(&self) {
        let mut state = self.0.lock();
        state.is_closed = true;
        state.queue.clear();
    }
}

impl Bucket {
    fn fill(&mut self, now: Instant) {
        let filled = now.saturating_duration_since(self.filled_at).as_secs_f64() * self.per_second;
        self.tokens = (self.tokens + filled).min(self.burst);
        self.filled_at = now;
    }

    fn enqueue(&mut self, lane: Lane, now: Instant) -> oneshot::Receiver<RatePermit> {
        let (sender, permit) = oneshot::channel();
        let place = (now + lane.head_start(), self.next);
        self.next += 1;
        self.queue.insert(place, WaitingCall { lane, since: now, permit: sender });
        permit
    }

    /// The calls that get a permit now, and how long to sleep if others wait for a token and no task sleeps yet.
    fn serve(&mut self, now: Instant) -> (Vec<oneshot::Sender<RatePermit>>, Option<Duration>) {
        self.fill(now);
        let mut served = Vec::new();
        while self.tokens >= 1.0 && self.free_slots > 0 {
            let Some((_, first)) = self.queue.pop_first() else { break };
            if !first.permit.is_closed() {
                self.tokens -= 1.0;
                self.free_slots -= 1;
                served.push(first.permit);
            }
        }
        let is_short = self.tokens < 1.0 && !self.queue.is_empty();
        let sleeps = is_short && !std::mem::replace(&mut self.is_driven, true);
        let pause = || Duration::try_from_secs_f64((1.0 - self.tokens) / self.per_second).unwrap_or(LONGEST_SLEEP);
        (served, sleeps.then(pause))
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot::error::TryRecvError;

    use super::*;

    fn emptied() -> RateLimiter {
        let rate_limiter = RateLimiter::new(100);
        rate_limiter.configure(1.0, 1.0);
        rate_limiter.0.lock().tokens = 0.0;
        rate_limiter
    }

    #[test]
    fn a_users_change_goes_before_a_resync_that_came_first_and_not_before_one_that_waited_long() {
        let rate_limiter = emptied();
        let mut state = rate_limiter.0.lock();
        let start = state.filled_at;
        let second = |n| start + Duration::from_secs(n);
        let places = [(Lane::Resync, 0), (Lane::Resync, 20), (Lane::Change, 31)];
        let mut permits = places.map(|(lane, at)| state.enqueue(lane, second(at)));
        for (at, expected) in [(32, [true, false, false]), (33, [true, false, true]), (34, [true, true, true])] {
            // A permit that is dropped here closes the channel of the call that waits for it.
            drop(state.serve(second(at)));
            assert_eq!(
                permits.each_mut().map(|permit| matches!(permit.try_recv(), Err(TryRecvError::Closed))),
                expected,
                "{at}"
            );
        }
    }

    #[test]
    fn the_age_of_a_lane_is_that_of_its_oldest_call_that_somebody_still_waits_for() {
        let rate_limiter = emptied();
        let start = rate_limiter.0.lock().filled_at;
        let second = |n| start + Duration::from_secs(n);
        let enqueue = |lane, at| rate_limiter.0.lock().enqueue(lane, second(at));
        let (given_up, waits, other) = (enqueue(Lane::Retry, 0), enqueue(Lane::Retry, 2), enqueue(Lane::Change, 9));
        drop(given_up);
        for (lane, expected) in [(Lane::Retry, 8), (Lane::Change, 1), (Lane::Resync, 0), (Lane::Deletion, 0)] {
            assert_eq!(rate_limiter.queue_age(lane, second(10)), Duration::from_secs(expected), "{lane:?}");
        }
        drop((waits, other));
    }

    #[test]
    fn no_more_than_a_burst_goes_at_once_and_no_more_than_there_are_slots() {
        for (slots, expected) in [(100, 5), (3, 3)] {
            let rate_limiter = RateLimiter::new(slots);
            rate_limiter.configure(1.0, 5.0);
            let mut state = rate_limiter.0.lock();
            let start = state.filled_at;
            let permits: Vec<_> = (0..10).map(|_| state.enqueue(Lane::Change, start)).collect();
            let (served, _) = state.serve(start + Duration::from_mins(1));
            assert_eq!((served.len(), permits.len()), (expected, 10));
        }
    }
}
