//! What happens again and again is written to the log once in a while, with how often it happened. No IO.

use std::collections::HashMap;
use std::hash::Hash;

use jiff::{SignedDuration, Timestamp};

/// How often the log tells of something that goes on, if nothing else is said.
const PAUSE: SignedDuration = SignedDuration::from_mins(10);
/// How many things are remembered before those are dropped that did not happen for the pause.
const MOST: usize = 256;

/// What the log is to say of something that happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Occurrence {
    /// It is new: it gets a line.
    First,
    /// It went on for the pause: it gets a line with the sum.
    Summed {
        /// How often it happened since the last line.
        times: u32,
        /// When it began.
        since: Timestamp,
    },
    /// The last line is too recent: it is only counted.
    Counted,
}

impl Occurrence {
    /// How often it happened since the last line, this time not included; `None`: it gets no line.
    pub(crate) fn repeats(self) -> Option<u32> {
        match self {
            Self::First => Some(0),
            Self::Summed { times, .. } => Some(times.saturating_sub(1)),
            Self::Counted => None,
        }
    }
}

/// Something that goes on.
#[derive(Clone, Copy, Debug)]
struct Repeated {
    since: Timestamp,
    /// When the last line was written.
    line_at: Timestamp,
    /// When it happened last.
    last: Timestamp,
    /// How often it happened since the last line.
    counted: u32,
}

/// What goes on, by a key that tells apart what has lines of its own.
#[derive(Debug)]
pub(crate) struct Repeats<K> {
    pause: SignedDuration,
    ongoing: HashMap<K, Repeated>,
}

impl<K> Default for Repeats<K> {
    fn default() -> Self {
        Self::every(PAUSE)
    }
}

impl<K> Repeats<K> {
    /// Lines of the same thing are `pause` apart.
    pub(crate) fn every(pause: SignedDuration) -> Self {
        Self { pause, ongoing: HashMap::new() }
    }
}

impl<K: Eq + Hash> Repeats<K> {
    /// It happens at `now`.
    pub(crate) fn happens(&mut self, key: K, now: Timestamp) -> Occurrence {
        let pause = self.pause;
        if self.ongoing.len() >= MOST {
            self.ongoing.retain(|_, ongoing| now.duration_since(ongoing.last) < pause);
        }
        let Some(ongoing) = self.ongoing.get_mut(&key) else {
            self.ongoing.insert(key, Repeated { since: now, line_at: now, last: now, counted: 0 });
            return Occurrence::First;
        };
        (ongoing.last, ongoing.counted) = (now, ongoing.counted.saturating_add(1));
        if now.duration_since(ongoing.line_at) < pause {
            return Occurrence::Counted;
        }
        let times = std::mem::take(&mut ongoing.counted);
        ongoing.line_at = now;
        Occurrence::Summed { times, since: ongoing.since }
    }

    /// It is over; returns since when it went on.
    pub(crate) fn ends(&mut self, key: &K) -> Option<Timestamp> {
        self.ongoing.remove(key).map(|ongoing| ongoing.since)
    }

    /// Everything is over; returns what began first, and when.
    pub(crate) fn end_all(self) -> Option<(K, Timestamp)> {
        self.ongoing.into_iter().map(|(key, ongoing)| (key, ongoing.since)).min_by_key(|(_, since)| *since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_repetition_is_summed_and_written_once_in_ten_minutes() {
        let mut repeats = Repeats::default();
        assert_eq!(repeats.happens("a", at(0)), Occurrence::First);
        for second in 1..600 {
            assert_eq!(repeats.happens("a", at(second)), Occurrence::Counted);
        }
        assert_eq!(repeats.happens("b", at(599)), Occurrence::First);
        assert_eq!(repeats.happens("a", at(600)), Occurrence::Summed { times: 600, since: at(0) });
        assert_eq!(repeats.happens("a", at(601)), Occurrence::Counted);
        assert_eq!(repeats.ends(&"a"), Some(at(0)));
        assert_eq!(repeats.ends(&"a"), None);
        assert_eq!(repeats.happens("a", at(602)), Occurrence::First);
        assert_eq!(repeats.end_all(), Some(("b", at(599))));
    }

    #[test]
    fn a_shorter_pause_gives_more_lines() {
        let mut repeats = Repeats::every(SignedDuration::from_secs(15));
        let lines: Vec<_> = [0, 14, 15, 29, 30].map(|second| repeats.happens((), at(second)).repeats()).into();
        assert_eq!(lines, [Some(0), None, Some(1), None, Some(1)]);
    }

    #[test]
    fn however_much_happens_only_what_happened_a_short_while_ago_is_remembered() {
        let mut repeats = Repeats::default();
        for second in 0..100_000 {
            assert_eq!(repeats.happens(second, at(second)), Occurrence::First);
            assert!(repeats.ongoing.len() <= 601);
        }
    }
}
