//! The deletion guard: how many deletions, removals of people included, a time window allows. No IO.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::api::provider_config::RecentDeletion;
use crate::api::provider_config::settings::DeletionGuard;
use crate::api::reason::Reason;
use crate::plan::state::State;

/// How many reservations status has room for: as many as a guard can allow. What it may not block counts, too.
const MOST_RECORDED: usize = 10_000;

/// A deletion that is to be reserved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Reservation {
    /// The uid of the deleted resource; a suffix marks a person who is removed.
    pub(crate) mark: String,
    /// Whether the guard may block it. One that it may not counts all the same.
    pub(crate) is_limited: bool,
}

/// What a guard says of reservations that are made at once.
pub(crate) struct GuardAdmission {
    /// All reservations of the window, the new ones among them.
    pub(crate) recent: Vec<RecentDeletion>,
    /// The marks of the reservations that were admitted.
    admitted: HashSet<String>,
    /// Why the others were not.
    blocked: State,
}

impl GuardAdmission {
    /// Whether there is anything to store.
    pub(crate) fn admits_any(&self) -> bool {
        !self.admitted.is_empty()
    }

    /// What the guard says of one of the reservations; the error is the state of a deletion that is blocked.
    pub(crate) fn answer(&self, reservation: &Reservation) -> Result<(), State> {
        if self.admitted.contains(&reservation.mark) { Ok(()) } else { Err(self.blocked.clone()) }
    }
}

/// Makes reservations at `now`, one after the other; those that the window left behind are dropped, and need a place again if they are
/// repeated. One that is repeated within the window counts once, and with its new time: a reservation says when the deletion was made
/// at the latest.
pub(crate) fn reserve_all<'a>(
    recent: Vec<RecentDeletion>,
    guard: DeletionGuard,
    reservations: impl Iterator<Item = &'a Reservation>,
    now: Timestamp,
) -> GuardAdmission {
    let in_window = recent.into_iter().filter(|deletion| counts(guard, deletion.time, now));
    let mut times: BTreeMap<String, Timestamp> = in_window.map(|deletion| (deletion.uid, deletion.time)).collect();
    let most = usize::try_from(guard.max_deletions).unwrap_or(0);
    let mut admitted = HashSet::new();
    for Reservation { mark, is_limited } in reservations {
        if !is_limited || times.contains_key(mark) || times.len() < most {
            times.insert(mark.clone(), now);
            admitted.insert(mark.clone());
        }
    }
    let mut recent: Vec<_> = times.into_iter().map(|(uid, time)| RecentDeletion { uid, time }).collect();
    recent.sort_by_key(|deletion| deletion.time);
    recent.drain(..recent.len().saturating_sub(MOST_RECORDED));
    let blocked = State::deletion_blocked(Reason::GuardExceeded, exceeded(guard, next_free(&recent, guard)));
    GuardAdmission { recent, admitted, blocked }
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

    /// One reservation: the reservations with it, or the state of a deletion that is blocked.
    fn reserved(
        recent: Vec<RecentDeletion>,
        guard: DeletionGuard,
        is_limited: bool,
        mark: &str,
        now: Timestamp,
    ) -> Result<Vec<RecentDeletion>, State> {
        let reservation = Reservation { mark: mark.to_owned(), is_limited };
        let admission = reserve_all(recent, guard, [&reservation].into_iter(), now);
        admission.answer(&reservation)?;
        Ok(admission.recent)
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
            let outcome = reserved(recent.clone(), guard, true, uid, at(second));
            assert_eq!(outcome.is_ok(), expected, "{uid} at {second}");
            assert_eq!(left > 0 || recent.iter().any(|known| known.uid == uid), expected, "{uid} at {second}");
            recent = outcome.unwrap_or(recent);
        }
        assert_eq!(recent.iter().map(|deletion| deletion.uid.as_str()).collect::<Vec<_>>(), ["a", "c"]);
        let until = |guard| match reserved(recent.clone(), guard, true, "d", at(12)) {
            Err(State::DeletionBlocked { reason: Reason::GuardExceeded, message }) => message,
            other => panic!("{other:?}"),
        };
        assert!(until(guard).contains("until 1970-01-01T00:01:00Z:"), "{}", until(guard));
        let none = DeletionGuard { max_deletions: 0, ..guard };
        assert!(until(none).contains("allows no deletions"), "{}", until(none));
        assert_eq!(reserved(recent, guard, false, "d", at(12)).map(|recent| recent.len()), Ok(3));
    }

    #[test]
    fn no_number_of_deletions_that_the_guard_may_not_block_is_more_than_status_has_room_for() {
        let guard = DeletionGuard { max_deletions: 10, window_seconds: 600 };
        let old = (0..10_000).map(|number| RecentDeletion { uid: format!("{number}"), time: at(0) }).collect();
        let recent = reserved(old, guard, false, "new", at(5)).unwrap();
        assert_eq!((recent.len(), recent.last().map(|last| last.uid.as_str())), (10_000, Some("new")));
    }

    #[test]
    fn reservations_that_are_made_at_once_are_admitted_as_one_after_the_other_would_be() {
        let guard = DeletionGuard { max_deletions: 3, window_seconds: 10 };
        let old = ["a", "b"].map(|uid| RecentDeletion { uid: uid.to_owned(), time: at(0) });
        let asked = [("c", true), ("d", true), ("a", true), ("e", false), ("c", true), ("f", true)];
        let asked = asked.map(|(mark, is_limited)| Reservation { mark: mark.to_owned(), is_limited });
        let together = reserve_all(old.to_vec(), guard, asked.iter(), at(5));
        let mut recent = old.to_vec();
        for one in &asked {
            let alone = reserved(recent.clone(), guard, one.is_limited, &one.mark, at(5));
            assert_eq!(alone.is_ok(), together.answer(one).is_ok(), "{one:?}");
            recent = alone.unwrap_or(recent);
        }
        let marks = |recent: &[RecentDeletion]| {
            recent.iter().map(|deletion| (deletion.uid.clone(), deletion.time)).collect::<BTreeMap<_, _>>()
        };
        assert_eq!(marks(&together.recent), marks(&recent));
        assert_eq!(marks(&recent).into_keys().collect::<Vec<_>>(), ["a", "b", "c", "e"]);
        let none = reserve_all(recent, guard, asked.iter().filter(|one| one.mark == "d"), at(6));
        assert!(!none.admits_any());
    }

    #[test]
    fn a_reservation_that_the_window_left_behind_needs_a_place_again() {
        let guard = DeletionGuard { max_deletions: 2, window_seconds: 10 };
        let old = ["a", "b"].map(|uid| RecentDeletion { uid: uid.to_owned(), time: at(0) }).to_vec();
        let asked = ["c", "d", "a", "b"].map(|mark| Reservation { mark: mark.to_owned(), is_limited: true });
        for order in [[0, 1, 2, 3], [2, 0, 3, 1], [3, 2, 1, 0]] {
            let admission = reserve_all(old.clone(), guard, order.iter().map(|one| &asked[*one]), at(11));
            assert_eq!((admission.recent.len(), admission.admitted.len()), (2, 2), "{order:?}");
        }
    }
}
