//! What one read of a list showed. No IO.

use std::fmt;

/// The items of a list, and whether they are all.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct List<T> {
    /// The items that could be read.
    pub(crate) items: Vec<T>,
    /// The first item that could not be read. The others are right, and the list does not prove that anything is absent.
    pub(crate) unreadable: Option<Unreadable>,
}

/// An item that cannot be read. Its content is never shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Unreadable {
    /// Its place in the list, from 1.
    pub(crate) position: usize,
    /// The field that is absent or makes no sense.
    pub(crate) field: &'static str,
}

impl<T> List<T> {
    /// Reads every item; `read` fails with the name of the field that cannot be read. `None` if no item of several can be read:
    /// that is no list of such items.
    pub(crate) fn read<V>(
        items: impl IntoIterator<Item = V>,
        read: impl Fn(V) -> Result<T, &'static str>,
    ) -> Option<Self> {
        let mut list = Self::from(Vec::new());
        for (position, item) in (1..).zip(items) {
            match read(item) {
                Ok(item) => list.items.push(item),
                Err(field) => {
                    list.unreadable.get_or_insert(Unreadable { position, field });
                }
            }
        }
        (list.unreadable.is_none() || !list.items.is_empty()).then_some(list)
    }
}

impl<T> From<Vec<T>> for List<T> {
    /// A list of which every item could be read.
    fn from(items: Vec<T>) -> Self {
        Self { items, unreadable: None }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, field } = self;
        write!(f, "item {position}, field `{field}`")
    }
}
