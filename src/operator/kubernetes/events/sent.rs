//! The events that were sent in the last minutes, so that the same event again is counted instead of written anew. No IO.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// The same event after a longer pause is a new one.
const PAUSE: SignedDuration = SignedDuration::from_mins(6);
/// How many events are remembered. A repetition of an event that is forgotten is a new event.
const MOST: usize = 256;

/// An event that is sent again.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Repeat {
    /// The name of the object in Kubernetes.
    pub(super) name: String,
    /// How often it was sent, this time included.
    pub(super) count: i32,
}

/// An event that was sent.
struct Sent {
    name: String,
    count: i32,
    /// When it was sent last.
    last: Timestamp,
}

/// The events that were sent, by a hash of what they are about and what they say.
#[derive(Default)]
pub(super) struct SentEvents(HashMap<u64, Sent>);

impl SentEvents {
    /// Counts an event that is sent at `now`; `None` if it is a new one.
    pub(super) fn again(&mut self, hash: u64, now: Timestamp) -> Option<Repeat> {
        let sent = self.0.get_mut(&hash).filter(|sent| now.duration_since(sent.last) < PAUSE)?;
        (sent.count, sent.last) = (sent.count.saturating_add(1), now);
        Some(Repeat { name: sent.name.clone(), count: sent.count })
    }

    /// Remembers a new event.
    pub(super) fn add(&mut self, hash: u64, name: String, now: Timestamp) {
        if self.0.len() >= MOST {
            self.0.retain(|_, sent| now.duration_since(sent.last) < PAUSE);
        }
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(hash, Sent { name, count: 1, last: now });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_same_event_is_counted_and_after_a_pause_it_is_a_new_one() {
        let mut events = SentEvents::default();
        assert_eq!(events.again(1, at(0)), None);
        events.add(1, "a".to_owned(), at(0));
        assert_eq!(events.again(1, at(300)), Some(Repeat { name: "a".to_owned(), count: 2 }));
        assert_eq!(events.again(1, at(600)), Some(Repeat { name: "a".to_owned(), count: 3 }));
        assert_eq!(events.again(2, at(600)), None);
        assert_eq!(events.again(1, at(960)), None);
    }

    #[test]
    fn however_many_events_are_sent_a_bounded_number_is_remembered() {
        let mut events = SentEvents::default();
        for hash in 0..100_000 {
            events.add(hash, hash.to_string(), at(0));
            assert!(events.0.len() <= MOST);
        }
        assert_eq!(events.again(99_999, at(1)), Some(Repeat { name: "99999".to_owned(), count: 2 }));
    }
}
