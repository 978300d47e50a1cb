//! The path of a field of an object, from its root. No IO.

use std::fmt;

use serde_path_to_error::{Path, Segment};

/// A path of field names and, in lists, indices. The default is the root.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Field(Vec<String>);

impl Field {
    /// Reads a JSON pointer (RFC 6901): `/spec/members/0`.
    pub(crate) fn pointer(text: &str) -> Self {
        let steps = text.split('/').skip(1);
        Self(steps.map(|step| step.replace("~1", "/").replace("~0", "~")).collect())
    }

    /// Reads what `Display` writes of plain names: `spec.members[0].email`.
    pub(crate) fn dotted(text: &str) -> Self {
        let steps = text.split(['.', '[', ']']).filter(|step| !step.is_empty());
        Self(steps.map(str::to_owned).collect())
    }

    /// The path of a value that does not fit its type.
    pub(crate) fn of_path(path: &Path) -> Self {
        let step = |segment: &Segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        Self(path.iter().filter_map(step).collect())
    }

    /// A field of this object.
    pub(crate) fn child(&self, name: &str) -> Self {
        Self(self.0.iter().cloned().chain([name.to_owned()]).collect())
    }

    /// An item of this list.
    pub(crate) fn item(&self, at: usize) -> Self {
        self.child(&at.to_string())
    }

    /// A field below this one: `rest` is its path from here.
    pub(crate) fn join(&self, rest: &Self) -> Self {
        Self(self.0.iter().chain(&rest.0).cloned().collect())
    }

    /// The names and indices, from the root.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            if step.bytes().all(|byte| byte.is_ascii_digit()) {
                write!(f, "[{step}]")?;
            } else if step.contains(['.', '/']) {
                write!(f, "['{step}']")?;
            } else {
                write!(f, "{}{step}", if at == 0 { "" } else { "." })?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_the_same_however_it_was_written() {
        let field = Field::default().child("spec").child("members").item(3).child("email");
        assert_eq!(field.to_string(), "spec.members[3].email");
        assert_eq!(Field::dotted("spec.members[3].email"), field);
        assert_eq!(Field::pointer("/spec/members/3/email"), field);
        assert_eq!(Field::pointer("/metadata/annotations/a.b~1c").to_string(), "metadata.annotations['a.b/c']");
        assert_eq!(Field::pointer(""), Field::default());
    }
}
