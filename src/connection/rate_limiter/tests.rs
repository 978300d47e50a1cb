//! The rate limiter in a time of its own: nothing sleeps.

use proptest::prelude::*;
use tokio::sync::oneshot::Receiver;
use tokio::sync::oneshot::error::TryRecvError;

use super::*;

/// A limiter that has no token left.
fn emptied(per_second: f64, burst: f64) -> RateLimiter {
    let rate_limiter = RateLimiter::new(100_000);
    rate_limiter.configure(per_second, burst);
    rate_limiter.0.lock().tokens = 0.0;
    rate_limiter
}

/// Whether a call got its permit: what is served in these tests is dropped, which closes the channel.
fn is_served(permit: &mut Receiver<RatePermit>) -> bool {
    matches!(permit.try_recv(), Err(TryRecvError::Closed))
}

/// How many permits are given until a call of `lane` gets one that comes behind so many resyncs, five permits a second.
fn permits_until(lane: Lane, resyncs: usize) -> usize {
    let rate_limiter = emptied(5.0, 10.0);
    let mut state = rate_limiter.0.lock();
    let start = state.filled_at;
    let waiting: Vec<_> = (0..resyncs).map(|_| state.queue.enqueue(Lane::Resync, None, start)).collect();
    let (_, mut edit) = state.queue.enqueue(lane, None, start);
    let mut permits = 0;
    for step in 1..=resyncs {
        let now = start + Duration::from_millis(200) * u32::try_from(step).unwrap();
        permits += state.serve(now).0.len();
        if is_served(&mut edit) {
            break;
        }
    }
    assert_eq!(waiting.len(), resyncs);
    permits
}

#[test]
fn what_an_edit_waits_for_does_not_grow_with_the_resyncs_that_wait() {
    for resyncs in [100, 1_000, 10_000] {
        for lane in [Lane::Change, Lane::Deletion, Lane::Retry] {
            assert_eq!(permits_until(lane, resyncs), 1, "{lane:?} behind {resyncs}");
        }
    }
}

#[test]
fn a_storm_of_edits_leaves_each_lower_lane_its_share() {
    let rate_limiter = emptied(1.0, 64.0);
    let mut state = rate_limiter.0.lock();
    let start = state.filled_at;
    let permits: Vec<_> =
        Lane::ALL.into_iter().flat_map(|lane| [lane; 100]).map(|lane| state.queue.enqueue(lane, None, start)).collect();
    let (served, _) = state.serve(start + Duration::from_mins(2));
    let count = |lane| served.iter().filter(|call| call.lane == lane).count();
    assert_eq!((Lane::ALL.map(count), permits.len()), ([48, 12, 3, 1], 400));
}

#[test]
fn within_a_lane_who_came_first_goes_first_and_one_that_is_lifted_goes_to_the_end_of_the_better_lane() {
    let rate_limiter = emptied(1.0, 1.0);
    let mut state = rate_limiter.0.lock();
    let start = state.filled_at;
    let second = |n| start + Duration::from_secs(n);
    let mut enqueue = |lane| state.queue.enqueue(lane, None, start);
    let (lifted, first, second_edit) = (enqueue(Lane::Resync), enqueue(Lane::Change), enqueue(Lane::Change));
    let place = state.queue.lift(lifted.0, Lane::Change, second(1));
    let mut permits = [first.1, second_edit.1, lifted.1];
    for (at, expected) in [(2, [true, false, false]), (3, [true, true, false]), (4, [true, true, true])] {
        drop(state.serve(second(at)));
        assert_eq!(permits.each_mut().map(is_served), expected, "{at}");
    }
    assert_eq!(state.queue.lift(place, Lane::Change, second(5)), place);
    assert!(state.queue.is_empty());
}

#[test]
fn a_caller_who_gives_up_and_asks_again_before_every_permit_gets_one_when_its_turn_comes() {
    let rate_limiter = emptied(1.0, 1.0);
    let mut state = rate_limiter.0.lock();
    let start = state.filled_at;
    let second = |n: u64| start + Duration::from_secs(n);
    let mut others: Vec<_> = (0..5).map(|_| state.queue.enqueue(Lane::Change, Some("other"), start).1).collect();
    let mut edited = state.queue.enqueue(Lane::Change, Some("edited"), start).1;
    for n in 1..=6 {
        assert!(!is_served(&mut edited), "before its turn, {n}");
        drop(edited);
        // While it is away, others come, and are served; it is no one else's place.
        others.push(state.queue.enqueue(Lane::Change, Some("another"), second(n)).1);
        edited = state.queue.enqueue(Lane::Change, Some("edited"), second(n)).1;
        drop(state.serve(second(n)));
    }
    assert!(is_served(&mut edited), "at its turn");
    assert_eq!(others.iter_mut().map(is_served).filter(|is_served| *is_served).count(), 5);
}

#[test]
fn whose_turn_comes_while_it_is_away_is_next_when_it_is_back_and_forgotten_a_minute_later() {
    for (away, expected) in [(59, [true, false]), (61, [false, true])] {
        let rate_limiter = emptied(1.0, 1.0);
        let mut state = rate_limiter.0.lock();
        let start = state.filled_at;
        let second = |n: u64| start + Duration::from_secs(n);
        drop(state.queue.enqueue(Lane::Change, Some("away"), start));
        // It holds up nobody meanwhile, and takes no token.
        let mut first = state.queue.enqueue(Lane::Change, None, start).1;
        drop(state.serve(second(1)));
        assert!(is_served(&mut first));
        let mut next = state.queue.enqueue(Lane::Change, None, second(1)).1;
        state.tokens = 0.0;
        state.filled_at = second(1 + away);
        drop(state.serve(second(1 + away)));
        let mut back = state.queue.enqueue(Lane::Change, Some("away"), second(1 + away)).1;
        drop(state.serve(second(2 + away)));
        assert_eq!([is_served(&mut back), is_served(&mut next)], expected, "{away}");
    }
}

