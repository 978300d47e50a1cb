//! What reads show: any state of the last few seconds.

use std::ops::Deref;

/// A state, and what was before, until when.
#[derive(Default)]
pub(crate) struct History<S> {
    present: S,
    past: Vec<(i64, S)>,
}

impl<S: Clone> History<S> {
    /// Makes a change at a time; what was before may still be read for a while.
    pub(crate) fn change<R>(&mut self, now: i64, change: impl FnOnce(&mut S) -> R) -> R {
        self.past.push((now, self.present.clone()));
        change(&mut self.present)
    }

    /// Makes a change that every read shows at once.
    pub(crate) fn change_at_once(&mut self, change: impl FnOnce(&mut S)) {
        self.past.clear();
        change(&mut self.present);
    }

    /// What a read shows that looks `back` seconds into the past.
    pub(crate) fn seen(&self, now: i64, back: i64) -> &S {
        let at = now - back;
        self.past.iter().find(|(until, _)| *until > at).map_or(&self.present, |(_, state)| state)
    }
}

impl<S> Deref for History<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.present
    }
}
