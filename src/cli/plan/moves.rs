//! A resource renamed in Git: one manifest goes, another one comes, and both mean one object. No IO.
//!
//! The operator sees the new one first, and the old one still has the object: the name is taken until that is deleted, object and all.

use serde::Serialize;

/// Two resources that mean one object, of which one goes.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Move {
    /// Their kind.
    pub(crate) kind: String,
    /// The one that goes, as `namespace/name`.
    pub(crate) from: String,
    /// The one that comes.
    pub(crate) to: String,
    /// The object.
    pub(crate) external_id: String,
}

impl Move {
    /// What to do so that the object stays.
    pub(crate) fn note(&self) -> String {
        let Self { kind, from, to, external_id } = self;
        format!(
            "{kind} {from} moves to {to}: without a call if {to} has the annotation ping-operator.dev/external-id: {external_id}; as it is, \
             the object is deleted, and made anew only after that"
        )
    }
}
