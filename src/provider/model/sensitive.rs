//! A value that must not be seen. No IO.

/// A value that must not be seen: an address, a code. It has no `Debug` and no `Display`.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Sensitive(String);

impl Sensitive {
    /// Wraps a value.
    pub(crate) fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the wire and for comparing.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}
