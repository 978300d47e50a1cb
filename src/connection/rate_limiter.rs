//! The rate limiter of one account: a token bucket with priority lanes. [`Turns`] says which lane is served next; within a lane, who
//! came first.
//!
//! It also limits how many calls are in progress at once. A reconcile without a call needs no permit.

mod queue;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::connection::lane::{Lane, Turns};
use crate::connection::rate_limiter::queue::{Queue, WaitingCall};
use crate::connection::shared_lane::SharedLane;

/// The lowest rate, in calls per second.
pub(crate) const SLOWEST: f64 = 0.1;

/// How long to sleep if the time until the next token cannot be told.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// The operator is shutting down: no permit is given any more.
#[derive(Debug)]
pub(crate) struct Closed;

/// A call that gets its permit now.
struct ServedCall {
    lane: Lane,
    /// For how long it waited in that lane.
    waited: Duration,
    permit: oneshot::Sender<RatePermit>,
}

/// A permit for one call; its slot is free again when it is dropped.
pub(crate) struct RatePermit {
    rate_limiter: RateLimiter,
    /// The lane in which the call got it.
    pub(crate) lane: Lane,
    /// For how long the call waited for it in that lane.
    pub(crate) waited_in_lane: Duration,
    /// Whether the call waited for it at all.
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
    /// How many calls may be in progress, and how many more.
    slots: usize,
    free_slots: usize,
    tokens: f64,
    /// Whether the first configuration adds nothing to what may be sent at once.
    begins_empty: bool,
    filled_at: Instant,
    /// The calls that wait for a permit.
    queue: Queue<RatePermit>,
    /// Which lane is served next.
    turns: Turns,
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
            slots,
            free_slots: slots,
            tokens: 10.0,
            begins_empty: false,
            filled_at: Instant::now(),
            queue: Queue::default(),
            turns: Turns::default(),
            is_driven: false,
            is_closed: false,
        })))
    }

    /// From now on the bucket is empty: another process may have sent what it held.
    pub(crate) fn empty(&self) {
        let mut state = self.0.lock();
        (state.tokens, state.begins_empty, state.filled_at) = (0.0, true, Instant::now());
    }

    /// Whether no call is in progress.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.0.lock();
        state.free_slots == state.slots
    }

    /// Sets the rate in calls per second, and how many calls may be sent at once: at least one.
    pub(crate) fn configure(&self, per_second: f64, burst: f64) {
        let (per_second, burst) = (per_second.max(SLOWEST), burst.max(1.0));
        let mut state = self.0.lock();
        let begins_empty = std::mem::take(&mut state.begins_empty);
        if (state.burst - burst).abs() > f64::EPSILON && !begins_empty {
            // What a larger burst adds is available at once.
            state.tokens = (state.tokens + burst - state.burst).max(0.0);
        }
        (state.per_second, state.burst) = (per_second, burst);
    }

    /// How many calls a second there may be.
    pub(crate) fn per_second(&self) -> f64 {
        self.0.lock().per_second
    }

    /// Waits for the permit of one call. While it waits, it moves to a better lane with those who wait for it.
    ///
    /// `caller` names who may give up and ask again in a moment, because what it wanted to send has changed: it then stands where it stood.
    /// Else a resource that is edited more often than its turn comes would never be written.
    pub(crate) async fn acquire(&self, lane: &SharedLane, caller: Option<&str>) -> Result<RatePermit, Closed> {
        let begun = Instant::now();
        let (mut place, mut permit) = {
            let mut state = self.0.lock();
            if state.is_closed {
                return Err(Closed);
            }
            state.queue.enqueue(lane.best(), caller, begun)
        };
        self.serve();
        loop {
            tokio::select! {
                biased;
                permit = &mut permit => {
                    let mut permit = permit.map_err(|_| Closed)?;
                    permit.waited = begun.elapsed() > Duration::from_millis(1);
                    return Ok(permit);
                }
                better = lane.better_than(place.lane) => place = self.0.lock().queue.lift(place, better, Instant::now()),
            }
        }
    }

    /// Gives permits to those whose turn it is, and schedules the next run while others wait.
    fn serve(&self) {
        let (served, pause) = self.0.lock().serve(Instant::now());
        for ServedCall { lane, waited: waited_in_lane, permit } in served {
            // If the receiver is gone, the permit is dropped: its slot is free again, and its token is spent.
            drop(permit.send(RatePermit { rate_limiter: self.clone(), lane, waited_in_lane, waited: false }));
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

    /// How long the oldest call of a lane has waited in it for its permit; zero: none waits.
    pub(crate) fn queue_age(&self, lane: Lane, now: Instant) -> Duration {
        let state = self.0.lock();
        let oldest = state.queue.in_lane(lane).find(|(_, call)| call.is_awaited());
        oldest.map_or(Duration::ZERO, |(_, call)| now.saturating_duration_since(call.since))
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

    /// Takes the call whose turn it is.
    fn pop(&mut self, now: Instant) -> Option<ServedCall> {
        let first = Lane::ALL.map(|lane| self.queue.first(lane, now));
        let waits = |lane: Lane| first.iter().flatten().any(|place| place.lane == lane);
        let lane = self.turns.next(waits)?;
        let place = first.into_iter().flatten().find(|place| place.lane == lane)?;
        let WaitingCall { since, permit, .. } = self.queue.remove(place)?;
        Some(ServedCall { lane, waited: now.saturating_duration_since(since), permit })
    }

    /// The calls that get a permit now, and how long to sleep if others wait for a token and no task sleeps yet.
    fn serve(&mut self, now: Instant) -> (Vec<ServedCall>, Option<Duration>) {
        self.fill(now);
        let mut served = Vec::new();
        while self.tokens >= 1.0 && self.free_slots > 0 {
            let Some(call) = self.pop(now) else { break };
            self.tokens -= 1.0;
            self.free_slots -= 1;
            served.push(call);
        }
        let is_short = self.tokens < 1.0 && !self.queue.is_empty();
        let sleeps = is_short && !std::mem::replace(&mut self.is_driven, true);
        let pause = || Duration::try_from_secs_f64((1.0 - self.tokens) / self.per_second).unwrap_or(LONGEST_SLEEP);
        (served, sleeps.then(pause))
    }
}
