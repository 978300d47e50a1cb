//! Names of exported resources. No IO.

use std::collections::HashSet;

/// The names of one kind that are in use. The same objects in the same order get the same names.
#[derive(Default)]
pub(crate) struct ResourceNames(HashSet<String>);

impl ResourceNames {
    /// Longest name in characters, before a number is added: the limit of 63 leaves room for it.
    const LONGEST: usize = 40;

    /// An unused name made of the words; `fallback` if no character of them is allowed in a name.
    pub(crate) fn allocate(&mut self, words: &str, fallback: &str) -> String {
        let lower = words.to_lowercase();
        let parts = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
        let slug = parts.collect::<Vec<_>>().join("-");
        let slug: String = slug.chars().take(Self::LONGEST).collect();
        let slug = match slug.trim_matches('-') {
            "" => fallback.to_owned(),
            // A Team's name is that of its file.
            slug if is_device(slug) => format!("{slug}-{fallback}"),
            slug => slug.to_owned(),
        };
        let numbered = (2..).map(|number| format!("{slug}-{number}"));
        let name = std::iter::once(slug.clone()).chain(numbered).find(|name| !self.0.contains(name));
        let name = name.unwrap_or_default();
        self.0.insert(name.clone());
        name
    }

    /// Makes a name available again: its resource is left out.
    pub(crate) fn release(&mut self, name: &str) {
        self.0.remove(name);
    }
}

/// Whether Windows keeps the name for a device: no file there can have it, with any ending.
fn is_device(name: &str) -> bool {
    let is_port = |prefix| {
        let number = name.strip_prefix(prefix);
        number.is_some_and(|number| matches!(number.as_bytes(), [b'1'..=b'9']))
    };
    matches!(name, "con" | "prn" | "aux" | "nul") || is_port("com") || is_port("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_windows_keeps_for_a_device_is_given_to_no_file() {
        let mut names = ResourceNames::default();
        let given = ["Con", "con team", "AUX", "nul", "COM1", "lpt9", "com10", "console"]
            .map(|words| names.allocate(words, "team"));
        let expected = ["con-team", "con-team-2", "aux-team", "nul-team", "com1-team", "lpt9-team", "com10", "console"];
        assert_eq!(given, expected);
    }
}