#[test]
fn a_place_that_was_kept_too_long_does_not_hide_the_one_that_the_same_caller_still_has() {
    let rate_limiter = emptied(1.0, 1.0);
    let mut state = rate_limiter.0.lock();
    let start = state.filled_at;
    let second = |n: u64| start + Duration::from_secs(n);
    let (old, younger) = (
        state.queue.enqueue(Lane::Change, Some("caller"), start),
        state.queue.enqueue(Lane::Change, Some("caller"), start),
    );
    drop(old.1);
    let _ = state.queue.first(Lane::Change, start);
    drop(younger.1);
    assert_eq!(state.queue.enqueue(Lane::Change, Some("caller"), second(61)).0, younger.0);
}

#[test]
fn who_is_lifted_into_a_lane_where_its_place_is_kept_stands_there() {
    let rate_limiter = emptied(1.0, 1.0);
    let mut state = rate_limiter.0.lock();
    let start = state.filled_at;
    let given_up = state.queue.enqueue(Lane::Change, Some("caller"), start);
    drop(given_up.1);
    let other = state.queue.enqueue(Lane::Change, None, start);
    let mut back = state.queue.enqueue(Lane::Resync, Some("caller"), start);
    assert_eq!(state.queue.lift(back.0, Lane::Change, start), given_up.0);
    drop(state.serve(start + Duration::from_secs(1)));
    assert!(is_served(&mut back.1));
    drop(other);
}

#[test]
fn the_age_of_a_lane_is_that_of_its_oldest_call_that_somebody_still_waits_for() {
    let rate_limiter = emptied(1.0, 1.0);
    let start = rate_limiter.0.lock().filled_at;
    let second = |n| start + Duration::from_secs(n);
    let enqueue = |lane, at| rate_limiter.0.lock().queue.enqueue(lane, None, second(at));
    let (given_up, waits, other) = (enqueue(Lane::Retry, 0), enqueue(Lane::Retry, 2), enqueue(Lane::Change, 9));
    drop(given_up);
    for (lane, expected) in [(Lane::Retry, 8), (Lane::Change, 1), (Lane::Resync, 0), (Lane::Deletion, 0)] {
        assert_eq!(rate_limiter.queue_age(lane, second(10)), Duration::from_secs(expected), "{lane:?}");
    }
    rate_limiter.0.lock().queue.lift(waits.0, Lane::Deletion, second(7));
    assert_eq!(rate_limiter.queue_age(Lane::Deletion, second(10)), Duration::from_secs(3));
    drop((waits, other));
}

#[test]
fn no_more_than_a_burst_goes_at_once_and_no_more_than_there_are_slots() {
    for (slots, expected) in [(100, 5), (3, 3)] {
        let rate_limiter = RateLimiter::new(slots);
        rate_limiter.configure(1.0, 5.0);
        let mut state = rate_limiter.0.lock();
        let start = state.filled_at;
        let permits: Vec<_> = (0..10).map(|_| state.queue.enqueue(Lane::Change, None, start)).collect();
        let (served, _) = state.serve(start + Duration::from_mins(1));
        assert_eq!((served.len(), permits.len()), (expected, 10));
    }
}

#[tokio::test]
async fn a_call_that_waits_follows_those_who_wait_for_it_into_a_better_lane() {
    let rate_limiter = emptied(1.0, 1.0);
    let lane = SharedLane::from(Lane::Resync);
    let mut waiting = Box::pin(rate_limiter.acquire(&lane, None));
    assert!(futures::poll!(&mut waiting).is_pending());
    lane.lift(Lane::Change);
    assert!(futures::poll!(&mut waiting).is_pending());
    let lanes: Vec<_> = {
        let state = rate_limiter.0.lock();
        Lane::ALL.into_iter().filter(|lane| state.queue.in_lane(*lane).next().is_some()).collect()
    };
    assert_eq!(lanes, [Lane::Change]);
}

proptest! {
    #[test]
    fn whatever_the_mix_the_rate_and_the_burst_hold(
        calls in prop::collection::vec((prop::sample::select(Lane::ALL.to_vec()), 0_u64..400, 0_usize..6, 0_usize..4), 1..100),
        per_second in 1_u32..20,
        burst in 1_u32..20,
    ) {
        const CALLERS: [&str; 2] = ["one", "two"];
        let rate_limiter = emptied(per_second.into(), burst.into());
        let mut state = rate_limiter.0.lock();
        let (mut now, mut waiting, mut given) = (state.filled_at, Vec::new(), Vec::new());
        for (lane, pause, count, given_up) in calls {
            now += Duration::from_millis(pause);
            let caller = |number: usize| CALLERS.get(number).copied();
            waiting.extend((0..count).map(|number| state.queue.enqueue(lane, caller(number), now)));
            // Some give up: the first ones that wait.
            waiting.drain(..given_up.min(waiting.len()));
            given.extend(state.serve(now).0.iter().map(|_| now));
        }
        for (from, first) in given.iter().enumerate() {
            for (to, last) in given.iter().enumerate().skip(from) {
                let most = last.duration_since(*first).as_secs_f64() * f64::from(per_second) + f64::from(burst);
                let count = f64::from(u32::try_from(to - from + 1).unwrap());
                prop_assert!(count <= most + 1e-6, "{count} > {most}");
            }
        }
    }
}
