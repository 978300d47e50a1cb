//! What is compared of a copy of a resource with the next one: it is there without unpacking the copy. No IO.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use kube::{Resource, ResourceExt};

use crate::api::annotations::CREATE_INTENT;
use crate::api::finalizer::has_finalizer;

/// The marks of a copy.
#[derive(Clone, Debug)]
pub(crate) struct Marks {
    uid: u64,
    version: u64,
    /// Whether it is being deleted.
    pub(crate) is_deleted: bool,
    /// Whether the operator's finalizer is on it.
    pub(crate) has_finalizer: bool,
    /// Its create record.
    pub(crate) record: Option<Box<str>>,
}

impl Marks {
    /// The marks of a copy.
    pub(crate) fn of(copy: &impl Resource) -> Self {
        Self {
            uid: hash(copy.meta().uid.as_deref()),
            version: hash(copy.meta().resource_version.as_deref()),
            is_deleted: copy.meta().deletion_timestamp.is_some(),
            has_finalizer: has_finalizer(copy),
            record: copy.annotations().get(CREATE_INTENT).map(|record| record.as_str().into()),
        }
    }

    /// Whether both are copies of one resource.
    pub(crate) fn is_same_resource(&self, other: &Self) -> bool {
        self.uid == other.uid
    }

    /// Whether both are the same copy.
    pub(crate) fn is_same_copy(&self, other: &Self) -> bool {
        self.is_same_resource(other) && self.version == other.version
    }
}

/// So short that it costs nothing to keep.
fn hash(text: Option<&str>) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(text)
}
