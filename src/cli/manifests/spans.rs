//! Where each field of a document is written. No IO.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use crate::cli::manifests::field::Field;
use crate::cli::manifests::place::LineColumn;

/// The position of each field of a document.
#[derive(Debug, Default)]
pub(crate) struct Spans(Option<Spanned<Node>>);

#[derive(Debug)]
enum Node {
    Scalar,
    List(Vec<Spanned<Node>>),
    Map(Vec<Entry>),
}

#[derive(Debug)]
struct Entry {
    name: Spanned<String>,
    value: Spanned<Node>,
}

impl Spans {
    /// Reads a document that is known to be valid YAML.
    pub(crate) fn read(text: &str) -> Self {
        Self(serde_saphyr::from_str(text).ok())
    }

    /// Where a field begins, including its name, or what should contain it.
    pub(crate) fn of(&self, field: &Field) -> LineColumn {
        self.found(field).map_or(LineColumn::START, |found| found.name)
    }

    /// Where the value of a field begins.
    pub(crate) fn of_value(&self, field: &Field) -> LineColumn {
        self.found(field).map_or(LineColumn::START, |found| found.value)
    }

    fn found(&self, field: &Field) -> Option<FoundField> {
        let mut node = self.0.as_ref()?;
        let mut name = &node.referenced;
        for step in field.steps() {
            let below = match &node.value {
                Node::Scalar => None,
                Node::List(items) => {
                    step.parse().ok().and_then(|at: usize| items.get(at)).map(|item| (&item.referenced, item))
                }
                Node::Map(entries) => {
                    let entry = entries.iter().find(|entry| entry.name.value == step);
                    entry.map(|Entry { name, value }| (&name.referenced, value))
                }
            };
            let Some((begins, value)) = below else { break };
            (node, name) = (value, begins);
        }
        let at = |location: &Location| LineColumn { line: location.line(), column: location.column() };
        Some(FoundField { name: at(name), value: at(&node.referenced) })
    }
}

/// Where a field is.
struct FoundField {
    name: LineColumn,
    value: LineColumn,
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

/// Accepts any value.
struct Any;

/// Scalars: only their positions are kept.
macro_rules! scalars {
    ($($visit:ident: $type:ty),*) => {$(
        fn $visit<E>(self, _: $type) -> Result<Node, E> {
            Ok(Node::Scalar)
        }
    )*};
}

impl<'de> Visitor<'de> for Any {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    scalars!(visit_bool: bool, visit_i64: i64, visit_i128: i128, visit_u64: u64, visit_u128: u128, visit_f64: f64, visit_str: &str);

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some((name, value)) = map.next_entry()? {
            entries.push(Entry { name, value });
        }
        Ok(Node::Map(entries))
    }

    fn visit_enum<A: serde::de::EnumAccess<'de>>(self, data: A) -> Result<Node, A::Error> {
        data.variant::<IgnoredAny>().map(|_| Node::Scalar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_where_its_name_is_and_a_missing_one_where_its_parent_is() {
        let spans =
            Spans::read("kind: Team\nspec:\n  name: x\n  members:\n  - email: a@b\n  - {email: c@d, role: user}\n");
        let at = |field: &str| {
            let LineColumn { line, column } = spans.of(&Field::dotted(field));
            (line, column)
        };
        assert_eq!(at("kind"), (1, 1));
        assert_eq!(at("spec"), (2, 1));
        assert_eq!(at("spec.members[0]"), (5, 5));
        assert_eq!(at("spec.members[1].role"), (6, 18));
        assert_eq!(at("spec.members[1].missing"), (6, 5));
        assert_eq!(at("spec.missing.more"), (2, 1));
        assert_eq!(at("metadata.name"), (1, 1));
    }

    #[test]
    fn json_has_places_too() {
        let spans = Spans::read("{\"kind\": \"Team\",\n \"spec\": {\"members\": [\n  {\"email\": 5}]}}");
        assert_eq!(spans.of(&Field::dotted("spec.members[0].email")), LineColumn { line: 3, column: 4 });
    }
}
