//! An object that is read by itself, not in a list. No IO.

use jiff::Timestamp;

/// The last read of one object.
#[derive(Clone)]
pub(crate) struct Observed<T> {
    /// The object; `None` if the provider says that it does not exist.
    pub(crate) value: Option<T>,
    /// When the read began.
    pub(crate) read_at: Timestamp,
    /// When the first of the reads in a row began that showed no object; `None` if the last read showed one.
    pub(crate) absent_since: Option<Timestamp>,
}
