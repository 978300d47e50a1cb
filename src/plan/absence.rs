//! Whether an object is gone that a list does not show. No IO.

use jiff::Timestamp;

/// Whether an object is gone that a list does not show: only lists that agree for the read lag prove it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Absence {
    /// It is gone.
    Proven,
    /// This cannot be proven before this time.
    NotBefore(Timestamp),
}
