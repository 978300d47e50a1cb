//! What one read of a list showed. No IO.

use std::collections::HashMap;
use std::fmt;

/// The items of a list, and whether they are all.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct List<T> {
    /// The items that could be read.
    pub(crate) items: Vec<T>,
    /// Why the list is not whole. Its items are right, and it does not prove that anything is absent.
    pub(crate) unreadable: Option<Unreadable>,
}

/// Why a list could not be read as a whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unreadable {
    /// An item cannot be read: the first such item. Its content is never shown.
    Item {
        /// Its place in the list, from 1.
        position: usize,
        /// The field that is absent or makes no sense.
        field: &'static str,
    },
    /// The list changed between the reads of two of its pages, so an item may be on none of them.
    Shifted,
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
                    list.unreadable.get_or_insert(Unreadable::Item { position, field });
                }
            }
        }
        (list.unreadable.is_none() || !list.items.is_empty()).then_some(list)
    }

    /// Adds a later page to the pages before it, which showed `before` items. An item that both show counts once, as it is now.
    /// `has_shifted`: the list changed between the reads; so it did if an item is on two pages.
    pub(crate) fn append(&mut self, later: Self, before: usize, has_shifted: bool, key: impl Fn(&T) -> String) {
        let Self { items, unreadable } = later;
        let places: HashMap<_, _> = self.items.iter().map(&key).zip(0..).collect();
        let mut has_shifted = has_shifted;
        for item in items {
            match places.get(&key(&item)).and_then(|place: &usize| self.items.get_mut(*place)) {
                Some(earlier) => {
                    *earlier = item;
                    has_shifted = true;
                }
                None => self.items.push(item),
            }
        }
        let unreadable = unreadable.map(|unreadable| match unreadable {
            Unreadable::Item { position, field } => {
                Unreadable::Item { position: position.saturating_add(before), field }
            }
            Unreadable::Shifted => Unreadable::Shifted,
        });
        let shifted = has_shifted.then_some(Unreadable::Shifted);
        self.unreadable = self.unreadable.or(unreadable).or(shifted);
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
        match self {
            Self::Item { position, field } => {
                write!(f, "has an item that cannot be read (item {position}, field `{field}` of the list)")
            }
            Self::Shifted => write!(f, "changed while its pages were read"),
        }
    }
}
