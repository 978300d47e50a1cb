//! The time of a schedule, in seconds since it began. No IO.

use jiff::{SignedDuration, Timestamp};

/// For how long a read may miss a write: the operator's setting; the provider's lag is below it.
pub(crate) const LAG: i64 = 10;

/// How long a call and its write-ahead may take, for which the operator waits besides.
pub(crate) const CALL: i64 = 15;

pub(crate) const LAGGING: SignedDuration = SignedDuration::from_secs(LAG);

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}
