//! What the log was told, so that a repetition is summed instead of written again. No IO.

use std::collections::HashMap;
use std::hash::Hash;

use jiff::{SignedDuration, Timestamp};

/// How often the log tells of something that goes on.
const PAUSE: SignedDuration = SignedDuration::from_mins(10);
/// How many things are remembered before those are dropped that did not happen for [`PAUSE`].
const MOST: usize = 256;

/// What the log says of something that happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Telling {
    /// It is new.
    New,
    /// It went on: it happened so often since the last line, and began then.
    Again {
        /// How often it happened since the last line.
        times: u32,
        /// When it began.
        since: Timestamp,
    },
    /// It was told a short while ago.
    Nothing,
}

/// Something that goes on.
#[derive(Clone, Copy, Debug)]
struct Told {
    since: Timestamp,
    /// When the last line was written.
    line_at: Timestamp,
    /// When it happened last.
    last: Timestamp,
    /// How often it happened since the last line.
    untold: u32,
}

/// What goes on, by a key that tells apart what is told apart.
#[derive(Debug)]
pub(crate) struct Tellings<K>(HashMap<K, Told>);

impl<K> Default for Tellings<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash> Tellings<K> {
    /// It happens at `now`.
    pub(crate) fn happens(&mut self, key: K, now: Timestamp) -> Telling {
        if self.0.len() >= MOST {
            self.0.retain(|_, told| now.duration_since(told.last) < PAUSE);
        }
        let Some(told) = self.0.get_mut(&key) else {
            self.0.insert(key, Told { since: now, line_at: now, last: now, untold: 0 });
            return Telling::New;
        };
        (told.last, told.untold) = (now, told.untold.saturating_add(1));
        if now.duration_since(told.line_at) < PAUSE {
            return Telling::Nothing;
        }
        let times = std::mem::take(&mut told.untold);
        told.line_at = now;
        Telling::Again { times, since: told.since }
    }

    /// It is over; returns since when it went on, if it was told.
    pub(crate) fn ends(&mut self, key: &K) -> Option<Timestamp> {
        self.0.remove(key).map(|told| told.since)
    }

    /// Everything is over; returns since when the oldest of it went on, and its key.
    pub(crate) fn end_all(self) -> Option<(K, Timestamp)> {
        self.0.into_iter().map(|(key, told)| (key, told.since)).min_by_key(|(_, since)| *since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_repetition_is_summed_and_told_once_in_ten_minutes() {
        let mut tellings = Tellings::default();
        assert_eq!(tellings.happens("a", at(0)), Telling::New);
        for second in 1..600 {
            assert_eq!(tellings.happens("a", at(second)), Telling::Nothing);
        }
        assert_eq!(tellings.happens("b", at(599)), Telling::New);
        assert_eq!(tellings.happens("a", at(600)), Telling::Again { times: 600, since: at(0) });
        assert_eq!(tellings.happens("a", at(601)), Telling::Nothing);
        assert_eq!(tellings.ends(&"a"), Some(at(0)));
        assert_eq!(tellings.ends(&"a"), None);
        assert_eq!(tellings.happens("a", at(602)), Telling::New);
        assert_eq!(tellings.end_all(), Some(("b", at(599))));
    }

    #[test]
    fn however_much_happens_only_what_happened_a_short_while_ago_is_remembered() {
        let mut tellings = Tellings::default();
        for second in 0..100_000 {
            assert_eq!(tellings.happens(second, at(second)), Telling::New);
            assert!(tellings.0.len() <= 601);
        }
    }
}
