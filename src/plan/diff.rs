//! One field of a spec beside what the provider has: it feeds both the text of a change and the call. No IO.

use std::fmt::Display;

use crate::plan::step::Change;

/// One field of a spec beside what the provider has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Diff<T> {
    /// The field's name in the spec.
    field: &'static str,
    /// What the provider shows; absent: it shows nothing.
    pub(crate) old: Option<T>,
    /// What the spec wants; absent: it leaves the field as it is.
    pub(crate) new: Option<T>,
    /// What stands for `old` in the text where it is absent.
    absent: &'static str,
    /// Whether the two mean the same.
    is_same: bool,
}

impl<T: Clone + Display + PartialEq> Diff<T> {
    /// Compares the two values as they are.
    pub(crate) fn new(field: &'static str, old: Option<T>, new: Option<T>) -> Self {
        Self::by(field, old, new, |old, new| old == Some(new))
    }

    /// Compares the two values by what they mean.
    pub(crate) fn by(
        field: &'static str,
        old: Option<T>,
        new: Option<T>,
        is_same: impl Fn(Option<&T>, &T) -> bool,
    ) -> Self {
        let is_same = new.as_ref().is_none_or(|new| is_same(old.as_ref(), new));
        Self { field, old, new, absent: "(none)", is_same }
    }

    /// The same difference; `absent` stands in the text for what the provider does not show.
    #[must_use]
    pub(crate) fn shown_as(self, absent: &'static str) -> Self {
        Self { absent, ..self }
    }

    /// What the field should be: the wanted value, or the present one where the spec leaves it.
    pub(crate) fn value(&self) -> Option<T> {
        self.new.clone().or_else(|| self.old.clone())
    }

    /// The text of the difference, if there is one.
    pub(crate) fn change(&self) -> Option<Change> {
        let new = self.new.as_ref().filter(|_| !self.is_same)?;
        let old = self.old.as_ref().map_or_else(|| self.absent.to_owned(), ToString::to_string);
        Some(Change::of(self.field, &old, new))
    }
}
