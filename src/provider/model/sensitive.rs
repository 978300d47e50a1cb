//! A value that must not appear in logs, events or status. No IO.

/// A value that must not be shown, such as an address or a code. It has no `Debug` and no `Display`.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Sensitive(String);

impl Sensitive {
    /// Wraps a value.
    pub(crate) fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for requests and comparisons only.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}
