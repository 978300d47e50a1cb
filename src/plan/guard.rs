//! The deletion guard: how many deletions, removals of people included, a time window allows. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::provider_config::RecentDeletion;
use crate::api::provider_config::settings::DeletionGuard;
use crate::api::reason::Reason;
use crate::plan::state::State;

/// The reservations with this one at `now`, those that the window left behind dropped. One that is repeated counts once, and
/// with its new time: a reservation says when the deletion was made at the latest. `limit`: whether the guard may block it.
///
/// # Errors
/// The guard blocks it.
pub(crate) fn with_one_more(
    mut recent: Vec<RecentDeletion>,
    guard: DeletionGuard,
    limit: bool,
    uid: &str,
    now: Timestamp,
) -> Result<Vec<RecentDeletion>, State> {
    let is_known = recent.iter().any(|deletion| deletion.uid == uid);
    recent.retain(|deletion| deletion.uid != uid && counts(guard, deletion.time, now));
    if limit && !is_known && recent.len() >= usize::try_from(guard.max_deletions).unwrap_or(0) {
        return Err(State::deletion_blocked(Reason::GuardExceeded, exceeded(guard)));
    }
    recent.push(RecentDeletion { uid: uid.to_owned(), time: now });
    Ok(recent)
}

/// How many deletions a guard allows now, after those that were reserved at these times.
pub(crate) fn remaining(deletions: &[Timestamp], guard: DeletionGuard, now: Timestamp) -> u32 {
    let counted = deletions.iter().filter(|time| counts(guard, **time, now)).count();
    let allowed = u32::try_from(guard.max_deletions).unwrap_or(0);
    allowed.saturating_sub(u32::try_from(counted).unwrap_or(u32::MAX))
}

/// Whether a reservation at `time` is in the window of `now`.
fn counts(guard: DeletionGuard, time: Timestamp, now: Timestamp) -> bool {
    now.duration_since(time) < SignedDuration::from_secs(guard.window_seconds.into())
}

fn exceeded(guard: DeletionGuard) -> String {
    let DeletionGuard { max_deletions, window_seconds } = guard;
    format!(
        "the config allows {max_deletions} deletions in {window_seconds} s, and they are used up: raise its `deletionGuard`, \
         set the annotation ping-operator.dev/allow-deletion to 'true', or wait"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(recent: &[RecentDeletion]) -> Vec<Timestamp> {
        recent.iter().map(|deletion| deletion.time).collect()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_window_allows_so_many_deletions_and_a_repeated_one_counts_once() {
        let guard = DeletionGuard { max_deletions: 2, window_seconds: 10 };
        let mut recent = Vec::new();
        for (uid, second, expected) in
            [("a", 0, true), ("b", 1, true), ("c", 2, false), ("a", 3, true), ("c", 10, false), ("c", 11, true)]
        {
            let left = remaining(&times(&recent), guard, at(second));
            let outcome = with_one_more(recent.clone(), guard, true, uid, at(second));
            assert_eq!(outcome.is_ok(), expected, "{uid} at {second}");
            assert_eq!(left > 0 || recent.iter().any(|known| known.uid == uid), expected, "{uid} at {second}");
            recent = outcome.unwrap_or(recent);
        }
        assert_eq!(recent.iter().map(|deletion| deletion.uid.as_str()).collect::<Vec<_>>(), ["a", "c"]);
        assert!(with_one_more(recent.clone(), guard, true, "d", at(12)).is_err());
        assert_eq!(with_one_more(recent, guard, false, "d", at(12)).map(|recent| recent.len()), Ok(3));
    }
}
