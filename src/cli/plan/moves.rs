//! A resource renamed in Git: one manifest goes, another one comes, and both mean one object. No IO.
//!
//! The operator sees the new one first, and the old one still has the object: without the annotation `moved-from` the name is taken until
//! that is deleted, object and all.

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
    /// What becomes of the object.
    pub(crate) how: HowMoved,
}

/// What becomes of the object of a resource that is renamed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum HowMoved {
    /// The new resource takes it over: it says so.
    TakenOver,
    /// It is deleted and made anew; the new resource is in the same namespace.
    Renamed,
    /// It is deleted and made anew; the new resource is in another namespace.
    ToNamespace,
}

impl Move {
    /// What happens to the object, and what to do so that it stays.
    pub(crate) fn note(&self) -> String {
        let Self { kind, from, to, external_id: _, how } = self;
        let consent = match how {
            HowMoved::TakenOver => return format!("{kind} {from} moves to {to}: without a call"),
            HowMoved::Renamed => String::new(),
            HowMoved::ToNamespace => format!(", and {from} has ping-operator.dev/moved-to: {to} before it goes"),
        };
        format!(
            "{kind} {from} moves to {to}: without a call if {to} has the annotation ping-operator.dev/moved-from: {from}{consent}; as it is, \
             the object is deleted, and made anew only after that"
        )
    }
}
