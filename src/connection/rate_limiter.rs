//! One token bucket a credential, with lanes: a user's change goes first, and lower lanes age upwards.
//!
//! It also bounds how many calls are under way at once. Nobody else waits: a visit that has no
//! call to make needs no turn.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::oneshot;

/// How urgent a call is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lane {
    /// A person changed something.
    Change,
    /// Something is deleted.
    Deletion,
    /// What failed before.
    Retry,
    /// A look at what did not change.
    Resync,
}

impl Lane {
    /// A call goes before all that came later by this much, whatever their lane: so none starves.
    fn patience(self) -> Duration {
        match self {
            Self::Change => Duration::ZERO,
            Self::Deletion => Duration::from_secs(2),
            Self::Retry => Duration::from_secs(10),
            Self::Resync => Duration::from_secs(30),
        }
    }
}

/// The operator is ending.
#[derive(Debug)]
pub(crate) struct Denied;

type Queue = BTreeMap<(Instant, u64), oneshot::Sender<Turn>>;

/// The right to make one call; its slot is free again when this is dropped.
pub(crate) struct Turn {
    budget: Budget,
    waited: bool,
}

impl Turn {
    /// Whether it did not come at once.
    pub(crate) fn waited(&self) -> bool {
        self.waited
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.budget.0.lock().free_slots += 1;
        self.budget.serve();
    }
}

struct State {
    per_second: f64,
    burst: f64,
    free_slots: usize,
    tokens: f64,
    filled_at: Instant,
    queue: Queue,
    next: u64,
    is_driven: bool,
    is_closed: bool,
}

/// A token bucket.
#[derive(Clone)]
pub(crate) struct Budget(Arc<Mutex<State>>);

impl Budget {
    /// A full bucket at the default rate of `spec.rateLimit`, for so many calls at once.
    pub(crate) fn new(slots: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            per_second: 5.0,
            burst: 10.0,
            free_slots: slots,
            tokens: 10.0,
            filled_at: Instant::now(),
            queue: Queue::new(),
            next: 0,
            is_driven: false,
            is_closed: false,
        })))
    }

    /// Sets calls a second in the long run, and calls that may go at once.
    pub(crate) fn configure(&self, per_second: f64, burst: f64) {
        let mut state = self.0.lock();
        if (state.burst - burst).abs() > f64::EPSILON {
            // A larger bucket comes full: nothing was used of what is new.
            state.tokens = (state.tokens + burst - state.burst).max(0.0);
        }
        (state.per_second, state.burst) = (per_second, burst);
    }

    /// Waits for the turn of one call.
    pub(crate) async fn turn(&self, lane: Lane) -> Result<Turn, Denied> {
        let turn = {
            let mut state = self.0.lock();
            if state.is_closed {
                return Err(Denied);
            }
            state.enqueue(lane, Instant::now())
        };
        self.serve();
        let begun = Instant::now();
        let mut turn = turn.await.map_err(|_| Denied)?;
        turn.waited = begun.elapsed() > Duration::from_millis(1);
        Ok(turn)
    }

    /// Gives turns to the first in the queue, and sees to it that the others get theirs.
    fn serve(&self) {
        let (served, pause) = self.0.lock().serve(Instant::now());
        for turn in served {
            // Whoever went away meanwhile gives the turn back by dropping it.
            drop(turn.send(Turn { budget: self.clone(), waited: false }));
        }
        if let Some(pause) = pause {
            let budget = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(pause).await;
                budget.0.lock().is_driven = false;
                budget.serve();
            });
        }
    }

    /// Sends everybody away who waits, and whoever comes.
    pub(crate) fn close(&self) {
        let mut state = self.0.lock();
        state.is_closed = true;
        state.queue.clear();
    }
}

impl State {
    fn fill(&mut self, now: Instant) {
        let filled = now.duration_since(self.filled_at).as_secs_f64() * self.per_second;
        self.tokens = (self.tokens + filled).min(self.burst);
        self.filled_at = now;
    }

    fn enqueue(&mut self, lane: Lane, now: Instant) -> oneshot::Receiver<Turn> {
        let (sender, turn) = oneshot::channel();
        let place = (now + lane.patience(), self.next);
        self.next += 1;
        self.queue.insert(place, sender);
        turn
    }

    /// Whose turn it is, and for how long to sleep if somebody must wait for a token and nobody sleeps yet.
    fn serve(&mut self, now: Instant) -> (Vec<oneshot::Sender<Turn>>, Option<Duration>) {
        self.fill(now);
        let mut served = Vec::new();
        while self.tokens >= 1.0 && self.free_slots > 0 {
            let Some((_, first)) = self.queue.pop_first() else { break };
            if !first.is_closed() {
                self.tokens -= 1.0;
                self.free_slots -= 1;
                served.push(first);
            }
        }
        let is_short = self.tokens < 1.0 && !self.queue.is_empty();
        let sleeps = is_short && !std::mem::replace(&mut self.is_driven, true);
        let pause = || Duration::from_secs_f64((1.0 - self.tokens) / self.per_second);
        (served, sleeps.then(pause))
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot::error::TryRecvError;

    use super::*;

    fn emptied() -> Budget {
        let budget = Budget::new(100);
        budget.configure(1.0, 1.0);
        budget.0.lock().tokens = 0.0;
        budget
    }

    #[test]
    fn a_users_change_goes_before_a_resync_that_came_first_and_not_before_one_that_waited_long() {
        let budget = emptied();
        let mut state = budget.0.lock();
        let start = state.filled_at;
        let second = |n| start + Duration::from_secs(n);
        let places = [(Lane::Resync, 0), (Lane::Resync, 20), (Lane::Change, 31)];
        let mut turns = places.map(|(lane, at)| state.enqueue(lane, second(at)));
        for (at, expected) in [(32, [true, false, false]), (33, [true, false, true]), (34, [true, true, true])] {
            // What is served and dropped here is closed for whoever waits for it.
            drop(state.serve(second(at)));
            assert_eq!(
                turns.each_mut().map(|turn| matches!(turn.try_recv(), Err(TryRecvError::Closed))),
                expected,
                "{at}"
            );
        }
    }

    #[test]
    fn no_more_than_a_burst_goes_at_once_and_no_more_than_there_are_slots() {
        for (slots, expected) in [(100, 5), (3, 3)] {
            let budget = Budget::new(slots);
            budget.configure(1.0, 5.0);
            let mut state = budget.0.lock();
            let start = state.filled_at;
            let turns: Vec<_> = (0..10).map(|_| state.enqueue(Lane::Change, start)).collect();
            let (served, _) = state.serve(start + Duration::from_mins(1));
            assert_eq!((served.len(), turns.len()), (expected, 10));
        }
    }
}
