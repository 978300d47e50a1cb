//! The names in the annotations `moved-from` and `moved-to`. No IO.

use std::fmt;

use crate::api::kinds::Kind;
use crate::api::resource_key::ResourceKey;

/// The longest namespace and the longest name, in characters.
const LONGEST_NAMESPACE: usize = 63;
const LONGEST_NAME: usize = 253;

/// Another resource of the same kind, as `namespace/name`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct OtherResource {
    namespace: String,
    name: String,
}

impl OtherResource {
    /// What an annotation names; `None`: it is not `namespace/name`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (namespace, name) = text.split_once('/')?;
        let is_valid = is_name(namespace, LONGEST_NAMESPACE, "-") && is_name(name, LONGEST_NAME, "-.");
        is_valid.then(|| Self { namespace: namespace.to_owned(), name: name.to_owned() })
    }

    /// The key of the resource, if it is of this kind.
    pub(crate) fn key(&self, kind: Kind) -> ResourceKey {
        ResourceKey { kind, namespace: self.namespace.clone(), name: self.name.clone() }
    }
}

/// `namespace/name`.
impl fmt::Display for OtherResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// Whether the API server accepts a text as a name with these inner characters besides small letters and digits.
fn is_name(text: &str, longest: usize, inner: &str) -> bool {
    let is_plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit();
    let is_allowed = |char: char| is_plain(char) || inner.contains(char);
    (1..=longest).contains(&text.len())
        && text.chars().all(is_allowed)
        && text.starts_with(is_plain)
        && text.ends_with(is_plain)
}
