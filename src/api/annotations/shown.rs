//! How a value that is not allowed is shown. No IO.

/// So much of a value that is not allowed is shown, in characters.
const SHOWN: usize = 64;

/// A value in quotes. A long one says how long it is: what is wrong may be in the part that is not shown.
pub(super) fn quoted(seen: &str) -> String {
    match seen.chars().count() {
        count if count > SHOWN => format!("'{}…' ({count} characters)", seen.chars().take(SHOWN).collect::<String>()),
        _ => format!("'{seen}'"),
    }
}
