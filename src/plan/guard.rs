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
        let until = next_free(&recent, guard);
        return Err(State::deletion_blocked(Reason::GuardExceeded, exceeded(guard, until)));
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
    now.duration_since(time) < window(guard)
}

fn window(guard: DeletionGuard) -> SignedDuration {
    SignedDuration::from_secs(guard.window_seconds.into())
}

/// When the window leaves enough reservations behind for another one, up to the next full minute: many resources say so, and the
/// sentence of each changes only with the minute. `None`: never.
fn next_free(recent: &[RecentDeletion], guard: DeletionGuard) -> Option<Timestamp> {
    let mut times: Vec<_> = recent.iter().map(|deletion| deletion.time).collect();
    times.sort_unstable();
    let most = usize::try_from(guard.max_deletions).ok().filter(|most| *most > 0)?;
    let freed = times.get(times.len().checked_sub(most)?)?.checked_add(window(guard)).ok()?;
    let minutes = freed.as_second().div_euclid(60).saturating_add(1);
    Timestamp::from_second(minutes.saturating_mul(60)).ok()
}

fn exceeded(guard: DeletionGuard, until: Option<Timestamp>) -> String {
    let DeletionGuard { max_deletions, window_seconds } = guard;
    let Some(until) = until else {
        return "the config allows no deletions: raise its `deletionGuard`, or set the annotation ping-operator.dev/allow-deletion to 'true'"
            .to_owned();
    };
    format!(
        "the config allows {max_deletions} deletions in {window_seconds} s, and they are used up until {until}: raise its `deletionGuard`, \
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
        let until = |guard| match with_one_more(recent.clone(), guard, true, "d", at(12)) {
            Err(State::DeletionBlocked { reason: Reason::GuardExceeded, message }) => message,
            other => panic!("{other:?}"),
        };
        assert!(until(guard).contains("until 1970-01-01T00:01:00Z:"), "{}", until(guard));
        let none = DeletionGuard { max_deletions: 0, ..guard };
        assert!(until(none).contains("allows no deletions"), "{}", until(none));
        assert_eq!(with_one_more(recent, guard, false, "d", at(12)).map(|recent| recent.len()), Ok(3));
    }
}
