//! Warnings in the log: the first of its kind at once, times summed. No IO.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How often the same warning is written.
pub(crate) const REPEAT: Duration = Duration::from_mins(10);
/// What is remembered at most.
const MOST: usize = 4096;

struct Written {
    at: Instant,
    /// How often it came since.
    times: u32,
}

/// What was written to the log, by a hash of what it says.
#[derive(Default)]
pub(crate) struct Warnings(Mutex<HashMap<u64, Written>>);

impl Warnings {
    /// Whether a warning is to be written now: how often it came since it was written last. `None`: it is only counted.
    pub(crate) fn due(&self, warning: &impl Hash) -> Option<u32> {
        self.due_after(REPEAT, warning)
    }

    /// The same for a warning that is written more often.
    pub(crate) fn due_after(&self, pause: Duration, warning: &impl Hash) -> Option<u32> {
        let mut hasher = DefaultHasher::new();
        warning.hash(&mut hasher);
        let (key, mut told) = (hasher.finish(), self.0.lock());
        if let Some(last) = told.get_mut(&key).filter(|last| last.at.elapsed() < pause) {
            last.times = last.times.saturating_add(1);
            return None;
        }
        if told.len() >= MOST {
            told.retain(|_, last| last.at.elapsed() < REPEAT);
        }
        let before = told.insert(key, Written { at: Instant::now(), times: 0 });
        Some(before.map_or(0, |last| last.times))
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
        assert_eq!(warnings.due_after(Duration::ZERO, &"a"), Some(2));
    }
}
