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
            "" => fallback,
            slug => slug,
        };
        let numbered = (2..).map(|number| format!("{slug}-{number}"));
        let name = std::iter::once(slug.to_owned()).chain(numbered).find(|name| !self.0.contains(name));
        let name = name.unwrap_or_default();
        self.0.insert(name.clone());
        name
    }

    /// Makes a name available again: its resource is left out.
    pub(crate) fn release(&mut self, name: &str) {
        self.0.remove(name);
    }
}
