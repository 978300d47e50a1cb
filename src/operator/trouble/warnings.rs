//! Warnings in the log, by what they say: the first of its kind at once, then one in a while with the sum. No IO.

use std::hash::{BuildHasher, Hash, RandomState};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use crate::operator::trouble::repeats::Repeats;

/// What was written to the log, by a hash of what it says.
#[derive(Default)]
pub(crate) struct Warnings {
    hasher: RandomState,
    repeats: Mutex<Repeats<u64>>,
}

impl Warnings {
    /// The same warning is written this often.
    pub(crate) fn every(pause: SignedDuration) -> Self {
        Self { repeats: Mutex::new(Repeats::every(pause)), ..Self::default() }
    }

    /// Whether a warning is to be written now: how often it came since it was written last. `None`: it is only counted.
    pub(crate) fn due(&self, warning: &impl Hash) -> Option<u32> {
        self.repeats.lock().happens(self.hasher.hash_one(warning), Timestamp::now()).repeats()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_written_and_times_are_summed() {
        let warnings = Warnings::default();
        assert_eq!(warnings.due(&"a"), Some(0));
        assert_eq!((warnings.due(&"a"), warnings.due(&"a"), warnings.due(&"b")), (None, None, Some(0)));
    }
}
