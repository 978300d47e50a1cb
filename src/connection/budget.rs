//! One token bucket a credential, with lanes: a user's change goes first, and lower lanes age upwards.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::locked;

/// How urgent a call is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lane {
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
pub struct Denied;

type Queue = BTreeMap<(Instant, u64), oneshot::Sender<()>>;

struct State {
    per_second: f64,
    burst: f64,
    tokens: f64,
    filled_at: Instant,
    queue: Queue,
    next: u64,
    is_driven: bool,
    is_closed: bool,
}

/// A token bucket.
#[derive(Clone)]
pub struct Budget(Arc<Mutex<State>>);

impl Default for Budget {
    fn default() -> Self {
        Self::new()
    }
}

impl Budget {
    /// A full bucket at the default rate of `spec.rateLimit`.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            per_second: 5.0,
            burst: 10.0,
            tokens: 10.0,
            filled_at: Instant::now(),
            queue: Queue::new(),
            next: 0,
            is_driven: false,
            is_closed: false,
        })))
    }

    /// Sets calls a second in the long run, and calls that may go at once.
    pub fn configure(&self, per_second: f64, burst: f64) {
        let mut state = locked(&self.0);
        if (state.burst - burst).abs() > f64::EPSILON {
            // A larger bucket comes full: nothing was used of what is new.
            state.tokens = (state.tokens + burst - state.burst).max(0.0);
        }
        (state.per_second, state.burst) = (per_second, burst);
    }

    /// Waits for the turn of one call.
    pub async fn permit(&self, lane: Lane) -> Result<(), Denied> {
        let turn = {
            let mut state = locked(&self.0);
            if state.is_closed {
                return Err(Denied);
            }
            let now = Instant::now();
            state.fill(now);
            if state.queue.is_empty() && state.tokens >= 1.0 {
                state.tokens -= 1.0;
                return Ok(());
            }
            let (sender, turn) = oneshot::channel();
            let place = (now + lane.patience(), state.next);
            state.next += 1;
            state.queue.insert(place, sender);
            if !std::mem::replace(&mut state.is_driven, true) {
                tokio::spawn(drive(self.0.clone()));
            }
            turn
        };
        turn.await.map_err(|_| Denied)
    }

    /// Sends everybody away who waits, and whoever comes.
    pub fn close(&self) {
        let mut state = locked(&self.0);
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

    /// Gives tokens to the first in the queue; says how long until the next token.
    fn serve(&mut self, now: Instant) -> Option<Duration> {
        self.fill(now);
        while self.tokens >= 1.0 {
            let (_, first) = self.queue.pop_first()?;
            // Whoever went away meanwhile costs nothing.
            if first.send(()).is_ok() {
                self.tokens -= 1.0;
            }
        }
        (!self.queue.is_empty()).then(|| Duration::from_secs_f64((1.0 - self.tokens) / self.per_second))
    }
}

/// Serves the queue until it is empty.
async fn drive(state: Arc<Mutex<State>>) {
    loop {
        let pause = {
            let mut state = locked(&state);
            let pause = state.serve(Instant::now());
            state.is_driven = pause.is_some();
            pause
        };
        match pause {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(state: &mut State, lane: Lane, at: Instant) -> oneshot::Receiver<()> {
        let (sender, turn) = oneshot::channel();
        let place = (at + lane.patience(), state.next);
        state.next += 1;
        state.queue.insert(place, sender);
        turn
    }

    fn emptied() -> Budget {
        let budget = Budget::new();
        budget.configure(1.0, 1.0);
        locked(&budget.0).tokens = 0.0;
        budget
    }

    #[test]
    fn a_users_change_goes_before_a_resync_that_came_first_and_not_before_one_that_waited_long() {
        let budget = emptied();
        let mut state = locked(&budget.0);
        let start = state.filled_at;
        let second = |n| start + Duration::from_secs(n);
        let mut old = waiting(&mut state, Lane::Resync, start);
        let mut young = waiting(&mut state, Lane::Resync, second(20));
        let mut change = waiting(&mut state, Lane::Change, second(31));
        for (at, expected) in [(32, [true, false, false]), (33, [true, false, true]), (34, [true, true, true])] {
            state.serve(second(at));
            // What was served stays served: a turn is taken once.
            let served = [&mut old, &mut young, &mut change]
                .map(|turn| !matches!(turn.try_recv(), Err(oneshot::error::TryRecvError::Empty)));
            assert_eq!(served, expected, "{at}");
        }
    }

    #[test]
    fn the_bucket_never_gives_more_than_burst_at_once_and_rate_in_the_long_run() {
        let budget = emptied();
        let mut state = locked(&budget.0);
        let start = state.filled_at;
        let turns: Vec<_> = (0..10).map(|_| waiting(&mut state, Lane::Change, start)).collect();
        state.serve(start + Duration::from_secs(5));
        assert_eq!(state.queue.len(), turns.len() - 1);
    }
}
