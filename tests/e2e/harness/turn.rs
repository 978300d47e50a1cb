//! Tests of many worlds share the right to play: the machine is small, and its API server is one.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};

/// How many are played at once, by whatever tests: each is a process or two, and a busy API server.
const AT_ONCE: usize = 6;

/// The right to play.
struct Turn;

static PLAYING: Mutex<usize> = Mutex::new(0);
static OVER: Condvar = Condvar::new();

impl Turn {
    fn take() -> Self {
        let playing = PLAYING.lock().unwrap_or_else(PoisonError::into_inner);
        let free = OVER.wait_while(playing, |playing| *playing == AT_ONCE);
        *free.unwrap_or_else(PoisonError::into_inner) += 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *PLAYING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        OVER.notify_one();
    }
}

/// Plays all, a few at once, each in a thread.
pub(crate) fn all<J: Send, R: Send>(jobs: impl IntoIterator<Item = J>, play: impl Fn(J) -> R + Sync) -> Vec<R> {
    let (queue, done) = (Mutex::new(jobs.into_iter().collect::<VecDeque<_>>()), Mutex::new(Vec::new()));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let work = || {
        while let Some(job) = next() {
            let _turn = Turn::take();
            let outcome = play(job);
            done.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
        }
    };
    std::thread::scope(|scope| (0..AT_ONCE).for_each(|_| drop(scope.spawn(work))));
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}
