//! The lanes of the rate limiter, and which one is served next. No IO.

/// The priority of a call; the best one is the least.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Lane {
    /// A user changed something.
    Change,
    /// Something is deleted.
    Deletion,
    /// The last reconcile failed.
    Retry,
    /// The periodic check of a resource that did not change.
    Resync,
}

impl Lane {
    /// Every lane, the best one first.
    pub(crate) const ALL: [Self; 4] = [Self::Change, Self::Deletion, Self::Retry, Self::Resync];

    /// The word for metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Deletion => "deletion",
            Self::Retry => "retry",
            Self::Resync => "resync",
        }
    }
}

/// So many permits in a row go to the best lane while lower ones wait; the next one goes to those.
const IN_A_ROW: u32 = 3;

/// Whose turn it is: of four permits, the best lane that waits gets at least three, and those below it get the rest, which they share
/// in the same way. So each lane that waits gets a share, and what a user changes never stands behind what waited longer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Turns {
    /// The permits of each lane in a row while lower ones waited, the best lane first.
    in_a_row: [u32; Lane::ALL.len()],
}

impl Turns {
    /// Gives the next permit to the lane whose turn it is; `None`: nobody waits.
    pub(crate) fn next(&mut self, waits: impl Fn(Lane) -> bool) -> Option<Lane> {
        let last = Lane::ALL.into_iter().rfind(|lane| waits(*lane))?;
        let mut lanes = Lane::ALL.into_iter().zip(self.in_a_row).filter(|(lane, _)| waits(*lane));
        let (lane, _) = lanes.find(|(lane, in_a_row)| *lane == last || *in_a_row < IN_A_ROW)?;
        for (other, in_a_row) in Lane::ALL.into_iter().zip(&mut self.in_a_row) {
            if other < lane {
                *in_a_row = 0;
            } else if other == lane && lane != last {
                *in_a_row = in_a_row.saturating_add(1);
            }
        }
        Some(lane)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Who gets each of so many permits while these lanes wait all the time.
    fn served(turns: &mut Turns, waiting: &[Lane], permits: usize) -> Vec<Lane> {
        (0..permits).filter_map(|_| turns.next(|lane| waiting.contains(&lane))).collect()
    }

    #[test]
    fn under_a_storm_each_lower_lane_gets_its_share() {
        let all = served(&mut Turns::default(), &Lane::ALL, 256);
        let count = |lane| all.iter().filter(|served| **served == lane).count();
        assert_eq!(Lane::ALL.map(count), [192, 48, 12, 4]);
        let two = served(&mut Turns::default(), &[Lane::Change, Lane::Resync], 8);
        assert_eq!(two.iter().filter(|lane| **lane == Lane::Resync).count(), 2);
    }

    #[test]
    fn the_calls_of_one_edit_after_another_stand_behind_no_resync_that_waits() {
        let mut turns = Turns::default();
        for _ in 0..100 {
            served(&mut turns, &[Lane::Resync], 5);
            assert_eq!(served(&mut turns, &[Lane::Change, Lane::Resync], 1), [Lane::Change]);
        }
    }

    fn lanes() -> impl Strategy<Value = Vec<Lane>> {
        prop::sample::subsequence(Lane::ALL.to_vec(), 1..=4)
    }

    proptest! {
        #[test]
        fn whatever_waited_before_the_best_lane_gets_three_of_four_and_each_lane_something(
            before in prop::collection::vec((lanes(), 0_usize..5), 0..20),
            waiting in lanes(),
        ) {
            let mut turns = Turns::default();
            for (waiting, permits) in before {
                served(&mut turns, &waiting, permits);
            }
            let all = served(&mut turns, &waiting, 256);
            let best = waiting[0];
            prop_assert!(waiting.iter().all(|lane| all.iter().filter(|served| *served == lane).count() >= 3));
            for four in all.windows(4) {
                let count = four.iter().filter(|lane| **lane == best).count();
                prop_assert!(count >= 3, "{four:?}");
            }
        }
    }
}
