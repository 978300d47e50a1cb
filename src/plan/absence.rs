//! Whether something is gone that a list does not show. No IO.

use jiff::Timestamp;

/// Whether something is gone that a list does not show: only lists that agree for the read lag tell (design §3.4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Absence {
    /// It is gone.
    Absent,
    /// A list that is read from this time on tells.
    Look(Timestamp),
    /// Not before this time.
    Wait(Timestamp),
}
