//! The names of the `ConfigMap`s that list orphans. No IO.

/// The first `ConfigMap` in the operator's namespace. The names of the others end in a number, from 2 on.
pub(crate) const FIRST: &str = "ping-operator-orphans";
/// How many there are at most; the shipped role names each. One has room for a few thousand entries.
pub(crate) const MOST: usize = 9;

/// The name of the `ConfigMap` that follows so many full ones.
pub(crate) fn name(full: usize) -> String {
    if full == 0 { FIRST.to_owned() } else { format!("{FIRST}-{}", full.saturating_add(1)) }
}
