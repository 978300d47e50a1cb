//! The resource that another one was, or becomes, by its annotations. No IO.

use crate::api::annotations::moved::OtherResource;
use crate::api::annotations::{MOVED_FROM, MOVED_TO};
use crate::api::kinds::Kind;
use crate::api::resource_key::ResourceKey;

/// What a resource says of its move.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Moved {
    /// The source: the resource that stood for the object before.
    pub(crate) from: Option<ResourceKey>,
    /// The resource that may take the object over from another namespace.
    pub(crate) to: Option<ResourceKey>,
}

impl Moved {
    /// What the annotations of a resource say; `None`: nothing that can be understood.
    pub(crate) fn of<'a>(kind: Kind, annotation: impl Fn(&str) -> Option<&'a str>) -> Option<Box<Self>> {
        let named = |key| annotation(key).and_then(OtherResource::parse).map(|other| other.key(kind));
        let (from, to) = (named(MOVED_FROM), named(MOVED_TO));
        (from.is_some() || to.is_some()).then(|| Box::new(Self { from, to }))
    }
}
