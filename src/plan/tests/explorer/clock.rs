//! The time of a schedule, in seconds since it began. No IO.

use jiff::{SignedDuration, Timestamp};

/// For how long a read may miss a write: the operator's setting; the provider's lag is below it.
pub(crate) const LAG: i64 = 10;

pub(crate) const LAGGING: SignedDuration = SignedDuration::from_secs(LAG);

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}
