//! A single thing that is read by itself. No IO.

use jiff::Timestamp;

/// A single thing that is read by itself.
#[derive(Clone)]
pub(crate) struct Single<T> {
    /// What the provider said; `None`: there is none.
    pub(crate) value: Option<T>,
    /// When the read began.
    pub(crate) read_at: Timestamp,
    /// Since when reads have shown none.
    pub(crate) absent_since: Option<Timestamp>,
}
