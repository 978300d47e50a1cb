//! How often everything is read again: as a config asks, or less often, so that it takes no more than half of the account's rate. No IO.

use jiff::SignedDuration;

/// How often the resources of a config are checked that did not change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ResyncPace {
    /// As `resyncIntervalSeconds` asks.
    AsAsked,
    /// Less often.
    Stretched {
        /// What the config asks for.
        asked: SignedDuration,
        /// The interval that leaves half of the rate to everything else.
        every: SignedDuration,
    },
    /// Not everything was read yet since the operator started.
    Unknown,
}

impl ResyncPace {
    /// The pace of a config that asks for an interval (zero: never), if reading everything again takes so many calls at this rate.
    pub(crate) fn of(asked: SignedDuration, calls: usize, per_second: f64) -> Self {
        let every = interval(asked, calls, per_second);
        if every > asked { Self::Stretched { asked, every } } else { Self::AsAsked }
    }

    /// The same of an account whose state is kept for so long: until everything was read once, it is not known that the pace is as asked.
    #[must_use]
    pub(crate) fn after(self, known_for: SignedDuration, asked: SignedDuration) -> Self {
        if self == Self::AsAsked && known_for < asked { Self::Unknown } else { self }
    }

    /// What `Synced` says of it; `None`: nothing, or what it said before.
    pub(crate) fn message(self) -> Option<String> {
        let Self::Stretched { asked, every } = self else { return None };
        Some(format!(
            "everything in the account is read again every {} s instead of every {} s, so that it takes no more than half of the rate: raise \
             `rateLimit`, if the provider allows it, or `resyncIntervalSeconds`",
            every.as_secs(),
            asked.as_secs()
        ))
    }
}

/// The time between two checks: what is asked for (zero: never), or so much that `calls` take no more than half of the rate.
pub(crate) fn interval(asked: SignedDuration, calls: usize, per_second: f64) -> SignedDuration {
    if asked.is_zero() {
        return asked;
    }
    let calls = u32::try_from(calls).map_or(f64::INFINITY, f64::from);
    let needed = SignedDuration::try_from_secs_f64((2.0 * calls / per_second).ceil()).unwrap_or(SignedDuration::MAX);
    if needed <= asked { asked } else { SignedDuration::from_secs(rounded_up(needed.as_secs())) }
}

/// The next number with two digits that count: a few collections more or less are no other interval.
fn rounded_up(seconds: i64) -> i64 {
    let mut unit: i64 = 1;
    while seconds / unit >= 100 {
        unit = unit.saturating_mul(10);
    }
    match seconds % unit {
        0 => seconds,
        rest => seconds.saturating_add(unit.saturating_sub(rest)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(number: i64) -> SignedDuration {
        SignedDuration::from_secs(number)
    }

    #[test]
    fn an_interval_is_stretched_to_what_half_of_the_rate_can_read() {
        for (asked, calls, per_second, expected) in [
            (600, 0, 5.0, 600),
            (600, 1_500, 5.0, 600),
            (600, 1_501, 5.0, 610),
            (600, 20_001, 5.0, 8_100),
            (0, 20_001, 5.0, 0),
            (1, 21, 1.0, 42),
        ] {
            assert_eq!(interval(seconds(asked), calls, per_second), seconds(expected), "{asked} {calls} {per_second}");
        }
        assert_eq!(interval(seconds(1), usize::MAX, 1.0), SignedDuration::from_secs(i64::MAX));
    }

    #[test]
    fn a_start_does_not_unsay_what_was_told_before_everything_was_read() {
        let asked = seconds(600);
        let pace = ResyncPace::of(asked, 100, 5.0);
        assert_eq!(
            (pace.after(seconds(599), asked), pace.after(asked, asked)),
            (ResyncPace::Unknown, ResyncPace::AsAsked)
        );
        let stretched = ResyncPace::of(asked, 2_001, 5.0);
        assert_eq!(stretched.after(seconds(1), asked), ResyncPace::Stretched { asked, every: seconds(810) });
        assert!(stretched.message().is_some_and(|message| message.contains("every 810 s instead of every 600 s")));
        assert_eq!(pace.message(), None);
    }

    proptest! {
        #[test]
        fn reading_everything_never_asks_for_more_than_half_of_the_rate(
            asked in 1_i64..604_800,
            calls in 0_usize..10_000_000,
            per_second in 1_u32..100_000,
        ) {
            let every = interval(seconds(asked), calls, per_second.into());
            let most = every.as_secs_f64() * f64::from(per_second) / 2.0;
            prop_assert!(f64::from(u32::try_from(calls).unwrap()) <= most && every >= seconds(asked));
        }
    }
}
